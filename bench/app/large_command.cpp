#include <fmt/format.h>

#include <cstring>
#include <random>

#include "bench/app/command.hpp"
#include "bench/load/submission.hpp"
#include "bench/report/progress.hpp"
#include "pki/crypto/digest.hpp"

namespace truc::bench {
namespace {

using limits::kMiB;

struct Options : CommonOptions {
  std::size_t mib = 2'048;
  std::size_t recipients = 100;
};

// Octets that do not compress, the same each time, made part by part.
class Content {
 public:
  explicit Content(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const { return size_; }
  std::size_t parts() const {
    return static_cast<std::size_t>((size_ + limits::kAttachmentPartBytesMax - 1) /
                                    limits::kAttachmentPartBytesMax);
  }
  std::uint64_t begin_of(std::size_t part) const {
    return std::uint64_t{part} * limits::kAttachmentPartBytesMax;
  }
  std::string part(std::size_t number) const {
    const auto left = size_ - begin_of(number);
    std::string octets(std::min<std::uint64_t>(left, limits::kAttachmentPartBytesMax), '\0');
    std::mt19937_64 random(number);
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= octets.size();
         at += sizeof(std::uint64_t)) {
      const std::uint64_t word = random();
      std::memcpy(octets.data() + at, &word, sizeof word);
    }
    return octets;
  }
  Sha256 digest() const {
    pki::Sha256Stream stream;
    for (std::size_t i = 0; i < parts(); ++i) stream.update(part(i));
    return stream.finish();
  }

 private:
  std::uint64_t size_;
};

RequestText upload_request(const Content& content, const Sha256& digest, std::size_t number) {
  const std::string part = content.part(number);
  const auto first = content.begin_of(number);
  std::string text = fmt::format(
      "PUT /v1/attachments/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
      "application/octet-stream\r\nContent-Range: bytes {}-{}/{}\r\nContent-Length: {}\r\n\r\n",
      digest.hex(), first, first + part.size() - 1, content.size(), part.size());
  return std::make_shared<const std::string>(text + part);
}

Failure refused(const std::string& what, const ClientLoop::Reply& reply) {
  return Failure(ErrorCode::peer_protocol)
      .at(what)
      .found(std::to_string(reply.status))
      .because(reply.body.substr(0, 200));
}

// For a store to become quiet and to write out what it holds in memory.
constexpr auto kQuiet = 2 * limits::kStoreQuiet;

struct Outcome {
  std::uint64_t resident_before = 0;
  std::uint64_t resident_max = 0;
  double upload_seconds = 0;
  std::uint64_t unique = 0;        // octets of content and envelope
  std::uint64_t disk_running = 0;  // at once, while the hub runs
  std::uint64_t disk_quiet = 0;    // after kQuiet
  std::uint64_t disk_stopped = 0;  // after a clean stop
};

Result<void> upload(World& world, const Identity& system, const Content& content,
                    const Sha256& digest) {
  Progress progress("upload (MiB)");
  const auto connection = world.loop().connect(world.agencies(), system);
  for (std::size_t i = 0; i < content.parts(); ++i) {
    TRUC_TRY(const auto reply, world.loop().ask(connection, upload_request(content, digest, i)));
    if (reply.status != 200) return refused("part " + std::to_string(i), reply);
    progress.show(content.begin_of(i) / kMiB, content.size() / kMiB);
  }
  return success();
}

void report(boost::json::object& result, const Options& options, const Outcome& outcome) {
  const auto growth = outcome.resident_max - outcome.resident_before;
  const double ratio =
      static_cast<double>(outcome.disk_stopped) / static_cast<double>(outcome.unique);
  result["settings"] = boost::json::object{{"attachment_bytes", options.mib * kMiB},
                                           {"recipients", options.recipients}};
  result["hub_resident_growth_bytes"] = growth;
  result["hub_resident_bytes_before"] = outcome.resident_before;
  result["upload_mib_per_second"] = static_cast<double>(options.mib) / outcome.upload_seconds;
  result["unique_bytes"] = outcome.unique;
  result["disk_bytes"] = outcome.disk_stopped;
  result["disk_bytes_running"] = outcome.disk_running;
  result["disk_bytes_quiet"] = outcome.disk_quiet;
  result["disk_over_unique"] = ratio;
  fmt::print(
      "An attachment of {} MiB, named by a document to {} recipients:\n"
      "  hub's memory   grew by {:.1f} MiB at most (from {:.1f} MiB)\n"
      "  upload         {:.0f} MiB/s, each part durable when it is answered\n"
      "  disk           {:.3f} × the unique content after a clean stop; before it {:.3f} × after "
      "{} s\n"
      "                 of quiet, {:.3f} × at once\n",
      options.mib, options.recipients, mib(growth), mib(outcome.resident_before),
      static_cast<double>(options.mib) / outcome.upload_seconds, ratio,
      static_cast<double>(outcome.disk_quiet) / static_cast<double>(outcome.unique),
      std::chrono::seconds(kQuiet).count(),
      static_cast<double>(outcome.disk_running) / static_cast<double>(outcome.unique));
}

Result<Exit> run(Options options) {
  auto result = make_result("large", options.words);
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(const auto senders, make_senders(world->nation(), world->authority(), 1));
  const Content content(options.mib * kMiB);
  const Sha256 digest = content.digest();
  const edxml::BesideAttachment beside{.content_id = "attachment-2",
                                       .name = "Bản quét.pdf",
                                       .description = {},
                                       .content_type = "application/pdf",
                                       .sha256 = digest,
                                       .size = content.size()};
  const DocumentPlan plan{
      .count = 1, .recipients = options.recipients, .run = run_name(), .beside = {beside}};
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));

  Outcome outcome;
  const pid_t hub = world->hub().pid();
  TRUC_TRY(const auto before, world->metrics());
  TRUC_TRY(outcome.resident_before, resident_bytes(hub));
  const auto begun = Steady::now();
  TRUC_TRY(upload(*world, senders.front().tls, content, digest));
  outcome.upload_seconds = std::chrono::duration<double>(Steady::now() - begun).count();
  TRUC_TRY(const auto connected, Senders::connect(world->loop(), world->agencies(), senders, 1));
  Submitter submitter(world->loop(), connected, world->trust());
  TRUC_TRY(submitter.run(documents, Pace{}, [](std::size_t) {}));
  TRUC_TRY(const auto after, world->settle(before, options.recipients));
  TRUC_TRY(outcome.resident_max, resident_bytes_max(hub));
  const auto data = folder->path() / "hub/data";
  outcome.unique = content.size() + documents.front().bytes().size();
  outcome.disk_running = bytes_on_disk(data);
  TRUC_TRY(world->pause(kQuiet));
  outcome.disk_quiet = bytes_on_disk(data);
  Observed observed = submitter.observed();
  add_counted(observed, before, after);
  observed.deliveries_expected = options.recipients;
  observed.is_hub_up = world->is_hub_up();
  TRUC_TRY(world->hub().stop());
  outcome.disk_stopped = bytes_on_disk(data);
  report(result, options, outcome);
  return conclude(options, result, reasons_to_void(observed));
}

}  // namespace

Command declare_large(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "large", "What a large attachment does to the hub's memory, and what it takes on the disk.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  add_count(*command, "--mib", options->mib, "Size of the attachment, in MiB.",
            limits::kAttachmentBytesMax / kMiB);
  add_count(*command, "--recipients", options->recipients, "Of the document that names it.",
            10'000);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
