#include "hub/ingest/durability_gate.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <optional>

namespace truc::hub {
namespace {

// One waiting coroutine. Shared between the store's completion and the deadline; who comes first
// resumes it, the other finds `claimed` and does nothing.
template <class Handler>
struct Waiting : std::enable_shared_from_this<Waiting<Handler>> {
  Waiting(Handler&& resume, std::chrono::milliseconds wait)
      : executor(asio::get_associated_executor(resume)),
        work(asio::make_work_guard(executor)),
        handler(std::move(resume)),
        deadline(executor, wait) {}

  void finish(Result<Durable> outcome) {
    if (claimed.exchange(true)) return;
    asio::post(executor, [self = this->shared_from_this(), outcome = std::move(outcome)]() mutable {
      self->deadline.cancel();
      self->work.reset();
      std::move (*self->handler)(std::move(outcome));
      self->handler.reset();
    });
  }

  void start_deadline() {
    deadline.async_wait([self = this->shared_from_this()](boost::system::error_code error) {
      if (!error) self->finish(ErrorCode::deadline_exceeded);
    });
  }

  using Executor = asio::associated_executor_t<Handler>;
  Executor executor;
  asio::executor_work_guard<Executor> work;
  std::optional<Handler> handler;
  asio::steady_timer deadline;
  std::atomic<bool> claimed = false;
};

// `begin` is called with the completion that the store must run once.
template <class Begin>
asio::awaitable<Result<Durable>> wait_for(Begin begin, std::chrono::milliseconds wait) {
  auto initiation = [&begin, wait](auto handler) {
    auto waiting = std::make_shared<Waiting<decltype(handler)>>(std::move(handler), wait);
    waiting->start_deadline();
    begin([waiting](Result<Durable> outcome) { waiting->finish(std::move(outcome)); });
  };
  // A coroutine of its own, so that `begin` lives until the store has been called.
  Result<Durable> outcome =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Durable>)>(
          std::move(initiation), asio::use_awaitable);
  co_return outcome;
}

template <class Change>
asio::awaitable<Result<Durable>> commit(DocumentStore& store, Change change,
                                        std::chrono::milliseconds wait) {
  const auto begin = [&](CommitDone done) { store.commit(std::move(change), std::move(done)); };
  Result<Durable> outcome = co_await wait_for(begin, wait);
  co_return outcome;
}

}  // namespace

asio::awaitable<Result<Durable>> make_durable(DocumentStore& store, NewTransfer transfer,
                                              std::chrono::milliseconds wait) {
  return commit(store, std::move(transfer), wait);
}

asio::awaitable<Result<Durable>> make_durable(DocumentStore& store, RecipientReceipt receipt,
                                              std::chrono::milliseconds wait) {
  return commit(store, std::move(receipt), wait);
}

asio::awaitable<Result<Durable>> acknowledge(DocumentStore& store, DeliveryId delivery,
                                             std::chrono::milliseconds wait) {
  const auto begin = [&](CommitDone done) { store.acknowledge(delivery, std::move(done)); };
  Result<Durable> outcome = co_await wait_for(begin, wait);
  co_return outcome;
}

}  // namespace truc::hub
