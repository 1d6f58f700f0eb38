#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/app/hub_call.hpp"
#include "edge-adapter/spool/names.hpp"
#include "edge-adapter/spool/sent_index.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

// One thing that was sent, under every transfer that a hub has given it.
struct Sent {
  std::vector<SentRecord> records;  // the oldest first
  bool is_known = false;            // the hub knows one of the transfers
};

std::vector<Sent> by_content(std::vector<SentRecord> records) {
  std::ranges::sort(records, {}, &SentRecord::transfer);
  std::map<std::tuple<AgencyCode, DocumentId, Sha256>, std::size_t> places;
  std::vector<Sent> sent;
  for (SentRecord& record : records) {
    const auto key = std::tuple(record.agency, record.document_id, record.sha256);
    const auto [place, is_new] = places.try_emplace(key, sent.size());
    if (is_new) sent.emplace_back();
    sent[place->second].records.push_back(std::move(record));
  }
  return sent;
}

// `sent` outlives the question.
asio::awaitable<Result<std::string>> ask_which_are_known(Hub& hub, std::vector<Sent>& sent) {
  for (Sent& one : sent) {
    for (const SentRecord& record : one.records) {
      if (one.is_known) break;
      const auto history = co_await hub.history(record.transfer);
      if (!history && history.error().code() != ErrorCode::document_unknown)
        co_return history.error();
      one.is_known = history.has_value();
    }
  }
  co_return std::string();
}

// Where the document system has left it, under one of its names, with the bytes that were accepted.
Result<std::string> find_left(const Files& files, const EdgeConfig& config, const Sent& sent) {
  const SentRecord& first = sent.records.front();
  TRUC_TRY(const auto* agency, config.find(first.agency));
  const std::string folder = AgencyFolders(agency->folder).sent() + "/";
  for (const SentRecord& record : sent.records) {
    const std::string file = folder + record.name + std::string(kPackageEnding);
    const std::string whole = folder + record.name;
    for (const auto& [path, envelope] :
         {std::pair(file, file), std::pair(whole, whole + "/" + std::string(kEnvelopeName))}) {
      TRUC_TRY(const auto info, files.find(envelope));
      if (!info || info->type != EntryType::file) continue;
      TRUC_TRY(const auto bytes, files.read(envelope, limits::kEnvelopeBytesMax));
      if (pki::sha256(bytes) == record.sha256) return path;
    }
  }
  return Failure(ErrorCode::file_failed)
      .at(folder + first.name)
      .expected("document " + first.document_id.text() + " as it was accepted");
}

int offer(const Files& files, const EdgeConfig& config, const Sent& sent) {
  const auto path = find_left(files, config, sent);
  if (!path) {
    fail(path.error());
    return kExitRefused;
  }
  SendOptions options;
  options.file = path.value();
  return send_command(config, options);
}

}  // namespace

int resend_command(const EdgeConfig& config, const ResendOptions& options) {
  const auto since = parse_rfc3339(options.since);
  if (!since) return fail(Failure(ErrorCode::usage).at("--since").found(options.since));
  PosixFiles files;
  auto records = SentIndex(files, config.layout()).list(since.value());
  if (!records) return fail(records.error());
  auto sent = by_content(std::move(records).value());
  const auto asked = ask_hub(config, [&sent](Hub& hub) { return ask_which_are_known(hub, sent); });
  if (!asked) return fail(asked.error());
  int status = kExitOk;
  for (const Sent& one : sent) {
    if (!one.is_known) status = std::max(status, offer(files, config, one));
  }
  return status;
}

}  // namespace truc::edge
