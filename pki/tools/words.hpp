// What truc-verify says, in both languages. `key` is the member's name in --json, and never
// changes.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/problem.hpp"

namespace truc::pki {

struct Phrase {
  std::string_view vi;
  std::string_view en;

  std::string_view in(Language language) const {
    return language == Language::vietnamese ? vi : en;
  }
};

struct Label {
  std::string_view key;
  Phrase phrase;
};

namespace label {
constexpr Label kPackage{"package_kind", {"Loại gói tin", "Package"}};
constexpr Label kSha256{"sha256", {"SHA-256 của tệp", "SHA-256 of the file"}};
constexpr Label kSender{"sender", {"Cơ quan gửi", "Sender"}};
constexpr Label kDocumentId{"document_id", {"Mã văn bản", "DocumentId"}};
constexpr Label kCode{"code", {"Số, ký hiệu", "Number and notation"}};
constexpr Label kPromulgated{"promulgated", {"Ngày ban hành", "Promulgated"}};
constexpr Label kSubject{"subject", {"Trích yếu", "Subject"}};
constexpr Label kStatus{"status", {"Trạng thái", "Status"}};
constexpr Label kRecipients{"recipients", {"Nơi nhận", "Addressees"}};
constexpr Label kInside{"attachments_inside", {"Tệp trong gói", "Attachments inside"}};
constexpr Label kBeside{"attachments_beside", {"Tệp đi kèm", "Attachments beside"}};
constexpr Label kSignedBy{"signed_by", {"Người ký", "Signed by"}};
constexpr Label kCertificate{"certificate", {"Chứng thư", "Certificate"}};
constexpr Label kIssuedBy{"certificate_issuer", {"Nơi cấp chứng thư", "Issued by"}};
constexpr Label kSerial{"certificate_serial", {"Số chứng thư", "Serial number"}};
constexpr Label kFingerprint{"certificate_sha256", {"SHA-256 chứng thư", "Its SHA-256"}};
constexpr Label kValidity{"certificate_validity", {"Hiệu lực chứng thư", "Valid"}};
constexpr Label kNames{"certificate_names", {"Tên trong chứng thư", "It names"}};
constexpr Label kCheckedAs{"checked_as_of", {"Kiểm tra tại thời điểm", "Checked as of"}};
constexpr Label kRevocation{"revocation", {"Thu hồi", "Revocation"}};
constexpr Label kKind{"receipt_kind", {"Loại biên nhận", "Receipt"}};
constexpr Label kTransfer{"transfer", {"Mã lượt chuyển", "Transfer"}};
constexpr Label kDelivery{"delivery", {"Lần giao", "Delivery"}};
constexpr Label kIssuer{"issuer", {"Bên lập biên nhận", "Issued by"}};
constexpr Label kIssuedAt{"issued_at", {"Lập lúc", "Issued at"}};
constexpr Label kDocumentSha256{"document_sha256",
                                {"SHA-256 của văn bản", "SHA-256 of the package"}};
constexpr Label kKnownAt{"revocation_known_at",
                         {"Trục biết về thu hồi đến", "Revocation known to the hub at"}};
}  // namespace label

namespace phrase {
constexpr Phrase kVerified{"ĐÚNG", "VERIFIED"};
constexpr Phrase kRefused{"KHÔNG ĐÚNG", "REFUSED"};
constexpr Phrase kUnreadable{"KHÔNG ĐỌC ĐƯỢC", "NOT READ"};
constexpr Phrase kDocument{"văn bản", "document"};
constexpr Phrase kStatusPackage{"trạng thái", "status"};
constexpr Phrase kAnd{"và", "and"};
constexpr Phrase kMore{"và {} nơi khác", "and {} more"};
constexpr Phrase kBytes{"byte", "bytes"};
constexpr Phrase kUnchecked{"CHƯA KIỂM TRA: không có danh sách thu hồi (--crl)",
                            "NOT CHECKED: no revocation list was given (--crl)"};
constexpr Phrase kNotRevoked{"không bị thu hồi theo danh sách phát hành lúc",
                             "not revoked, after the list issued at"};
constexpr Phrase kProves{"Chứng minh", "Proves"};
constexpr Phrase kProvesNot{"Không chứng minh", "Does not prove"};

constexpr Phrase kCertificateProves{
    "Chứng thư dẫn tới gốc tin cậy, còn hiệu lực và được dùng cho mục đích đã nêu.",
    "The certificate leads to the root, is valid, and may be used for the purpose asked for."};
constexpr Phrase kPackageProves{
    "Tệp này, gồm các tệp trong gói và mã băm của tệp đi kèm, đúng là nội dung mà cơ quan nêu trên "
    "đã "
    "ký; không có gì bị sửa sau khi ký.",
    "This file, with the attachments inside it and the digests of those beside it, is what the "
    "agency "
    "named above signed; nothing in it was changed afterwards."};
constexpr Phrase kPackageProvesNot{
    "Thời điểm ký, việc gửi hay nhận: xem biên nhận. Nội dung tệp đi kèm: so sánh SHA-256.",
    "When it was signed, or that it was sent or received: see receipts. What is in attachments "
    "beside: "
    "compare their SHA-256."};
constexpr Phrase kAcceptedProves{
    "Trục nêu trên đã ký xác nhận tiếp nhận bền vững văn bản có mã băm này và nhận giao cho các "
    "nơi "
    "nhận đã nêu.",
    "The hub named above stated that it keeps the package of this digest durably and delivers it "
    "to "
    "the addressees named."};
constexpr Phrase kDeliveredProves{
    "Cơ quan nêu trên đã ký xác nhận văn bản có mã băm này đã vào hệ thống quản lý văn bản của "
    "mình.",
    "The agency named above stated that the package of this digest was handed to its document "
    "system."};
constexpr Phrase kRegisteredProves{
    "Cơ quan nêu trên đã ký xác nhận văn bản có mã băm này đã được đăng ký văn bản đến.",
    "The agency named above stated that the package of this digest was entered in its register."};
constexpr Phrase kReceiptProvesNot{
    "Nội dung văn bản: kiểm tra cùng tệp văn bản (--document). Thời điểm là theo đồng hồ bên lập.",
    "What the package says: check it together with the package (--document). Times are those of "
    "the "
    "issuer's clock."};
constexpr Phrase kMatches{"Biên nhận này nói về văn bản này",
                          "This receipt speaks of this package"};
}  // namespace phrase

}  // namespace truc::pki
