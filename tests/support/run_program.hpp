// Runs a program to its end and keeps what it said.
#pragma once

#include <string>
#include <vector>

namespace truc::testing {

struct ProgramResult {
  int exit_code;       // 128 + number for a signal
  std::string output;  // of stdout and stderr together
};

// `arguments[0]` is looked up in PATH. Aborts the test when the program cannot be started.
ProgramResult run_program(const std::vector<std::string>& arguments);

// The same; aborts with the output unless the program exits with 0.
std::string require_program(const std::vector<std::string>& arguments);

}  // namespace truc::testing
