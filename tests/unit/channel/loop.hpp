// Drives coroutines from a test: `auto got = run(loop, subject.send(request));`
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "schemas/telemetry/log.hpp"

namespace truc::channel {

// An io_context on two threads, so that every test is also one of the strands.
class Loop {
 public:
  Loop() : work_(boost::asio::make_work_guard(context_)) {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { context_.run(); });
  }
  ~Loop() {
    work_.reset();
    context_.stop();
    for (auto& thread : threads_) thread.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& context() { return context_; }
  boost::asio::any_io_executor executor() { return context_.get_executor(); }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

template <class T>
boost::asio::awaitable<void> into(std::shared_ptr<std::promise<T>> promise,
                                  boost::asio::awaitable<T> task) {
  T outcome = co_await std::move(task);
  promise->set_value(std::move(outcome));
}

template <class T>
std::future<T> start(Loop& loop, boost::asio::awaitable<T> task) {
  auto promise = std::make_shared<std::promise<T>>();
  auto body = into(promise, std::move(task));
  boost::asio::co_spawn(loop.executor(), std::move(body), [promise](std::exception_ptr error) {
    if (error) promise->set_exception(error);
  });
  return promise->get_future();
}

// The bound is for a test that hangs; no test waits that long to pass.
template <class T>
T finish(std::future<T> future) {
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) std::abort();
  return future.get();
}

template <class T>
T run(Loop& loop, boost::asio::awaitable<T> task) {
  return finish(start(loop, std::move(task)));
}

}  // namespace truc::channel
