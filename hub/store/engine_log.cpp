#include "hub/store/engine_log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace truc::hub {
namespace {

constexpr std::size_t kLineBytesMax = 1'024;  // a longer one is cut

class EngineLog final : public rocksdb::Logger {
 public:
  explicit EngineLog(telemetry::Log* log)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(log) {}

  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    const bool is_warning = level >= GetInfoLogLevel() && level != rocksdb::HEADER_LEVEL;
    if (is_warning) Logv(format, arguments);
  }
  void Logv(const char* format, va_list arguments) override {
    if (log_ == nullptr) return;
    std::array<char, kLineBytesMax> line{};
    if (std::vsnprintf(line.data(), line.size(), format, arguments) < 0) return;
    log_->warn("store.engine", {{"said", std::string_view(line.data())}});
  }

 private:
  telemetry::Log* const log_;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> make_engine_log(telemetry::Log* log) {
  return std::make_shared<EngineLog>(log);
}

}  // namespace truc::hub
