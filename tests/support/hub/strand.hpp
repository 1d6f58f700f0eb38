// Runs coroutines as a connection does: each on a strand of a loop with two threads.
#pragma once

#include <boost/asio/strand.hpp>

#include "tests/unit/channel/loop.hpp"

namespace truc::testing {

template <class Executor, class T>
std::future<T> start_on(const Executor& executor, boost::asio::awaitable<T> task) {
  auto promise = std::make_shared<std::promise<T>>();
  auto body = channel::into(promise, std::move(task));
  boost::asio::co_spawn(executor, std::move(body), [promise](std::exception_ptr error) {
    if (error) promise->set_exception(error);
  });
  return promise->get_future();
}

template <class T>
std::future<T> start_on_strand(channel::Loop& loop, boost::asio::awaitable<T> task) {
  return start_on(boost::asio::make_strand(loop.executor()), std::move(task));
}

template <class T>
T run_on_strand(channel::Loop& loop, boost::asio::awaitable<T> task) {
  return channel::finish(start_on_strand(loop, std::move(task)));
}

}  // namespace truc::testing
