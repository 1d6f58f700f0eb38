#include "bench/app/command.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/json/array.hpp>
#include <chrono>
#include <cstdlib>

#include "bench/report/progress.hpp"

namespace truc::bench {
namespace {

constexpr rlim_t kFilesBeside = 1'000;  // of hub and bench besides the connections

std::filesystem::path own_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

// As is_endpoint has seen it.
Endpoint endpoint_of(const std::string& text) {
  const auto colon = text.find(':');
  return Endpoint{text.substr(0, colon),
                  static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)))};
}

// What is wrong with it; empty when nothing is.
std::string is_endpoint(const std::string& text) {
  static const CLI::Range kPort(1, 65'535);
  const auto colon = text.find(':');
  const bool holds = colon != std::string::npos && CLI::ValidIPV4(text.substr(0, colon)).empty() &&
                     kPort(text.substr(colon + 1)).empty();
  return holds ? std::string() : text + " is no IPv4 address with a port, as 10.0.0.5:8443";
}

}  // namespace

void declare(CLI::App& command, CommonOptions& options) {
  command.add_option("--json", options.json, "Write every figure to this file.");
  command.add_option("--folder", options.folder,
                     "Work in this folder and keep it; it must be new. Default: a temporary one.");
  declare_programs(command, options.programs);
  add_count(command, "--units", options.units, "Agencies in the directory.", 1'000'000, kUnitsMin);
}

void declare_senders(CLI::App& command, CommonOptions& options) {
  add_count(command, "--senders", options.senders,
            "Agencies that send, each with a system, a certificate and a connection.", 10'000);
}

void declare_floor_rounds(CLI::App& command, CommonOptions& options) {
  add_count(command, "--floor-rounds", options.floor_rounds,
            "Rounds of each step of the floor; the median counts.", 1'000);
}

void declare_programs(CLI::App& command, std::string& programs) {
  command.add_option("--programs", programs,
                     "Folder of truc-hub and truc-pki. Default: that of truc-bench.");
}

void declare_hub(CLI::App& command, CommonOptions& options) {
  auto* hub = command.add_option("--hub", options.hub,
                                 "Drive the hub whose agency listener is at ADDRESS:PORT. Default: "
                                 "a hub of our own.");
  auto* operators =
      command.add_option("--operators", options.operators, "Its operator listener, ADDRESS:PORT.");
  auto* material = command.add_option("--material", options.material,
                                      "The folder of truc-bench prepare that it was started from.");
  for (auto* endpoint : {hub, operators}) endpoint->check(is_endpoint);
  for (auto* option : {hub, operators, material}) {
    for (auto* other : {hub, operators, material}) {
      if (option != other) option->needs(other);
    }
  }
  auto* kafka = command.add_option(
      "--kafka", options.kafka,
      "Brokers for the event log of our own hub, HOST:PORT, separated by commas. Default: its own "
      "store.");
  kafka->excludes(hub);
  command
      .add_option("--acknowledge", options.acknowledge,
                  "What a receipt waits for: the hub's disk, or the brokers' replicas, too.")
      ->check(CLI::IsMember({"local", "replicated"}))
      ->needs(kafka)
      ->capture_default_str();
}

void add_count(CLI::App& command, const std::string& name, std::size_t& value,
               const std::string& text, std::size_t most, std::size_t least) {
  command.add_option(name, value, text)->check(CLI::Range(least, most))->capture_default_str();
}

void declare(CLI::App& command, RepeatedOptions& options, std::size_t documents_max,
             std::size_t recipients_max) {
  declare(command, static_cast<CommonOptions&>(options));
  declare_senders(command, options);
  add_count(command, "--documents", options.documents, "Documents of a repetition.", documents_max);
  add_count(command, "--repetitions", options.repetitions, "How often.", 1'000);
  add_count(command, "--recipients", options.recipients, "Of each document.", recipients_max);
  command.add_option("--bytes", options.bytes, "Size of a signed envelope, about.")
      ->capture_default_str();
}

void declare(CLI::App& command, ExchangeOptions& options) {
  declare(command, static_cast<CommonOptions&>(options));
  declare_senders(command, options);
  add_count(command, "--recipients", options.recipients, "Of each document.", 1'000);
  add_count(command, "--receivers", options.receivers, "Agencies that receive, each with a system.",
            5'000, 2);
}

DocumentPlan plan_among(const std::vector<Receiver>& receivers, const ExchangeOptions& options,
                        std::size_t documents) {
  DocumentPlan plan{.count = documents, .recipients = options.recipients, .run = run_name()};
  for (const Receiver& receiver : receivers) plan.among.push_back(receiver.unit);
  return plan;
}

Result<std::unique_ptr<RunFolder>> RunFolder::make(const std::string& wanted) {
  if (!wanted.empty()) {
    std::error_code error;
    const auto path = std::filesystem::absolute(wanted);
    if (std::filesystem::create_directories(path, error))
      return std::unique_ptr<RunFolder>(new RunFolder(path, Keep::yes));
    return Failure(ErrorCode::file_failed).at(wanted).expected("a folder that is not there yet");
  }
  std::string name = (std::filesystem::temp_directory_path() / "truc-bench.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return Failure(ErrorCode::file_failed).at(name);
  return std::unique_ptr<RunFolder>(new RunFolder(name, Keep::no));
}

RunFolder::~RunFolder() {
  std::error_code error;
  if (keep_ == Keep::no) std::filesystem::remove_all(path_, error);
}

std::filesystem::path programs_in(const std::string& wanted) {
  return wanted.empty() ? own_folder() : std::filesystem::path(wanted);
}

Result<std::unique_ptr<World>> make_world(CommonOptions& options, const RunFolder& folder) {
  WorldSettings settings{folder.path(), programs_in(options.programs), options.units};
  if (!options.hub.empty()) {
    settings.elsewhere = HubElsewhere{endpoint_of(options.hub), endpoint_of(options.operators),
                                      std::filesystem::absolute(options.material)};
  }
  if (!options.kafka.empty())
    settings.kafka = KafkaLog{options.kafka, options.acknowledge, "truc-bench-" + run_name() + '.'};
  TRUC_TRY(auto world, World::make(settings));
  options.units = world->nation().units().size();
  return world;
}

Result<std::vector<Sender>> senders_of(World& world, const CommonOptions& options) {
  TRUC_TRY(require_units(world, options.senders));
  return make_senders(world.nation(), world.authority(), options.senders);
}

Result<void> require_units(const World& world, std::size_t least) {
  const std::size_t units = world.nation().units().size();
  if (units >= least) return success();
  return Failure(ErrorCode::file_failed)
      .at("the hub's directory")
      .expected(fmt::format("at least {} agencies", least))
      .found(std::to_string(units));
}

Result<void> allow_files(std::size_t connections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = connections + kFilesBeside;
  if (limit.rlim_cur >= wanted) return success();
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (limit.rlim_cur == wanted && setrlimit(RLIMIT_NOFILE, &limit) == 0) return success();
  return Failure(ErrorCode::file_failed)
      .at("open files")
      .expected(std::to_string(wanted))
      .found(std::to_string(limit.rlim_max));
}

std::string run_name() {
  return fmt::format("{:x}", SystemClock().now().time_since_epoch().count());
}

Result<std::vector<SignedDocument>> sign_with_progress(const World& world,
                                                       const std::vector<Sender>& senders,
                                                       const DocumentPlan& plan) {
  TRUC_TRY(const auto rules, edxml::Rules::load());
  Progress progress("sign");
  return sign_documents(world.nation(), senders, rules, plan,
                        [&](std::size_t done) { progress.show(done, plan.count); });
}

Result<Floor> floor_with_progress(const FloorMaterial& material, Neighbours neighbours) {
  constexpr std::size_t kParts = 4;
  const bool is_busy = neighbours == Neighbours::busy;
  Progress progress(is_busy ? "floor, all processors busy" : "floor");
  std::size_t part = 0;
  const auto told = [&](std::string_view) { progress.show(++part, kParts); };
  return is_busy ? measure_busy_floor(material, told) : measure_floor(material, told);
}

Result<Exit> conclude(const CommonOptions& options, boost::json::object& result,
                      const std::vector<std::string>& void_reasons) {
  result["void"] = !void_reasons.empty();
  boost::json::array reasons;
  for (const std::string& reason : void_reasons) reasons.emplace_back(reason);
  result["void_reasons"] = std::move(reasons);
  if (!options.json.empty()) {
    TRUC_TRY(write_result(result, options.json));
  }
  if (void_reasons.empty()) return Exit::done;
  fmt::print("The run is VOID; its figures mean nothing:\n");
  for (const std::string& reason : void_reasons) fmt::print("  - {}\n", reason);
  return Exit::is_void;
}

}  // namespace truc::bench
