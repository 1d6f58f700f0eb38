#include "edge-adapter/bridge/compose.hpp"

#include <algorithm>
#include <array>

#include "edge-adapter/bridge/beside.hpp"
#include "edge-adapter/spool/names.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/edxml/write.hpp"

namespace truc::edge {
namespace {

// In base64 an attachment has to fit into one XML text; all together into one envelope.
constexpr std::uint64_t kInsideBytesMax = limits::kXmlTextBytesMax / 4 * 3 - limits::kKiB;
constexpr std::uint64_t kInsideBytesTotalMax = limits::kEnvelopeBytesMax / 2;
constexpr std::size_t kCopyStepBytes = limits::kMiB;

std::string content_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kTypes = {{
      {".pdf", "application/pdf"},
      {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {".doc", "application/msword"},
      {".xml", "application/xml"},
      {".txt", "text/plain"},
      {".zip", "application/zip"},
      {".png", "image/png"},
  }};
  for (const auto& [ending, type] : kTypes)
    if (name.ends_with(ending)) return std::string(type);
  return "application/octet-stream";
}

std::chrono::year_month_day today_in_vietnam(Time now) {
  constexpr auto kOffset = std::chrono::hours(7);
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now + kOffset));
}

std::string file_name_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT", as ministries name theirs. A recall or an update has
// the code of its original, so the time keeps the two apart.
Result<DocumentId> document_id_of(const ComposeRequest& request, Time now) {
  if (request.document_id) return *request.document_id;
  std::string id = request.from.text() + "," + to_national_date(today_in_vietnam(now)) + "," +
                   request.number + "/" + request.notation;
  if (request.recalls) id += ",recall," + to_rfc3339(now);
  if (request.updates) id += ",update," + to_rfc3339(now);
  return DocumentId::parse(id);
}

edxml::Party party(const AgencyCode& code, const std::string& name) {
  return {.organ_id = code,
          .organization_in_charge = {},
          .organ_name = name,
          .organ_add = {},
          .email = {},
          .telephone = {},
          .fax = {},
          .website = {}};
}

edxml::DocumentContent header_of(const ComposeRequest& request, DocumentId id, Time now) {
  edxml::DocumentContent document{.from = party(request.from, request.from_name),
                                  .to = {},
                                  .code = {.number = request.number, .notation = request.notation},
                                  .place = {},
                                  .promulgation_date = today_in_vietnam(now),
                                  .document_type = {},
                                  .document_type_detail = {},
                                  .document_type_name = request.type_name,
                                  .subject = request.subject,
                                  .content = request.content,
                                  .signer_competence = {},
                                  .signer_position = {},
                                  .signer_name = {},
                                  .due_date = std::nullopt,
                                  .to_places = {},
                                  .priority = request.priority,
                                  .sphere_of_promulgation = {},
                                  .typer_notation = {},
                                  .promulgation_amount = {},
                                  .page_amount = {},
                                  .direction = {},
                                  .appendixes = {},
                                  .responses_for = {},
                                  .steering_type = 0,
                                  .document_id = std::move(id),
                                  .business = {},
                                  .inline_attachments = {},
                                  .beside_attachments = {}};
  for (const auto& code : request.to) document.to.push_back(party(code, code.text()));
  document.business.paper_follows = request.paper == PaperCopy::follows;
  if (request.recalls) {
    document.business.type = edxml::Business::recall;
    document.responses_for.push_back({.organ_id = request.from,
                                      .code = document.code,
                                      .promulgation_date = std::nullopt,
                                      .document_id = *request.recalls});
  }
  if (request.updates) {
    document.business.type = edxml::Business::update;
    document.business.document_id = request.updates;
  }
  return document;
}

Result<void> copy_file(Files& files, const std::string& from, const std::string& to) {
  TRUC_TRY(files.create(to, "", Access::group));
  std::uint64_t offset = 0;
  while (true) {
    TRUC_TRY(const auto bytes, files.read_at(from, offset, kCopyStepBytes));
    if (!bytes.empty()) {
      TRUC_TRY(files.write_at(to, offset, bytes));
    }
    offset += bytes.size();
    if (bytes.size() < kCopyStepBytes) return files.sync_file(to);
  }
}

}  // namespace

Result<ComposedPackage> compose_document(const Files& files, const ComposeRequest& request,
                                         Time now) {
  TRUC_TRY(auto id, document_id_of(request, now));
  auto document = header_of(request, std::move(id), now);
  ComposedPackage composed;
  std::vector<edxml::AttachmentBytes> inside;
  std::uint64_t inside_bytes = 0;
  NameSet names = reserved_names();
  for (std::size_t i = 0; i < request.attachments.size(); ++i) {
    const std::string& path = request.attachments[i];
    const std::string name = names.take(file_name_of(path));
    const std::string content_id = "attachment-" + std::to_string(i + 1);
    TRUC_TRY(const auto info, files.find(path));
    if (!info || info->type != EntryType::file)
      return Failure(ErrorCode::file_failed).at(path).expected("a file");
    if (info->size == 0) return Failure(ErrorCode::attachment_empty).at(path);
    if (info->size > limits::kAttachmentBytesMax)
      return Failure(ErrorCode::attachment_too_large).at(path).found(std::to_string(info->size));
    const bool fits = info->size <= std::min(request.beside_over, kInsideBytesMax) &&
                      inside_bytes + info->size <= kInsideBytesTotalMax;
    if (fits) {
      TRUC_TRY(auto bytes, files.read(path, kInsideBytesMax));
      inside_bytes += bytes.size();
      inside.push_back({.content_id = content_id,
                        .name = name,
                        .description = {},
                        .content_type = content_type_of(name),
                        .bytes = std::move(bytes)});
      continue;
    }
    TRUC_TRY(const auto sha256, digest_file(files, path));
    document.beside_attachments.push_back({.content_id = content_id,
                                           .name = name,
                                           .description = {},
                                           .content_type = content_type_of(name),
                                           .sha256 = sha256,
                                           .size = info->size});
    composed.beside.push_back({path, name});
  }
  TRUC_TRY(composed.envelope, edxml::write_document(document, inside, now));
  return composed;
}

Result<std::string> compose_status(const ReceivedRecord& document, edxml::StatusCode code,
                                   const std::string& description, const std::string& from_name,
                                   Time now) {
  edxml::StatusContent status{
      .response_for = {.organ_id = document.key.sender,
                       .code = {.number = document.code_number, .notation = document.code_notation},
                       .promulgation_date = std::nullopt,
                       .document_id = document.key.document_id},
      .from = party(document.key.recipient, from_name),
      .code = code,
      .description = description,
      .staff = {},
      .timestamp = now,
      .derived_id = document.key.document_id};
  if (!document.promulgation_date.empty()) {
    TRUC_TRY(status.response_for.promulgation_date,
             parse_national_date(document.promulgation_date));
  }
  return edxml::write_status(status);
}

Result<void> drop_package(Files& files, const std::string& out, const std::string& name,
                          const ComposedPackage& package) {
  const std::string draft = out + "/." + name + ".tmp";
  const bool folder = !package.beside.empty();
  TRUC_TRY(remove_tree(files, draft));
  if (folder) {
    TRUC_TRY(files.make_folder(draft, Access::group));
    TRUC_TRY(
        files.create(draft + "/" + std::string(kEnvelopeName), package.envelope, Access::group));
    for (const auto& source : package.beside) {
      TRUC_TRY(copy_file(files, source.path, draft + "/" + source.name));
    }
    TRUC_TRY(files.sync_folder(draft));
  } else {
    TRUC_TRY(files.create(draft, package.envelope, Access::group));
  }
  const std::string target = out + "/" + name + (folder ? "" : std::string(kPackageEnding));
  TRUC_TRY(const Moved moved, files.move(draft, target));
  if (moved == Moved::target_exists) {
    TRUC_TRY(remove_tree(files, draft));
    return Failure(ErrorCode::file_failed).at(target).expected("a name that is free");
  }
  return files.sync_folder(out);
}

}  // namespace truc::edge
