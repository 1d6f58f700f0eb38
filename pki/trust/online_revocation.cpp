#include "pki/trust/online_revocation.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "pki/crypto/digest.hpp"
#include "pki/crypto/file.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::string_view kListEnding = ".crl";
constexpr std::string_view kAnswerEnding = ".ocsp";

// When something is fetched next: before it runs out, and after a failure with growing pauses.
struct Schedule {
  Time due{};
  milliseconds pause = limits::kRevocationPauseMin;
  bool is_out = false;  // handed to the refresher

  void succeeded(Time now, Time next_update, milliseconds refresh) {
    const Time halfway = now + (next_update - now) / 2;
    due = std::max(std::min(now + refresh, halfway), now + limits::kRevocationPauseMin);
    pause = limits::kRevocationPauseMin;
    is_out = false;
  }
  void failed(Time now) {
    due = now + pause;
    pause = std::min<milliseconds>(2 * pause, limits::kRevocationPauseMax);
    is_out = false;
  }
};

struct Source {
  Certificate issuer;
  std::string name;  // of its files
  std::string crl_url;
  std::string ocsp_url;
  std::optional<Time> list_issued;
  Schedule list;
};

struct Status {
  std::size_t source;
  OcspQuestion question;
  std::optional<OcspAnswer> answer;
  Time used;
  Schedule schedule;
};

Result<Source> read_source(const RevocationSource& configured) {
  TRUC_TRY(auto issuers, Certificate::load_pem_file(configured.issuer_file));
  Certificate issuer = issuers.front();
  std::string name = issuer.fingerprint().hex().substr(0, 16);
  return Source{std::move(issuer),   std::move(name), configured.crl_url,
                configured.ocsp_url, std::nullopt,    {}};
}

Result<void> make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Failure(ErrorCode::file_failed).at(path).because(error.message());
  return success();
}

bool is_same_authority(const Certificate& one, const Certificate& other) {
  return X509_NAME_cmp(X509_get_subject_name(one.native()),
                       X509_get_subject_name(other.native())) == 0 &&
         EVP_PKEY_eq(X509_get0_pubkey(one.native()), X509_get0_pubkey(other.native())) == 1;
}

std::optional<std::string> from_hex(const std::string& text) {
  long size = 0;
  const OctetsHandle octets(OPENSSL_hexstr2buf(text.c_str(), &size));
  if (!octets) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(octets.get()), static_cast<std::size_t>(size));
}

Result<RevocationList> read_list_of(const Certificate& issuer, const std::string& der) {
  TRUC_TRY(auto lists, read_revocation_lists(der));
  TRUC_TRY(require_issued_by(lists.front(), issuer));
  if (X509_CRL_get_ext_by_NID(lists.front().native.get(), NID_delta_crl, -1) >= 0) {
    return Failure(ErrorCode::certificate_malformed)
        .expected("a complete revocation list")
        .found("one of changes only");
  }
  return std::move(lists.front());
}

}  // namespace

struct OnlineRevocation::State {
  OnlineRevocationSettings settings;
  std::vector<Source> sources;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Status> statuses;  // by CertID
  bool is_stopping = false;

  std::string path_of(const Source& source) const {
    return settings.folder + "/" + source.name + std::string(kListEnding);
  }
  std::string path_of(const Source& source, const OcspQuestion& question) const {
    return settings.folder + "/" + source.name + "-" + to_hex(question.certificate_id()) +
           std::string(kAnswerEnding);
  }
  std::optional<std::size_t> responder_of(const Certificate& issuer) const;
  Result<void> recall_list(Source& source);
  Result<void> recall_answer(const std::string& path, Time now);
  void drop_unused(Time now);
  void make_room();
};

std::optional<std::size_t> OnlineRevocation::State::responder_of(const Certificate& issuer) const {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].ocsp_url.empty() && is_same_authority(sources[i].issuer, issuer)) return i;
  }
  return std::nullopt;
}

Result<void> OnlineRevocation::State::recall_list(Source& source) {
  TRUC_TRY(const auto der, read_trust_file(path_of(source), FileAccess::anyone));
  TRUC_TRY(const auto list, read_list_of(source.issuer, der));
  source.list_issued = list.issued;  // and due at once
  return success();
}

// The name of the file says what was asked; its content verifies or is not used.
Result<void> OnlineRevocation::State::recall_answer(const std::string& path, Time now) {
  const std::string name = fs::path(path).stem().string();
  const auto dash = name.find('-');
  const auto source = std::ranges::find(sources, name.substr(0, dash), &Source::name);
  const auto id = dash == std::string::npos ? std::nullopt : from_hex(name.substr(dash + 1));
  if (source == sources.end() || !id) {
    return Failure(ErrorCode::file_failed).at(path).expected("an answer of a configured authority");
  }
  TRUC_TRY(auto question, OcspQuestion::read(*id));
  TRUC_TRY(const auto der, read_trust_file(path, FileAccess::anyone));
  TRUC_TRY(auto answer, read_ocsp_response(der, question, source->issuer, now));
  Status status{static_cast<std::size_t>(source - sources.begin()), question, answer, now, {}};
  status.schedule.succeeded(now, std::max(now, answer.next_update), settings.refresh);
  statuses.insert_or_assign(*id, std::move(status));
  return success();
}

void OnlineRevocation::State::drop_unused(Time now) {
  std::erase_if(statuses, [&](const auto& entry) {
    const Status& status = entry.second;
    if (status.schedule.is_out || now - status.used < limits::kOcspUnusedMax) return false;
    std::error_code ignored;
    fs::remove(path_of(sources[status.source], status.question), ignored);
    return true;
  });
}

void OnlineRevocation::State::make_room() {
  if (statuses.size() < limits::kOcspAnswersMax) return;
  const auto oldest =
      std::ranges::min_element(statuses, {}, [](const auto& entry) { return entry.second.used; });
  statuses.erase(oldest);
}

OnlineRevocation::OnlineRevocation() : state_(std::make_unique<State>()) {}
OnlineRevocation::~OnlineRevocation() = default;

Result<std::shared_ptr<OnlineRevocation>> OnlineRevocation::open(OnlineRevocationSettings settings,
                                                                 Time now) {
  std::shared_ptr<OnlineRevocation> online(new OnlineRevocation);
  State& state = *online->state_;
  state.settings = std::move(settings);
  for (const auto& configured : state.settings.sources) {
    TRUC_TRY(auto source, read_source(configured));
    state.sources.push_back(std::move(source));
  }
  TRUC_TRY(make_folder(state.settings.folder));
  const auto recall = [&online](const std::string& path, Result<void> recalled) {
    if (!recalled) online->set_aside_.push_back(path);
  };
  for (auto& source : state.sources) {
    const auto path = state.path_of(source);
    if (fs::exists(path)) recall(path, state.recall_list(source));
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(state.settings.folder, error)) {
    const auto path = entry.path().string();
    if (path.ends_with(kAnswerEnding)) recall(path, state.recall_answer(path, now));
  }
  if (error)
    return Failure(ErrorCode::file_failed).at(state.settings.folder).because(error.message());
  return online;
}

std::vector<std::string> OnlineRevocation::list_files() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> files;
  for (const auto& source : state_->sources) {
    if (source.list_issued) files.push_back(state_->path_of(source));
  }
  return files;
}

std::optional<OcspAnswer> OnlineRevocation::find(const Certificate& subject,
                                                 const Certificate& issuer, Time now) {
  const auto source = state_->responder_of(issuer);
  if (!source) return std::nullopt;
  auto question = OcspQuestion::make(subject, issuer);
  if (!question) return std::nullopt;
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->statuses.find(question.value().certificate_id());
  if (known != state_->statuses.end()) {
    known->second.used = now;
    return known->second.answer;
  }
  state_->make_room();
  const std::string id = question.value().certificate_id();
  state_->statuses.emplace(
      id, Status{*source, std::move(question).value(), std::nullopt, now, {.due = now}});
  state_->changed.notify_all();
  return std::nullopt;
}

std::vector<RevocationErrand> OnlineRevocation::take_due(Time now) {
  const std::lock_guard lock(state_->mutex);
  state_->drop_unused(now);
  std::vector<RevocationErrand> errands;
  for (std::size_t i = 0; i < state_->sources.size(); ++i) {
    Source& source = state_->sources[i];
    if (source.crl_url.empty() || source.list.is_out || source.list.due > now) continue;
    source.list.is_out = true;
    errands.push_back({i, source.crl_url, std::nullopt});
  }
  for (auto& [id, status] : state_->statuses) {
    if (errands.size() >= limits::kRevocationErrandsMax) break;
    if (status.schedule.is_out || status.schedule.due > now) continue;
    status.schedule.is_out = true;
    errands.push_back({status.source, state_->sources[status.source].ocsp_url, status.question});
  }
  return errands;
}

Result<void> OnlineRevocation::done(const RevocationErrand& errand, const std::string& der,
                                    Time now) {
  auto kept = errand.question ? keep_answer(errand, der, now) : keep_list(errand, der, now);
  if (!kept) failed(errand, now);
  return kept;
}

// An older list than the one that is known would bring a revoked certificate back.
Result<void> OnlineRevocation::keep_list(const RevocationErrand& errand, const std::string& der,
                                         Time now) {
  Source& source = state_->sources[errand.source];
  TRUC_TRY(const auto list, read_list_of(source.issuer, der));
  if (list.next_update < now || list.issued > now + limits::kClockSkewMax) {
    return Failure(ErrorCode::revocation_unknown)
        .expected("a list for " + to_rfc3339(now))
        .found("one from " + to_rfc3339(list.issued) + " to " + to_rfc3339(list.next_update));
  }
  const std::lock_guard lock(state_->mutex);
  if (source.list_issued && list.issued < *source.list_issued) {
    return Failure(ErrorCode::revocation_unknown)
        .expected("a list not older than " + to_rfc3339(*source.list_issued))
        .found(to_rfc3339(list.issued));
  }
  const bool is_new = source.list_issued != list.issued;
  if (is_new) {
    TRUC_TRY(replace_trust_file(state_->path_of(source), der));
    source.list_issued = list.issued;
    ++generation_;
  }
  source.list.succeeded(now, list.next_update, state_->settings.refresh);
  return success();
}

Result<void> OnlineRevocation::keep_answer(const RevocationErrand& errand, const std::string& der,
                                           Time now) {
  const Source& source = state_->sources[errand.source];
  TRUC_TRY(auto answer, read_ocsp_response(der, *errand.question, source.issuer, now));
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->statuses.find(errand.question->certificate_id());
  if (known == state_->statuses.end()) return success();  // nobody asks any more
  Status& status = known->second;
  if (status.answer && answer.issued < status.answer->issued) {
    return Failure(ErrorCode::revocation_unknown)
        .expected("an answer not older than " + to_rfc3339(status.answer->issued))
        .found(to_rfc3339(answer.issued));
  }
  TRUC_TRY(replace_trust_file(state_->path_of(source, status.question), der));
  const bool was_withdrawn = status.answer && status.answer->withdrawal;
  if (was_withdrawn != answer.withdrawal.has_value()) ++generation_;
  status.schedule.succeeded(now, answer.next_update, state_->settings.refresh);
  status.answer = std::move(answer);
  return success();
}

void OnlineRevocation::failed(const RevocationErrand& errand, Time now) {
  const std::lock_guard lock(state_->mutex);
  if (!errand.question) {
    state_->sources[errand.source].list.failed(now);
    return;
  }
  const auto known = state_->statuses.find(errand.question->certificate_id());
  if (known != state_->statuses.end()) known->second.schedule.failed(now);
}

void OnlineRevocation::wait(milliseconds most) {
  std::unique_lock lock(state_->mutex);
  if (!state_->is_stopping) state_->changed.wait_for(lock, most);
}

void OnlineRevocation::stop_waiting() {
  const std::lock_guard lock(state_->mutex);
  state_->is_stopping = true;
  state_->changed.notify_all();
}

}  // namespace truc::pki
