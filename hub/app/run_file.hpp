// data/run.json: where a running hub listens, for people and scripts that started it with port 0.
#pragma once

#include <cstdint>
#include <string>

#include "schemas/base/result.hpp"

namespace truc::hub {

// Written whole (by a rename) once both listeners accept; removed at the end of its life.
class RunFile {
 public:
  // Failure: file_failed.
  static Result<RunFile> write(const std::string& data_folder, const std::string& hub_id,
                               std::uint16_t agency_port, std::uint16_t operator_port);
  RunFile(RunFile&& other) noexcept;
  RunFile& operator=(RunFile&&) = delete;
  ~RunFile();

 private:
  explicit RunFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace truc::hub
