// What an integrator would put together from packages (bench/compare): up with a hub's
// certificates, and down when this object ends.
#pragma once

#include <sys/types.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/client_loop.hpp"
#include "bench/nation/authority.hpp"
#include "schemas/base/ids.hpp"

namespace truc::bench {

struct StackSettings {
  std::filesystem::path script;  // bench/compare/stack
  std::filesystem::path folder;  // of its configuration, logs and queues; new
  std::vector<AgencyCode> recipients;
};

// A resource. One thread.
class ComposedStack {
 public:
  // Returns when a document would be accepted. Failures: internal, with what the script said on
  // standard error.
  static Result<std::unique_ptr<ComposedStack>> up(const StackSettings& settings,
                                                   const Authority& authority);
  ~ComposedStack();
  ComposedStack(const ComposedStack&) = delete;
  ComposedStack& operator=(const ComposedStack&) = delete;

  Endpoint agencies() const { return Endpoint{"127.0.0.1", port_}; }
  // User and system time so far of each part's processes. Failure: file_failed when one has ended.
  Result<std::map<std::string, std::chrono::nanoseconds>> processor_times() const;
  // Documents that wait in the recipients' queues, all together. Failure: internal.
  Result<std::uint64_t> deliveries() const;
  // Messages of that size straight into three quorum queues of the same broker. Failure: internal.
  Result<boost::json::object> raw(std::size_t messages, std::size_t bytes) const;
  // Packages and libraries, each with its version.
  const boost::json::object& versions() const { return versions_; }

 private:
  struct Process {
    std::string part;
    pid_t pid;
  };

  ComposedStack(std::filesystem::path script, std::filesystem::path folder)
      : script_(std::move(script)), folder_(std::move(folder)) {}
  Result<void> read_description(const boost::json::object& description);
  Result<boost::json::object> ask(const std::string& verb, std::vector<std::string> options) const;

  std::filesystem::path script_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::vector<Process> processes_;
  boost::json::object versions_;
};

}  // namespace truc::bench
