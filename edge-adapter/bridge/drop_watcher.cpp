#include "edge-adapter/bridge/drop_watcher.hpp"

#include <sys/inotify.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <tuple>

namespace truc::edge {

namespace asio = boost::asio;

namespace {

Failure failed(const std::string& place, int error) {
  return Failure(ErrorCode::file_failed).at(place).because(std::strerror(error));
}

constexpr std::size_t kEventBytes = 64 * 1024;

}  // namespace

struct DropWatcher::State {
  State(asio::any_io_executor executor, int fd) : descriptor(std::move(executor), fd) {}
  asio::posix::stream_descriptor descriptor;
  std::map<int, Notice> notices;
};

DropWatcher::DropWatcher(std::unique_ptr<State> state) : state_(std::move(state)) {}
DropWatcher::~DropWatcher() = default;

Result<std::unique_ptr<DropWatcher>> DropWatcher::make(asio::any_io_executor executor) {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return failed("inotify", errno);
  auto state = std::make_unique<State>(std::move(executor), fd);
  return std::unique_ptr<DropWatcher>(new DropWatcher(std::move(state)));
}

Result<void> DropWatcher::watch(const std::string& folder, Notice notice) {
  const int watch = ::inotify_add_watch(state_->descriptor.native_handle(), folder.c_str(),
                                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
  if (watch < 0) return failed(folder, errno);
  state_->notices[watch] = std::move(notice);
  return success();
}

asio::awaitable<Result<void>> DropWatcher::run() {
  std::string events(kEventBytes, '\0');
  while (true) {
    auto read = co_await state_->descriptor.async_read_some(asio::buffer(events),
                                                            asio::as_tuple(asio::use_awaitable));
    const auto error = std::get<0>(read);
    if (error == asio::error::operation_aborted) co_return Failure(ErrorCode::cancelled);
    if (error) co_return Failure(ErrorCode::file_failed).at("inotify").because(error.message());
    dispatch(std::string_view(events).substr(0, std::get<1>(read)));
  }
}

void DropWatcher::dispatch(std::string_view events) {
  while (events.size() >= sizeof(inotify_event)) {
    // Copied out: the kernel packs records, so the buffer need not be aligned for one.
    inotify_event event{};
    std::memcpy(&event, events.data(), sizeof(event));
    const std::string_view padded = events.substr(sizeof(event), event.len);
    const std::string name(padded.substr(0, padded.find('\0')));
    events.remove_prefix(sizeof(event) + event.len);
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      for (const auto& [watch, notice] : state_->notices) notice("");
      continue;
    }
    const auto found = state_->notices.find(event.wd);
    if (found != state_->notices.end() && !name.empty()) found->second(name);
  }
}

}  // namespace truc::edge
