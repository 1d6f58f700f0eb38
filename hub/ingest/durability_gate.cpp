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

#include "schemas/base/check.hpp"

namespace truc::hub {
namespace {

using Outcome = Result<std::optional<Durable>>;

// One waiting coroutine. Shared between the completion and the deadline; who comes first resumes
// it, the other finds `claimed` and does nothing.
template <class Outcome, class Handler>
struct Waiting : std::enable_shared_from_this<Waiting<Outcome, Handler>> {
  Waiting(Handler&& resume, std::chrono::milliseconds wait)
      : executor(asio::get_associated_executor(resume)),
        work(asio::make_work_guard(executor)),
        handler(std::move(resume)),
        deadline(executor, wait) {}

  void finish(Outcome outcome) {
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

template <class Outcome>
using FinishWith = std::function<void(Outcome)>;
using Finish = FinishWith<Outcome>;

CommitDone done_of(Finish finish) {
  return [finish = std::move(finish)](Result<Durable> durable) {
    finish(durable ? Outcome(std::move(durable).value()) : Outcome(std::move(durable).error()));
  };
}

// `begin` is called with the completion that has to run once.
template <class Outcome, class Begin>
asio::awaitable<Outcome> wait_for(Begin begin, std::chrono::milliseconds wait) {
  auto initiation = [&begin, wait](auto handler) {
    auto waiting = std::make_shared<Waiting<Outcome, decltype(handler)>>(std::move(handler), wait);
    waiting->start_deadline();
    begin([waiting](Outcome outcome) { waiting->finish(std::move(outcome)); });
  };
  // A coroutine of its own, so that `begin` lives until it has been called.
  Outcome outcome = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Outcome)>(
      std::move(initiation), asio::use_awaitable);
  co_return outcome;
}

// `step` hands something to the store or finishes with a failure.
template <class Outcome>
asio::awaitable<Outcome> run_on(channel::WorkerPool& workers, std::string whose,
                                std::function<void(FinishWith<Outcome>)> step,
                                std::chrono::milliseconds wait) {
  const auto begin = [&](const FinishWith<Outcome>& finish) {
    workers.start(whose, [step = std::move(step), finish] { step(finish); }, finish);
  };
  Outcome outcome = co_await wait_for<Outcome>(begin, wait);
  co_return outcome;
}

// The outcomes of several changes, until the last is there. Each is settled once, from any thread.
class Gathering {
 public:
  Gathering(std::size_t count, FinishWith<Result<Confirmed>> finish)
      : outcomes_(count, Outcome(std::optional<Durable>())),
        open_(count),
        finish_(std::move(finish)) {}

  void settle(std::size_t place, Outcome outcome) {
    outcomes_[place] = std::move(outcome);
    if (open_.fetch_sub(1) == 1) finish_(std::move(outcomes_));
  }

 private:
  Confirmed outcomes_;
  std::atomic<std::size_t> open_;
  const FinishWith<Result<Confirmed>> finish_;
};

void hand_over(DocumentStore& store, std::vector<Result<Confirming>> made,
               FinishWith<Result<Confirmed>> finish) {
  TRUC_CHECK(!made.empty(), "somebody waits for an outcome");
  const auto gathering = std::make_shared<Gathering>(made.size(), std::move(finish));
  std::vector<DeliveryId> taken;
  std::vector<std::size_t> taken_places;
  for (std::size_t place = 0; place < made.size(); ++place) {
    auto settle = [gathering, place](Outcome outcome) {
      gathering->settle(place, std::move(outcome));
    };
    if (!made[place]) {
      settle(std::move(made[place]).error());
    } else if (auto* receipt = std::get_if<RecipientReceipt>(&made[place].value())) {
      store.commit(std::move(*receipt), done_of(std::move(settle)));
    } else if (const auto* delivery = std::get_if<DeliveryId>(&made[place].value())) {
      taken.push_back(*delivery);
      taken_places.push_back(place);
    } else {
      settle(std::optional<Durable>());
    }
  }
  if (taken.empty()) return;
  auto settle_all = [gathering, taken_places](const Outcome& outcome) {
    for (const auto place : taken_places) gathering->settle(place, outcome);
  };
  store.acknowledge(std::move(taken), done_of(std::move(settle_all)));
}

asio::awaitable<Result<Durable>> only_durable(asio::awaitable<Outcome> waiting) {
  Outcome outcome = co_await std::move(waiting);
  if (!outcome) co_return std::move(outcome).error();
  co_return std::move(*outcome.value());
}

}  // namespace

asio::awaitable<Result<Durable>> make_durable(DocumentStore& store, channel::WorkerPool& workers,
                                              std::string whose,
                                              std::function<Result<AcceptedDocument>()> make,
                                              std::chrono::milliseconds wait) {
  auto step = [&store, make = std::move(make)](Finish finish) {
    auto made = make();
    if (!made) return finish(std::move(made).error());
    store.commit(std::move(made).value().release(), done_of(std::move(finish)));
  };
  return only_durable(run_on<Outcome>(workers, std::move(whose), std::move(step), wait));
}

asio::awaitable<Result<std::optional<Durable>>> make_durable(
    DocumentStore& store, channel::WorkerPool& workers, std::string whose,
    std::function<Result<std::optional<RecipientReceipt>>()> make, std::chrono::milliseconds wait) {
  auto step = [&store, make = std::move(make)](Finish finish) {
    auto made = make();
    if (!made) return finish(std::move(made).error());
    if (!made.value()) return finish(std::optional<Durable>());
    store.commit(std::move(*made.value()), done_of(std::move(finish)));
  };
  return run_on<Outcome>(workers, std::move(whose), std::move(step), wait);
}

asio::awaitable<Result<Confirmed>> make_durable(
    DocumentStore& store, channel::WorkerPool& workers, std::string whose,
    std::function<std::vector<Result<Confirming>>()> make, std::chrono::milliseconds wait) {
  auto step = [&store, make = std::move(make)](FinishWith<Result<Confirmed>> finish) {
    hand_over(store, make(), std::move(finish));
  };
  return run_on<Result<Confirmed>>(workers, std::move(whose), std::move(step), wait);
}

asio::awaitable<Result<Durable>> acknowledge(DocumentStore& store,
                                             std::vector<DeliveryId> deliveries,
                                             std::chrono::milliseconds wait) {
  auto begin = [&store, deliveries = std::move(deliveries)](Finish finish) mutable {
    store.acknowledge(std::move(deliveries), done_of(std::move(finish)));
  };
  return only_durable(wait_for<Outcome>(std::move(begin), wait));
}

}  // namespace truc::hub
