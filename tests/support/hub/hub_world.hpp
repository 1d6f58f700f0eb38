// A hub's domain around a FakeStore, and the agencies of a small directory that speak to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hub/ingest/admission.hpp"
#include "hub/receipts/recipient_receipts.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/hub/fake_store.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::testing {

// Set by the test; starts a little after the machine's time, since certificates are made while a
// test runs and none may be from the future.
class FakeClock final : public Clock {
 public:
  Time now() const override { return now_.load(); }
  void advance(std::chrono::milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<Time> now_{SystemClock().now() + std::chrono::minutes(1)};
};

// Codes of the directory below.
constexpr auto kOffice = "000.00.00.G22";    // level 1, system 00.01.W00, also "G22"
constexpr auto kMinistry = "000.00.00.G12";  // level 1, system 00.02.W00, also "G12"
constexpr auto kTax = "G12.18";              // level 2, system 00.02.W00
constexpr auto kProvince = "000.00.13.H53";  // level 2, system 00.53.W00
constexpr auto kTown = "000.20.32.H53";      // level 3, system 00.53.W00
constexpr auto kMerged = "000.21.32.H53";    // closed; its successor is kTown
constexpr auto kSplit = "000.22.32.H53";     // closed; kTown and kProvince follow it
constexpr auto kEnded = "000.23.32.H53";     // closed; nobody follows it
constexpr auto kFuture = "000.24.32.H53";    // opens in 2999
constexpr auto kUnknown = "H99.99";
constexpr auto kOfficeSystem = "00.01.W00";
constexpr auto kMinistrySystem = "00.02.W00";
constexpr auto kProvinceSystem = "00.53.W00";

std::string sample_directory();
std::shared_ptr<const hub::Directory> directory_from(const std::string& lines);

// One authority for the whole test program: making keys is what takes time.
TestPki& shared_pki();

pki::PeerIdentity system_peer(const std::string& system, const std::vector<std::string>& agencies);
pki::PeerIdentity peer_of(const std::string& agency);  // its system, naming all of its agencies
pki::PeerIdentity operator_peer();

std::string sign(const std::string& package, const std::string& agency);

struct HubWorld {
  explicit HubWorld(const std::string& directory_lines = sample_directory());

  hub::AdmissionServices services() {
    return hub::AdmissionServices(directory, trust, store, ids, clock);
  }
  // Signed by `from`, sent through its system, checked; not yet committed.
  Result<hub::AcceptedDocument> admit(const edxml::DocumentContent& content);
  Result<hub::AcceptedDocument> admit(const edxml::StatusContent& content);
  // Admitted and kept; aborts the test when it is refused.
  TransferId accept(const edxml::DocumentContent& content);
  TransferId accept(const edxml::StatusContent& content);
  // A recipient's receipt for a delivery, signed by that agency.
  std::string receipt(pki::ReceiptKind kind, const DeliveryId& delivery, const std::string& by);

  FakeClock clock;
  FakeStore store;
  hub::DirectorySnapshot directory;
  hub::TrustSnapshot trust;
  hub::SignerSnapshot signer;
  hub::TransferIds ids;
  hub::Admission admission;
  hub::RecipientReceipts receipts;
};

}  // namespace truc::testing
