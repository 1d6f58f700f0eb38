#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/bridge/compose.hpp"
#include "edge-adapter/bridge/prepare.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

constexpr auto kLedgerDelayMax = std::chrono::seconds(5);
constexpr auto kLedgerLookEvery = std::chrono::milliseconds(20);

struct ReadyDrop {
  const AgencyConfig* agency;
  std::string wanted_name;
  ComposedPackage package;
};

std::string base_name(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// A ready package or folder, copied as it is: its signature, if any, stays.
Result<ReadyDrop> read_ready(const EdgeConfig& config, const std::string& path) {
  const PosixFiles files;
  TRUC_TRY(const auto info, files.find(path));
  if (!info) return Failure(ErrorCode::usage).at(path).expected("a file or folder");
  const bool folder = info->type == EntryType::folder;
  const std::string name = base_name(path);
  if (!folder && !name.ends_with(kPackageEnding)) return Failure(ErrorCode::drop_name).found(name);
  const std::string package_path = folder ? path + "/" + std::string(kEnvelopeName) : path;
  TRUC_TRY(auto bytes, files.read(package_path, limits::kEnvelopeBytesMax));
  ReadyDrop drop{.agency = nullptr,
                 .wanted_name = drop_stem(name, folder ? DropForm::folder : DropForm::package),
                 .package = {.envelope = bytes, .beside = {}}};
  TRUC_TRY(const auto envelope, edxml::read_envelope(std::move(bytes)));
  TRUC_TRY(drop.agency, config.find(envelope.content().from().organ_id));
  if (!folder) return drop;
  TRUC_TRY(const auto entries, files.list(path));
  for (const auto& entry : entries) {
    if (entry.name == kEnvelopeName || entry.name.starts_with('.')) continue;
    drop.package.beside.push_back({path + "/" + entry.name, entry.name});
  }
  return drop;
}

Result<std::optional<DocumentId>> optional_id(const std::string& text) {
  if (text.empty()) return std::optional<DocumentId>();
  TRUC_TRY(auto id, DocumentId::parse(text));
  return std::optional(std::move(id));
}

Result<std::vector<AgencyCode>> parse_codes(const std::vector<std::string>& texts) {
  std::vector<AgencyCode> codes;
  for (const auto& text : texts) {
    TRUC_TRY(auto code, AgencyCode::parse(text));
    codes.push_back(std::move(code));
  }
  return codes;
}

Result<ReadyDrop> compose(const EdgeConfig& config, const SendOptions& options) {
  if (options.to.empty() || options.number.empty() || options.notation.empty() ||
      options.subject.empty())
    return Failure(ErrorCode::usage).expected("FILE, or --to, --number, --notation and --subject");
  if (!options.recall.empty() && !options.update.empty())
    return Failure(ErrorCode::usage).expected("--recall or --update, not both");
  TRUC_TRY(const auto* agency, choose_agency(config, options.from));
  ComposeRequest request{.from = agency->code,
                         .from_name = agency->name,
                         .to = {},
                         .number = options.number,
                         .notation = options.notation,
                         .subject = options.subject,
                         .content = options.content,
                         .type_name = options.type,
                         .priority = static_cast<edxml::Priority>(options.priority),
                         .attachments = options.attachments,
                         .beside_over = options.beside_over,
                         .document_id = std::nullopt,
                         .recalls = std::nullopt,
                         .updates = std::nullopt,
                         .paper = options.paper ? PaperCopy::follows : PaperCopy::none};
  TRUC_TRY(request.to, parse_codes(options.to));
  TRUC_TRY(request.document_id, optional_id(options.document_id));
  TRUC_TRY(request.recalls, optional_id(options.recall));
  TRUC_TRY(request.updates, optional_id(options.update));
  const PosixFiles files;
  TRUC_TRY(auto package, compose_document(files, request, SystemClock().now()));
  return ReadyDrop{.agency = agency,
                   .wanted_name = safe_file_name(options.number + "-" + options.notation),
                   .package = std::move(package)};
}

int drop_and_wait(const EdgeConfig& config, const ReadyDrop& drop,
                  const std::optional<std::chrono::seconds>& wait) {
  PosixFiles files;
  const auto name = free_drop_name(config, *drop.agency, drop.wanted_name);
  if (!name) return fail(name.error());
  const std::string out = AgencyFolders(drop.agency->folder).out();
  if (const auto dropped = drop_package(files, out, name.value(), drop.package); !dropped)
    return fail(dropped.error());
  fmt::print("{}\n", name.value());
  std::fflush(stdout);
  return wait ? wait_for_outcome(config, *drop.agency, name.value(), *wait) : kExitOk;
}

Result<edxml::StatusCode> parse_status_code(const std::string& text) {
  using edxml::StatusCode;
  int number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  for (const auto code :
       {StatusCode::arrived, StatusCode::refused, StatusCode::registered, StatusCode::assigned,
        StatusCode::in_progress, StatusCode::finished, StatusCode::take_back,
        StatusCode::change_agreed, StatusCode::change_refused})
    if (whole && static_cast<int>(code) == number) return code;
  return Failure(ErrorCode::status_unknown).found(text);
}

bool stands_in_inbox(const EdgeConfig& config, const Files& files, const DeliveryId& delivery) {
  return std::ranges::any_of(config.agencies, [&](const AgencyConfig& agency) {
    const std::string path = AgencyFolders(agency.folder).in() + "/" + delivery.text();
    for (const auto& form : {path, path + std::string(kPackageEnding)}) {
      const auto info = files.find(form);
      if (info && info.value()) return true;
    }
    return false;
  });
}

// A package stands in in/ a moment before the ledger knows it, and who answers it may be quick.
Result<std::optional<ReceivedRecord>> find_received(const EdgeConfig& config, const Files& files,
                                                    const Ledger& ledger,
                                                    const DeliveryId& delivery) {
  const auto deadline = std::chrono::steady_clock::now() + kLedgerDelayMax;
  while (true) {  // ends: a record, nothing handed over, or the deadline
    TRUC_TRY(auto record, ledger.find(delivery));
    if (record || !stands_in_inbox(config, files, delivery)) return record;
    if (std::chrono::steady_clock::now() >= deadline) return record;
    std::this_thread::sleep_for(kLedgerLookEvery);
  }
}

Result<ReadyDrop> compose_status_drop(const EdgeConfig& config, const StatusOptions& options) {
  TRUC_TRY(const auto delivery, DeliveryId::parse(options.delivery));
  TRUC_TRY(const auto code, parse_status_code(options.code));
  PosixFiles files;
  const Ledger ledger(files, config.layout());
  TRUC_TRY(const auto record, find_received(config, files, ledger, delivery));
  if (!record) return Failure(ErrorCode::delivery_unknown).found(options.delivery);
  if (!options.agency.empty() && options.agency != record->key.recipient.text())
    return Failure(ErrorCode::delivery_unknown)
        .expected(record->key.recipient.text())
        .found(options.agency);
  TRUC_TRY(const auto* agency, config.find(record->key.recipient));
  ReadyDrop drop{.agency = agency,
                 .wanted_name = "status-" + options.code + "-" + delivery.text(),
                 .package = {}};
  TRUC_TRY(drop.package.envelope,
           compose_status(*record, code, options.description, agency->name, SystemClock().now()));
  return drop;
}

}  // namespace

int send_command(const EdgeConfig& config, const SendOptions& options) {
  const auto drop =
      options.file.empty() ? compose(config, options) : read_ready(config, options.file);
  return drop ? drop_and_wait(config, drop.value(), options.wait) : fail(drop.error());
}

int status_command(const EdgeConfig& config, const StatusOptions& options) {
  const auto drop = compose_status_drop(config, options);
  return drop ? drop_and_wait(config, drop.value(), options.wait) : fail(drop.error());
}

int sign_command(const EdgeConfig& config, const SignOptions& options) {
  const auto run = [&]() -> Result<void> {
    PosixFiles files;
    const SystemClock clock;
    TRUC_TRY(const auto* agency, choose_agency(config, options.agency));
    TRUC_TRY(auto rules, edxml::Rules::load());
    TRUC_TRY(auto trust, config.load_trust());
    TRUC_TRY(auto loaded, load_identities(std::move(trust), config.agency_files()));
    const IdentityBook identities(std::move(loaded));
    const Preparer preparer(files, rules, identities, clock);
    TRUC_TRY(auto bytes, files.read(options.file, limits::kEnvelopeBytesMax));
    TRUC_TRY(const auto read, edxml::read_envelope(bytes));
    if (pki::has_signature(read)) return Failure(ErrorCode::signature_repeated).at(options.file);
    TRUC_TRY(const auto envelope, preparer.sign_or_verify(std::move(bytes), agency->code));
    return write_durably(files, options.output, envelope.bytes(), Access::group);
  };
  const auto done = run();
  return done ? kExitOk : fail(done.error());
}

}  // namespace truc::edge
