// The gate between a signed receipt and the network: nothing passes without a Durable.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hub/ingest/admission.hpp"
#include "hub/ports/document_store.hpp"
#include "pki/channel/offload.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {

namespace asio = boost::asio;

// Every wait below ends after the fsync or the failure, on the caller's executor (a strand), or
// after `wait`: then deadline_exceeded, and whether the write happened is known to the store alone;
// the sender asks again and gets the stored receipt. A coroutine that is cancelled is waited for,
// too. `store` outlives its completions; the executor outlives `store` and `workers`.

// Makes a change on a thread of `workers`, as one of those of `whose`, and hands it to the store
// from there. What `make` borrows must outlive the pool, for the caller may have given up before it
// runs. Failures also: those of `make`; busy when too many wait for a thread; internal when `make`
// throws.
asio::awaitable<Result<Durable>> make_durable(
    DocumentStore& store, channel::WorkerPool& workers, std::string whose,
    std::function<Result<AcceptedDocument>()> make,
    std::chrono::milliseconds wait = limits::kCommitWaitMax);
// The same for a recipient's receipt; nothing when exactly this one is kept already.
asio::awaitable<Result<std::optional<Durable>>> make_durable(
    DocumentStore& store, channel::WorkerPool& workers, std::string whose,
    std::function<Result<std::optional<RecipientReceipt>>()> make,
    std::chrono::milliseconds wait = limits::kCommitWaitMax);
// What is to be done for one of several confirmations: nothing, as it is kept already; a receipt to
// keep; an item of kind receipt to take off its mailbox.
using Confirming = std::variant<std::monostate, RecipientReceipt, DeliveryId>;
// All that `make` gives, each with an outcome of its own, in the same order; nothing of what is
// kept already. What is taken off is taken off together.
using Confirmed = std::vector<Result<std::optional<Durable>>>;
asio::awaitable<Result<Confirmed>> make_durable(
    DocumentStore& store, channel::WorkerPool& workers, std::string whose,
    std::function<std::vector<Result<Confirming>>()> make,
    std::chrono::milliseconds wait = limits::kCommitWaitMax);
// Takes items of kind receipt off their mailboxes.
asio::awaitable<Result<Durable>> acknowledge(
    DocumentStore& store, std::vector<DeliveryId> deliveries,
    std::chrono::milliseconds wait = limits::kCommitWaitMax);

}  // namespace truc::hub
