// Crossing to another strand: `Result<T> got = co_await run_on(strand_, read_state());`
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace truc::channel {

namespace detail {
// co_spawn wants a result that it can default-construct; a Result cannot be.
template <class T>
boost::asio::awaitable<std::optional<T>> as_optional(boost::asio::awaitable<T> task) {
  T outcome = co_await std::move(task);
  co_return std::optional<T>(std::move(outcome));
}
}  // namespace detail

// Runs `task` on `executor` and resumes on the caller's. Cancellation of the caller reaches the
// task; the caller resumes when the task has ended, never before. Exceptions pass through.
template <class T>
boost::asio::awaitable<T> run_on(boost::asio::any_io_executor executor,
                                 boost::asio::awaitable<T> task) {
  auto wrapped = detail::as_optional(std::move(task));
  std::optional<T> outcome =
      co_await boost::asio::co_spawn(executor, std::move(wrapped), boost::asio::use_awaitable);
  co_return std::move(*outcome);
}

}  // namespace truc::channel
