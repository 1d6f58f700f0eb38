#include "bench/subject/composed_stack.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include "bench/subject/hub_process.hpp"

extern char** environ;

namespace truc::bench {
namespace {

struct Ended {
  int status = -1;
  std::string output;
};

// Runs the script, whose every step has a deadline of its own; what it says on standard error is
// seen by whoever runs us.
Ended run_script(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> pointers;
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int spawned =
      posix_spawn(&child, pointers.front(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  Ended ended;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = read(ends[0], buffer.data(), buffer.size())) > 0)
    ended.output.append(buffer.data(), static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  if (spawned == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
    ended.status = WEXITSTATUS(status);
  return ended;
}

std::string joined(const std::vector<AgencyCode>& codes) {
  std::string text;
  for (const AgencyCode& code : codes) text += (text.empty() ? "" : ",") + code.text();
  return text;
}

}  // namespace

Result<std::unique_ptr<ComposedStack>> ComposedStack::up(const StackSettings& settings,
                                                         const Authority& authority) {
  std::unique_ptr<ComposedStack> stack(new ComposedStack(settings.script, settings.folder));
  const auto hub = authority.hub_folder();
  TRUC_TRY(const auto description,
           stack->ask("up", {"--ca", authority.anchors(), "--crl", authority.root_list(), "--crl",
                             authority.issuing_list(), "--certificate", hub / "tls.chain.pem",
                             "--key", hub / "tls.key", "--receipt-certificate",
                             hub / "receipt.chain.pem", "--receipt-key", hub / "receipt.key",
                             "--recipients", joined(settings.recipients)}));
  TRUC_TRY(stack->read_description(description));
  return stack;
}

ComposedStack::~ComposedStack() {
  if (port_ != 0) run_script({script_, "down", folder_});
}

Result<void> ComposedStack::read_description(const boost::json::object& description) {
  try {
    port_ = description.at("ports").at("https").to_number<std::uint16_t>();
    versions_ = description.at("versions").as_object();
    for (const auto& process : description.at("processes").as_array())
      processes_.push_back(Process{boost::json::value_to<std::string>(process.at("part")),
                                   process.at("pid").to_number<pid_t>()});
  } catch (const std::exception& error) {
    return Failure(ErrorCode::internal).at("stack.json").because(error.what());
  }
  return success();
}

Result<std::map<std::string, std::chrono::nanoseconds>> ComposedStack::processor_times() const {
  std::map<std::string, std::chrono::nanoseconds> times;
  for (const Process& process : processes_) {
    TRUC_TRY(const auto used, processor_time(process.pid));
    times[process.part] += used;
  }
  return times;
}

Result<std::uint64_t> ComposedStack::deliveries() const {
  TRUC_TRY(const auto counts, ask("counts", {}));
  std::uint64_t sum = 0;
  for (const auto& count : counts) sum += count.value().to_number<std::uint64_t>();
  return sum;
}

Result<boost::json::object> ComposedStack::raw(std::size_t messages, std::size_t bytes) const {
  return ask("raw",
             {"--messages", std::to_string(messages), "--message-bytes", std::to_string(bytes)});
}

Result<boost::json::object> ComposedStack::ask(const std::string& verb,
                                               std::vector<std::string> options) const {
  std::vector<std::string> words = {script_, verb, folder_};
  words.insert(words.end(), options.begin(), options.end());
  const Ended ended = run_script(words);
  const auto failure = Failure(ErrorCode::internal).at(script_.string() + ' ' + verb);
  if (ended.status != 0) return failure;
  boost::system::error_code error;
  const auto answer = boost::json::parse(ended.output, error);
  if (error || !answer.is_object()) return failure;
  return answer.as_object();
}

}  // namespace truc::bench
