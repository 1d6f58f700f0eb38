#include "schemas/telemetry/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "schemas/base/clock.hpp"
#include "schemas/telemetry/line_quota.hpp"
#include "schemas/telemetry/line_text.hpp"

namespace truc::telemetry {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

// Adds one field to the line. A failure becomes several: "<name>.code" and so on.
class FieldWriter {
 public:
  FieldWriter(boost::json::object& line, std::string_view name) : line_(line), name_(name) {}

  void operator()(const std::string& text) const { line_[name_] = line_text(text); }
  void operator()(std::int64_t number) const { line_[name_] = number; }
  void operator()(bool flag) const { line_[name_] = flag; }
  void operator()(const Failure& failure) const {
    const auto& entry = describe(failure.code());
    part("code", fmt::format("{}{}", kErrorPrefix, static_cast<int>(entry.code)));
    part("name", entry.name);
    part("place", failure.place());
    part("expected", failure.expected());
    part("found", failure.found());
    part("detail", failure.detail());
  }

 private:
  void part(std::string_view name, std::string_view text) const {
    if (!text.empty()) line_[fmt::format("{}.{}", name_, name)] = line_text(text);
  }

  boost::json::object& line_;
  std::string_view name_;
};

}  // namespace

struct Log::State {
  explicit State(LogLevel lowest)
      : logger("truc", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_level(level_of(lowest));
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  }
  spdlog::logger logger;
  SystemClock clock;
  LineQuota quota;
};

Log::Log(LogLevel lowest) : state_(std::make_unique<State>(lowest)) {}
Log::~Log() = default;

void Log::debug(std::string_view event, std::initializer_list<Field> fields) {
  write(LogLevel::debug, event, fields);
}

void Log::info(std::string_view event, std::initializer_list<Field> fields) {
  write(LogLevel::info, event, fields);
}

void Log::warn(std::string_view event, std::initializer_list<Field> fields) {
  write(LogLevel::warn, event, fields);
}

void Log::error(std::string_view event, std::initializer_list<Field> fields) {
  write(LogLevel::error, event, fields);
}

void Log::flush() {
  state_->logger.flush();
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  const auto severity = level_of(level);
  if (!state_->logger.should_log(severity)) return;
  std::uint64_t left_out = 0;
  if (level >= LogLevel::warn) {
    const auto verdict = state_->quota.ask(event, std::chrono::steady_clock::now());
    if (!verdict.is_admitted) return;
    left_out = verdict.left_out;
  }
  boost::json::object line;
  line["time"] = to_rfc3339(state_->clock.now());
  line["level"] = name_of(level);
  line["event"] = line_text(event);
  for (const Field& field : fields) std::visit(FieldWriter(line, field.name), field.value);
  if (left_out > 0) line["left_out"] = left_out;
  // The sink hands a line to the kernel in one write under a lock, so lines never mix.
  state_->logger.log(severity, std::string_view(boost::json::serialize(line)));
}

}  // namespace truc::telemetry
