// Accepts and delivers on the store in argv[1] until it is killed. One line on
// standard output for every promise made, written after the store called it durable:
//   document <DocumentId> <transfer>
//   delivered <DocumentId> <delivery>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;

namespace {

constexpr int kThreads = 4;

// One write, so that lines of several threads do not mix.
void promise(const std::string& line) {
  const auto text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(1);
}

void accept_and_deliver(hub::RocksStore& store, const Clock& clock, const std::string& name) {
  for (int i = 0;; ++i) {
    const auto id = name + "." + std::to_string(i);
    const Draft draft{.document_id = id, .content = "content of " + id};
    const auto accepted = commit_now(store, new_transfer(draft, clock.now()));
    if (!accepted) return;
    promise("document " + id + " " + accepted.value().transfer().text());
    if (i % 3 != 0) continue;
    const DeliveryId delivery{accepted.value().transfer(), 0};
    if (!commit_now(store, delivered_receipt(delivery, "receipt for " + id, clock.now()))) return;
    promise("delivered " + id + " " + delivery.text());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const SystemClock clock;
  telemetry::Log log(telemetry::LogLevel::error);
  hub::DatabaseSettings settings;
  settings.directory = arguments[1];
  settings.write_buffer_bytes = 2 * limits::kMiB;  // flushes come often
  const auto database = hub::Database::open(settings).value();
  const auto store = hub::RocksStore::open(*database, clock, log, at_once()).value();
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      accept_and_deliver(*store, clock, std::string(arguments[2]) + "." + std::to_string(i));
    });
  }
  threads.clear();  // never returns, unless the store fails
  return 1;
}
