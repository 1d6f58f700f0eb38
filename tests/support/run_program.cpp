#include "tests/support/run_program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "schemas/base/check.hpp"

extern char** environ;

namespace truc::testing {

ProgramResult run_program(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe_ends{};
  TRUC_CHECK(::pipe2(pipe_ends.data(), O_CLOEXEC) == 0, "a test has file descriptors to spare");
  posix_spawn_file_actions_t actions;
  TRUC_CHECK(posix_spawn_file_actions_init(&actions) == 0, "a small allocation");
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  std::vector<char*> pointers;
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int spawned =
      posix_spawnp(&child, pointers.front(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);
  if (spawned != 0) std::fprintf(stderr, "cannot start %s\n", arguments.front().c_str());
  TRUC_CHECK(spawned == 0, "the programs that tests use are installed");

  ProgramResult result{0, {}};
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = ::read(pipe_ends[0], buffer.data(), buffer.size())) > 0)
    result.output.append(buffer.data(), static_cast<std::size_t>(count));
  ::close(pipe_ends[0]);
  int status = 0;
  TRUC_CHECK(::waitpid(child, &status, 0) == child, "the child is ours");
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string require_program(const std::vector<std::string>& arguments) {
  auto result = run_program(arguments);
  if (result.exit_code != 0) {
    std::fprintf(stderr, "%s exits with %d:\n%s\n", arguments.front().c_str(), result.exit_code,
                 result.output.c_str());
  }
  TRUC_CHECK(result.exit_code == 0, "the test's preparation works");
  return std::move(result.output);
}

}  // namespace truc::testing
