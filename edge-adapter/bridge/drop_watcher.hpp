// Tells when something whole stands in an out/ folder (inotify). Only a help: the rescan finds
// everything that no event told of.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

#include "schemas/base/result.hpp"

namespace truc::edge {

// One inotify instance for all folders. On one thread.
class DropWatcher {
 public:
  // `name` was renamed into the folder, or closed after writing; empty: events were lost, look at
  // everything.
  using Notice = std::function<void(const std::string& name)>;

  // Failure: file_failed when the system has no inotify instance left.
  static Result<std::unique_ptr<DropWatcher>> make(boost::asio::any_io_executor executor);
  ~DropWatcher();
  DropWatcher(const DropWatcher&) = delete;
  DropWatcher& operator=(const DropWatcher&) = delete;

  // Failure: file_failed.
  Result<void> watch(const std::string& folder, Notice notice);
  // Calls the notices. Ends by cancellation, or with file_failed.
  boost::asio::awaitable<Result<void>> run();

 private:
  struct State;
  explicit DropWatcher(std::unique_ptr<State> state);
  void dispatch(std::string_view events);
  std::unique_ptr<State> state_;
};

}  // namespace truc::edge
