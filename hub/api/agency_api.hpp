// The agency listener's interface (docs/protocol/http.md): from a request to the domain and back.
#pragma once

#include "hub/api/adapters_online.hpp"
#include "hub/api/hub_probe.hpp"
#include "hub/directory/representation.hpp"
#include "hub/ingest/admission.hpp"
#include "hub/ingest/byte_budget.hpp"
#include "hub/ingest/durability_gate.hpp"
#include "hub/mailbox/signals.hpp"
#include "hub/ports/placement.hpp"
#include "hub/receipts/recipient_receipts.hpp"
#include "pki/channel/http.hpp"
#include "pki/channel/offload.hpp"
#include "pki/receipt/confirmations.hpp"

namespace truc::hub {

// Borrowed; all outlive the AgencyApi and its requests.
struct AgencyServices {
  AgencyServices(AdmissionServices shared_services, Admission& way_in, RecipientReceipts& way_back,
                 MailboxSignals& wake_ups, channel::WorkerPool& verify_pool,
                 channel::WorkerPool& read_pool, AdaptersOnline& online, HubProbe& hub_probe)
      : shared(shared_services),
        admission(way_in),
        receipts(way_back),
        signals(wake_ups),
        verifiers(verify_pool),
        readers(read_pool),
        adapters(online),
        probe(hub_probe) {}
  AdmissionServices shared;
  Admission& admission;
  RecipientReceipts& receipts;
  MailboxSignals& signals;
  channel::WorkerPool& verifiers;  // signatures: bounded by kVerifyQueueMax, then busy
  channel::WorkerPool& readers;    // the store's reads and attachment parts
  AdaptersOnline& adapters;
  HubProbe& probe;
  const Placement* placement = nullptr;  // of several hubs; null: this one serves everybody
};

// Any strand; requests run side by side. Only systems that the directory knows are answered. What a
// peer may not see is answered word for word like what does not exist. Bodies in memory, received
// and sent, are bounded over all requests (kEnvelopeBytesInFlightMax) and for each system.
class AgencyApi {
 public:
  explicit AgencyApi(AgencyServices services,
                     std::size_t bytes_in_flight_max = limits::kEnvelopeBytesInFlightMax,
                     std::size_t bytes_per_system_max = limits::kEnvelopeBytesInFlightPerSystemMax)
      : services_(services), budget_(bytes_in_flight_max, bytes_per_system_max) {}

  // Every request that there is, as "GET /v1/health": docs/protocol/access.md is held against it.
  static std::vector<std::string> routes();

  asio::awaitable<channel::Response> answer(channel::Request& request);
  std::size_t free_body_bytes() const { return budget_.free(); }

 private:
  using Answer = asio::awaitable<Result<channel::Response>>;
  struct Route;
  static const std::vector<Route>& table();
  // What was submitted, and its share of the memory for all of that.
  struct Package {
    Package(ByteBudget::Share taken, std::string body)
        : share(std::in_place, std::move(taken)), bytes(std::move(body)) {}
    std::optional<ByteBudget::Share> share;
    std::string bytes;
    LevelCounts levels{};  // of a package's addressees, once it is admitted
  };
  struct View;  // one request's snapshot of the directory, and for whom the peer may act

  // Of several hubs any takes what is submitted and tells what is kept, but only the one that
  // serves a system shows it its mailbox, or tells it that something is not there: another may not
  // have it yet.
  Answer route(channel::Request& request);
  Place place_of(const channel::Request& request) const;
  Answer submit_document(channel::Request& request);
  Answer submit_status(channel::Request& request);
  Answer submit(channel::Request& request, edxml::PackageKind kind);
  Answer accept(channel::Request& request, edxml::PackageKind kind);
  Answer lint(channel::Request& request);
  asio::awaitable<Result<Package>> take_package(channel::Request& request);
  // Of the type `type`, at most `bytes_max`.
  asio::awaitable<Result<Package>> take_body(channel::Request& request, std::string_view type,
                                             std::size_t bytes_max);
  Answer upload_state(channel::Request& request);
  Answer upload_part(channel::Request& request);
  Answer mailbox(channel::Request& request);
  Answer fetch(channel::Request& request);
  Answer fetch_attachment(channel::Request& request);
  Answer take_delivered(channel::Request& request);
  Answer take_registered(channel::Request& request);
  Answer take_receipt(channel::Request& request, pki::ReceiptKind kind);
  Answer confirm(channel::Request& request);
  Answer remove(channel::Request& request);
  Answer history_of_transfer(channel::Request& request);
  Answer history_of_document(channel::Request& request);
  Answer search_agencies(channel::Request& request);
  Answer one_agency(channel::Request& request);
  Answer health(channel::Request& request);

  // Blocking.
  std::vector<Result<Confirming>> check(const pki::PeerIdentity& peer,
                                        std::vector<pki::Confirmation> confirmations);
  Result<void> count_receipt(const DeliveryId& delivery, pki::ReceiptKind kind);
  // Whether the peer may take the delivery off its mailbox. Blocking. Failures: delivery_unknown;
  // method_not_allowed: it is no item of kind receipt.
  Result<void> require_takes_off(const View& view, const DeliveryId& delivery) const;
  // The delivery's transfer, when the peer acts for its recipient. Blocking. Failure:
  // delivery_unknown.
  Result<std::shared_ptr<const TransferRecord>> visible(const View& view,
                                                        const DeliveryId& delivery) const;
  Result<std::string> history_text(const View& view,
                                   std::shared_ptr<const TransferRecord> record) const;

  AgencyServices services_;
  ByteBudget budget_;
};

}  // namespace truc::hub
