// The way in: from a peer's bytes to something that may be made durable, in one function.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "hub/directory/directory.hpp"
#include "hub/ingest/transfer_ids.hpp"
#include "hub/ports/document_store.hpp"
#include "pki/receipt/receipt.hpp"
#include "pki/signature/verify.hpp"
#include "pki/trust/peer_identity.hpp"
#include "schemas/base/fault_list.hpp"
#include "schemas/base/faults.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::hub {

// A package that passed every check, with the signed receipt that must not leave before the write
// is durable (durability_gate.hpp). Only Admission makes one. Movable only.
class AcceptedDocument {
 public:
  AcceptedDocument(AcceptedDocument&&) = default;
  AcceptedDocument& operator=(AcceptedDocument&&) = default;

  const TransferRecord& record() const { return transfer_.record; }
  NewTransfer release() && { return std::move(transfer_); }

 private:
  friend class Admission;
  explicit AcceptedDocument(NewTransfer transfer) : transfer_(std::move(transfer)) {}
  NewTransfer transfer_;
};

using TrustSnapshot = Snapshot<pki::TrustStore>;
using SignerSnapshot = Snapshot<pki::ReceiptSigner>;

// Borrowed services; all outlive the Admission.
struct AdmissionServices {
  AdmissionServices(const DirectorySnapshot& agencies, const TrustSnapshot& trusted,
                    DocumentStore& documents, TransferIds& transfer_ids, const Clock& time)
      : directory(agencies), trust(trusted), store(documents), ids(transfer_ids), clock(time) {}
  const DirectorySnapshot& directory;
  const TrustSnapshot& trust;
  DocumentStore& store;
  TransferIds& ids;
  const Clock& clock;
};

// Any thread; admit() blocks (it verifies, signs and reads the store), so it runs on a worker.
class Admission {
 public:
  Admission(AdmissionServices services, edxml::Rules rules, const SignerSnapshot& signer,
            std::string hub_id);

  // Checks in this order: identity, size, form, kind, rules and secrecy, signature, authority,
  // the document regarded, routing. Failures: identity_refused, body_too_large, the 3xxx and 4xxx
  // codes, agency_not_spoken_for, sender_unknown, sender_closed, the recipient_ codes,
  // document_unknown, status_not_allowed, attachment_too_large, attachment_mismatch.
  //
  // Bytes that the same sender had accepted before are answered with what was accepted then, also
  // when today's rules, directory and trust refuse them: the same document has the same receipt for
  // ever. Those that pass again are met as a repetition by the store.
  Result<AcceptedDocument> admit(const pki::PeerIdentity& peer, std::string bytes,
                                 edxml::PackageKind expected);

  // Every fault for which admit() or the store would refuse this package from this peer, whichever
  // kind it is; nothing is kept, no receipt is signed. At most kLintFaultsMax faults. Faults of the
  // signature and of the addressees are looked for once the package can be read. Failures:
  // identity_refused; those of the store.
  Result<FaultList> lint(const pki::PeerIdentity& peer, std::string bytes) const;

 private:
  // What a repetition is known by.
  struct Sent {
    AgencyCode from;
    DocumentId document_id;
    std::shared_ptr<const std::string> bytes;
  };
  static Sent sent_in(const edxml::UntrustedEnvelope& envelope);
  Result<AcceptedDocument> judge(const pki::PeerIdentity& peer, edxml::UntrustedEnvelope untrusted,
                                 edxml::PackageKind expected);
  Result<std::shared_ptr<const TransferRecord>> accepted_before(const pki::PeerIdentity& peer,
                                                                const Sent& sent) const;
  bool may_ask_again(const pki::PeerIdentity& peer, const AgencyCode& from) const;
  Result<const Agency*> authorised_sender(const Directory& directory, const pki::PeerIdentity& peer,
                                          const AgencyCode& from, Time now) const;
  Result<NewTransfer> document_transfer(const Directory& directory, const Agency& sender,
                                        const pki::SignedEnvelope& package, Time now);
  Result<NewTransfer> status_transfer(const Directory& directory, const Agency& sender,
                                      const pki::SignedEnvelope& package, Time now);
  Result<void> find_faults(const pki::PeerIdentity& peer, std::string bytes, Faults& faults) const;
  Result<void> find_attachment_faults(const edxml::DocumentContent& content,
                                      const SystemId& uploader, Faults& faults) const;
  Result<void> find_document_faults(const Directory& directory, const Agency& sender,
                                    const edxml::UntrustedEnvelope& envelope,
                                    std::chrono::sys_days day, Faults& faults) const;
  Result<void> find_status_faults(const Directory& directory, const Agency& sender,
                                  const edxml::StatusContent& content, std::chrono::sys_days day,
                                  Faults& faults) const;
  Result<void> sign_receipt(NewTransfer& transfer, const pki::SignedEnvelope& package) const;

  AdmissionServices services_;
  edxml::Rules rules_;
  const SignerSnapshot& signer_;
  std::string issuer_;  // "hub:<id>"
};

}  // namespace truc::hub
