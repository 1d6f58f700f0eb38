// What the commands share: where they work, what they are told, how they report.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/app/exit_status.hpp"
#include "bench/load/documents.hpp"
#include "bench/load/receivers.hpp"
#include "bench/report/result.hpp"
#include "bench/subject/world.hpp"

namespace truc::bench {

// Options of every command that starts a hub.
struct CommonOptions {
  std::vector<std::string> words;  // the command line
  std::string json;                // file; empty: none
  std::string folder;              // empty: a temporary one, removed at the end
  std::string programs;            // empty: beside truc-bench
  std::string hub;                 // of one elsewhere: ADDRESS:PORT; empty: one of our own
  std::string operators;
  std::string material;
  std::string kafka;  // brokers of our own hub's event log; empty: its own store
  std::string acknowledge = "local";
  std::size_t units = kUnitsOf2020;
  std::size_t senders = 64;
  std::size_t floor_rounds = kFloorRounds;
};
void declare(CLI::App& command, CommonOptions& options);
void declare_programs(CLI::App& command, std::string& programs);
// Of commands with several senders, and of those that measure the floor.
void declare_senders(CLI::App& command, CommonOptions& options);
void declare_floor_rounds(CLI::App& command, CommonOptions& options);
// Of commands that can drive a hub elsewhere too, or one of our own on Kafka.
void declare_hub(CLI::App& command, CommonOptions& options);
// A whole number from `least` to `most`; its default is what `value` is now.
void add_count(CLI::App& command, const std::string& name, std::size_t& value,
               const std::string& text, std::size_t most, std::size_t least = 1);

// Of commands that submit the same load several times.
struct RepeatedOptions : CommonOptions {
  std::size_t documents = 10'000;  // of a repetition
  std::size_t repetitions = 3;
  std::size_t warm_up = 2'000;
  std::size_t recipients = 3;
  std::size_t bytes = 6 * 1'024;

  std::size_t total() const { return warm_up + documents * repetitions; }
};
// All but the warm-up.
void declare(CLI::App& command, RepeatedOptions& options, std::size_t documents_max,
             std::size_t recipients_max);

// Of commands whose documents are fetched and confirmed.
struct ExchangeOptions : CommonOptions {
  std::size_t recipients = 3;
  std::size_t receivers = 64;
};
void declare(CLI::App& command, ExchangeOptions& options);
// Documents that go to those receivers only.
DocumentPlan plan_among(const std::vector<Receiver>& receivers, const ExchangeOptions& options,
                        std::size_t documents);

// The folder of a run. A temporary one is removed at its end.
class RunFolder {
 public:
  // Failure: file_failed.
  static Result<std::unique_ptr<RunFolder>> make(const std::string& wanted);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  enum class Keep : bool { no, yes };
  RunFolder(std::filesystem::path path, Keep keep) : path_(std::move(path)), keep_(keep) {}
  std::filesystem::path path_;
  Keep keep_;
};

// Where truc-hub and truc-pki are; empty: beside this program.
std::filesystem::path programs_in(const std::string& wanted);
// With the hub that the options say. `options.units` becomes what its directory has. Failures:
// those of World::make.
Result<std::unique_ptr<World>> make_world(CommonOptions& options, const RunFolder& folder);
// Failure: file_failed, when there are fewer.
Result<void> require_units(const World& world, std::size_t least);
// As many as the options say. Failures: file_failed when there are fewer units; those of issuing.
Result<std::vector<Sender>> senders_of(World& world, const CommonOptions& options);

// Lets this process open so many connections, and the hub that it starts later. Failure:
// file_failed.
Result<void> allow_files(std::size_t connections);

// Part of the DocumentIds of this run.
std::string run_name();

// Signs with a progress line.
Result<std::vector<SignedDocument>> sign_with_progress(const World& world,
                                                       const std::vector<Sender>& senders,
                                                       const DocumentPlan& plan);
enum class Neighbours : std::uint8_t { idle, busy };  // the other processors meanwhile
Result<Floor> floor_with_progress(const FloorMaterial& material,
                                  Neighbours neighbours = Neighbours::idle);

// Notes the verdict in the result, writes it where it is wanted, and says what is void.
Result<Exit> conclude(const CommonOptions& options, boost::json::object& result,
                      const std::vector<std::string>& void_reasons);

using Command = std::function<Result<Exit>()>;
// Each declares its options and returns what runs it. `words` is the command line.
Command declare_prepare(CLI::App& app, const std::vector<std::string>& words);
Command declare_floor(CLI::App& app, const std::vector<std::string>& words);
Command declare_accept(CLI::App& app, const std::vector<std::string>& words);
Command declare_e2e(CLI::App& app, const std::vector<std::string>& words);
Command declare_broadcast(CLI::App& app, const std::vector<std::string>& words);
Command declare_idle(CLI::App& app, const std::vector<std::string>& words);
Command declare_large(CLI::App& app, const std::vector<std::string>& words);
Command declare_deliver(CLI::App& app, const std::vector<std::string>& words);
Command declare_soak(CLI::App& app, const std::vector<std::string>& words);
Command declare_replay(CLI::App& app, const std::vector<std::string>& words);
Command declare_depth(CLI::App& app, const std::vector<std::string>& words);
Command declare_report(CLI::App& app, const std::vector<std::string>& words);
Command declare_compare(CLI::App& app, const std::vector<std::string>& words);

}  // namespace truc::bench
