#include "bench/subject/hub_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/report/result.hpp"

namespace truc::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kReadyTimeout = 60s;
constexpr auto kStopTimeout = 30s;
constexpr auto kLookEvery = 10ms;
constexpr int kNoProgram = 127;
constexpr std::size_t kBlockBytes = 512;  // of st_blocks (stat(2))

// In the child: becomes the hub, which ends with us, whatever happens to us.
[[noreturn]] void become_hub(const std::filesystem::path& program,
                             const std::filesystem::path& config,
                             const std::filesystem::path& log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (out >= 0) {
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
  }
  execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
  _exit(kNoProgram);
}

}  // namespace

Result<std::chrono::nanoseconds> processor_time(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0)
    return Failure(ErrorCode::file_failed).at("processor time of " + std::to_string(process));
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

Result<std::uint64_t> resident_bytes(pid_t process) {
  const std::string file = "/proc/" + std::to_string(process) + "/statm";
  std::ifstream in(file);
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (in >> size >> resident) return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return Failure(ErrorCode::file_failed).at(file);
}

Result<std::uint64_t> resident_bytes_max(pid_t process) {
  constexpr std::string_view kField = "VmHWM:";
  constexpr std::uint64_t kKiB = 1'024;
  const std::string file = "/proc/" + std::to_string(process) + "/status";
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(kField)) return std::stoull(line.substr(kField.size())) * kKiB;
  }
  return Failure(ErrorCode::file_failed).at(file);
}

std::uint64_t bytes_on_disk(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    struct stat status{};
    if (stat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      bytes += static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
  }
  return bytes;
}

Result<std::unique_ptr<HubProcess>> HubProcess::start(const HubSettings& settings,
                                                      const Authority& authority) {
  std::error_code error;
  std::filesystem::create_directories(settings.folder, error);
  const auto config = settings.folder / "hub.toml";
  const auto log = settings.folder / "hub.log";
  const HubPlace place{.base = {},
                       .data = settings.folder / "data",
                       .directory = settings.directory,
                       .kafka = settings.kafka};
  TRUC_TRY(write_text(config, hub_config(place, authority)));
  const pid_t pid = fork();
  if (pid < 0) return Failure(ErrorCode::internal).because("no further process");
  if (pid == 0) become_hub(settings.program, config, log);
  std::unique_ptr<HubProcess> hub(new HubProcess(pid));
  TRUC_TRY(hub->wait_until_ready(settings.folder / "data/run.json", log));
  return hub;
}

Result<void> HubProcess::wait_until_ready(const std::filesystem::path& run_file,
                                          const std::filesystem::path& log) {
  const auto deadline = Steady::now() + kReadyTimeout;
  while (Steady::now() < deadline) {
    if (!is_up()) break;
    std::ifstream in(run_file);
    std::stringstream text;
    text << in.rdbuf();
    boost::system::error_code error;
    const auto run = boost::json::parse(text.str(), error);
    if (!error && run.is_object()) {
      agency_port_ = run.at("agency_port").to_number<std::uint16_t>();
      operator_port_ = run.at("operator_port").to_number<std::uint16_t>();
      return success();
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return Failure(ErrorCode::peer_unreachable)
      .at("truc-hub")
      .because("it did not come up; its words are in " + log.string());
}

bool HubProcess::is_up() {
  if (!has_ended_) has_ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
  return !has_ended_;
}

Result<void> HubProcess::stop() {
  if (is_up()) kill(pid_, SIGTERM);
  const auto deadline = Steady::now() + kStopTimeout;
  while (is_up() && Steady::now() < deadline) std::this_thread::sleep_for(kLookEvery);
  if (has_ended_ && WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return success();
  return Failure(ErrorCode::internal).at("truc-hub").because("it did not stop cleanly");
}

HubProcess::~HubProcess() {
  if (stop() || has_ended_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, &status_, 0);
}

}  // namespace truc::bench
