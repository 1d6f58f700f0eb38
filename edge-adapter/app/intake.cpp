#include "edge-adapter/app/intake.hpp"

#include <sys/random.h>

#include <array>

#include "schemas/base/check.hpp"

namespace truc::edge {
namespace {

// Items sort by their age: a UUID of version 7.
std::string make_item_id(Time now) {
  std::array<std::uint8_t, 10> random{};
  const auto got = ::getrandom(random.data(), random.size(), 0);
  TRUC_CHECK(got == static_cast<ssize_t>(random.size()), "getrandom serves 256 bytes without fail");
  return TransferId::make(now, random).text();
}

}  // namespace

Intake::Intake(Services& services, OutboundPump& pump, AgencyCode agency,
               asio::any_io_executor executor)
    : services_(services),
      pump_(pump),
      agency_(std::move(agency)),
      task_(services),
      wakeup_(std::move(executor)) {}

void Intake::notice(const std::string& name) {
  if (!name.empty()) finished_.insert(name);
  wakeup_.notify();
}

asio::awaitable<Result<void>> Intake::run() {
  while (true) {
    auto taken = co_await scan();
    if (taken)
      reported_.erase("");
    else
      report("", taken.error());
    if (taken && taken.value() == kDropsPerScanMax) continue;
    co_await wakeup_.wait_until(std::chrono::steady_clock::now() + kRescanEvery);
  }
}

asio::awaitable<Result<std::size_t>> Intake::scan() {
  // Full: documents wait where they are, in out/, and nothing is refused for it.
  TRUC_CO_TRY(pump_.require_room());
  std::set<std::string> finished;
  finished.swap(finished_);
  const std::string out = services_.outbound.agencies().at(agency_).out();
  auto look = [this, &out, &finished] {
    return find_drops(services_.files, out, finished, services_.clock.now(), kDropsPerScanMax);
  };
  auto drops = co_await services_.pool.run(std::move(look));
  if (!drops) co_return std::move(drops).error();
  for (const auto& drop : drops.value()) {
    auto work = [this, &drop] { return take(drop); };
    auto item = co_await services_.pool.run(std::move(work));
    if (!item) {
      report(drop.name, item.error());
      continue;
    }
    reported_.erase(drop.name);
    if (item.value()) pump_.add(std::move(*item.value()));
  }
  co_return drops.value().size();
}

Result<std::optional<OutboundItem>> Intake::take(const Drop& drop) {
  const Time now = services_.clock.now();
  TRUC_TRY(auto item,
           services_.outbound.claim(agency_, drop.name, drop.form, make_item_id(now), now));
  if (!item) return std::optional<OutboundItem>();
  // Prepared before it is queued, so that the queue knows how urgent it is. A failure that may pass
  // (a stale revocation list) is met again by the pump.
  auto prepared = task_.prepare(*item);
  if (prepared) return std::optional(std::move(prepared).value());
  services_.log.warn("outbound.prepare_later",
                     {{"name", item->name}, {"failure", prepared.error()}});
  return item;
}

void Intake::report(const std::string& name, const Failure& failure) {
  if (!reported_.insert(name).second) return;
  services_.log.warn("outbound.claim_failed",
                     {{"agency", agency_.text()}, {"name", name}, {"failure", failure}});
}

}  // namespace truc::edge
