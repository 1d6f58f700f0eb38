#include "hub/app/run_file.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "hub/api/json_text.hpp"

namespace truc::hub {

Result<RunFile> RunFile::write(const std::string& data_folder, const std::string& hub_id,
                               std::uint16_t agency_port, std::uint16_t operator_port) {
  JsonObject object;
  object.text("hub", hub_id)
      .number("pid", static_cast<std::uint64_t>(::getpid()))
      .number("agency_port", agency_port)
      .number("operator_port", operator_port);
  const std::string path = data_folder + "/run.json";
  const std::string next = path + ".new";
  std::ofstream file(next, std::ios::trunc);
  file << std::move(object).finish() << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(next, path, error);
  if (!file || error) return Failure(ErrorCode::file_failed).at(path).because(error.message());
  return RunFile(path);
}

RunFile::RunFile(RunFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}

RunFile::~RunFile() {
  std::error_code ignored;  // it is gone already, or the disk has other troubles
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace truc::hub
