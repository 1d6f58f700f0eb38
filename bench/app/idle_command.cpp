#include <fmt/format.h>

#include "bench/app/command.hpp"
#include "bench/report/progress.hpp"

namespace truc::bench {
namespace {

constexpr auto kConnectTimeout = std::chrono::minutes(20);
constexpr std::size_t kHandshakes = 64;  // at a time; a hub takes 128 from one address

struct Options : CommonOptions {
  std::size_t adapters = kUnitsOf2020;
  std::size_t seconds = 30;
};

struct Outcome {
  std::uint64_t resident_before = 0;
  std::uint64_t resident_connected = 0;
  std::optional<std::uint64_t> resident_max;  // none: the hub is elsewhere
  double connect_seconds = 0;
  double connect_cpu_ms = 0;   // of one connection
  double idle_processors = 0;  // that the hub keeps busy while nothing happens
  std::vector<std::string> void_reasons;
};

// Adapters that wait at their mailboxes, each again as soon as a wait ends.
class Adapters {
 public:
  explicit Adapters(ClientLoop& loop) : loop_(loop) {}

  void add(const Endpoint& hub, const Identity& identity) {
    wait_at(loop_.connect(hub, identity));
    ++count_;
  }
  std::size_t count() const { return count_; }
  std::size_t wrong() const { return wrong_; }

 private:
  void wait_at(ClientLoop::Connection connection) {
    static const RequestText kWait = make_request("GET", "/v1/mailbox?wait=30");
    loop_.send(connection, kWait, [this, connection](const Answer& answer) {
      if (answer.status == 200) return wait_at(connection);
      ++wrong_;
    });
  }

  ClientLoop& loop_;
  std::size_t count_ = 0;
  std::size_t wrong_ = 0;
};

double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// In pieces, so that no certificate waits long for its connection.
Result<void> connect(World& world, const Options& options, Adapters& adapters) {
  Progress progress("connect");
  world.loop().limit_handshakes(kHandshakes);
  const std::size_t before = world.loop().ready();
  for (std::size_t i = 0; i < options.adapters; ++i) {
    const Unit& unit = world.nation().units()[i];
    TRUC_TRY(const auto identity, world.authority().system(unit.system, {unit.code}));
    adapters.add(world.agencies(), identity);
    const auto some = [&] {
      progress.show(world.loop().ready() - before, options.adapters);
      return adapters.count() - (world.loop().ready() - before) < kHandshakes ||
             world.loop().failed() > 0;
    };
    TRUC_TRY(world.loop().run_until(some, Steady::now() + kConnectTimeout));
  }
  const auto all = [&] {
    return world.loop().ready() - before == options.adapters || world.loop().failed() > 0;
  };
  return world.loop().run_until(all, Steady::now() + kConnectTimeout);
}

Result<void> measure(World& world, const Options& options, Outcome& outcome) {
  TRUC_TRY(world.metrics());
  TRUC_TRY(outcome.resident_before, world.resident_bytes());
  TRUC_TRY(const auto used_before, world.processor_time());
  const auto begun = Steady::now();
  Adapters adapters(world.loop());
  TRUC_TRY(connect(world, options, adapters));
  outcome.connect_seconds = seconds_of(Steady::now() - begun);
  TRUC_TRY(const auto used_connected, world.processor_time());
  outcome.connect_cpu_ms =
      seconds_of(used_connected - used_before) * 1'000 / static_cast<double>(options.adapters);

  TRUC_TRY(world.pause(std::chrono::seconds(options.seconds)));
  TRUC_TRY(const auto used_idle, world.processor_time());
  outcome.idle_processors =
      seconds_of(used_idle - used_connected) / static_cast<double>(options.seconds);
  TRUC_TRY(outcome.resident_connected, world.resident_bytes());
  TRUC_TRY(outcome.resident_max, world.resident_bytes_max());
  TRUC_TRY(const auto metrics, world.metrics());
  const auto waiting = static_cast<std::size_t>(metrics.sum("truc_hub_mailbox_waiters"));
  const auto require = [&](bool holds, std::string reason) {
    if (!holds) outcome.void_reasons.push_back(std::move(reason));
  };
  require(world.loop().failed() == 0, "a connection was lost: " + world.loop().first_failure());
  require(adapters.wrong() == 0, fmt::format("{} waits were refused", adapters.wrong()));
  // Those whose wait has just ended are on their way back.
  require(waiting + options.adapters / 10 >= options.adapters,
          fmt::format("{} adapters wait at the hub, not {}", waiting, options.adapters));
  return success();
}

void report(boost::json::object& result, const Options& options, const Outcome& outcome) {
  const auto count = static_cast<double>(options.adapters);
  const double each = (static_cast<double>(outcome.resident_connected) -
                       static_cast<double>(outcome.resident_before)) /
                      count;
  result["settings"] = boost::json::object{
      {"adapters", options.adapters}, {"units", options.units}, {"seconds", options.seconds}};
  result["hub_resident_bytes"] = outcome.resident_connected;
  if (outcome.resident_max) result["hub_resident_bytes_max"] = *outcome.resident_max;
  result["hub_resident_bytes_before"] = outcome.resident_before;
  result["bytes_per_adapter"] = each;
  result["connect_seconds"] = outcome.connect_seconds;
  result["hub_cpu_ms_per_connection"] = outcome.connect_cpu_ms;
  result["idle_processors"] = outcome.idle_processors;
  fmt::print(
      "{} adapters wait at their mailboxes.\n"
      "  hub's memory   {:8.1f} MiB resident, {:.1f} MiB before, {:.1f} KiB an adapter\n"
      "  at most        {:>8} MiB\n"
      "  connecting     {:8.1f} s in all, {:.2f} ms of the hub's processor each\n"
      "  while idle     {:8.3f} of a processor\n",
      options.adapters, mib(outcome.resident_connected), mib(outcome.resident_before), each / 1'024,
      outcome.resident_max ? fmt::format("{:.1f}", mib(*outcome.resident_max)) : "unknown",
      outcome.connect_seconds, outcome.connect_cpu_ms, outcome.idle_processors);
}

Result<Exit> run(Options options) {
  auto result = make_result("idle", options.words);
  options.units = std::max(options.units, options.adapters);
  TRUC_TRY(allow_files(options.adapters));
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(require_units(*world, options.adapters));
  Outcome outcome;
  TRUC_TRY(measure(*world, options, outcome));
  report(result, options, outcome);
  return conclude(options, result, outcome.void_reasons);
}

}  // namespace

Command declare_idle(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "idle", "What connected adapters cost that wait for documents: memory and processor.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  declare_hub(*command, *options);
  add_count(*command, "--adapters", options->adapters,
            "Systems that connect and wait, each with a certificate of its own.", 19'000);
  add_count(*command, "--seconds", options->seconds, "How long they are left waiting.", 86'400);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
