// The gate between a signed receipt and the network: nothing passes without a Durable.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>

#include "hub/ports/document_store.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {

namespace asio = boost::asio;

// Hands the change to the store and resumes on the caller's executor (a strand) after the fsync or
// the failure. Once handed over it is waited for also by a coroutine that is cancelled, at most for
// `wait`: then deadline_exceeded, and whether the write happened is known to the store alone; the
// sender asks again and gets the stored receipt. `store` outlives its completions, and the executor
// outlives `store`.
asio::awaitable<Result<Durable>> make_durable(
    DocumentStore& store, NewTransfer transfer,
    std::chrono::milliseconds wait = limits::kCommitWaitMax);
asio::awaitable<Result<Durable>> make_durable(
    DocumentStore& store, RecipientReceipt receipt,
    std::chrono::milliseconds wait = limits::kCommitWaitMax);
// Takes an item of kind receipt off the mailbox.
asio::awaitable<Result<Durable>> acknowledge(
    DocumentStore& store, DeliveryId delivery,
    std::chrono::milliseconds wait = limits::kCommitWaitMax);

}  // namespace truc::hub
