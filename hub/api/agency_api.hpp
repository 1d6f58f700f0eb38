// The agency listener's interface (docs/protocol/http.md): from a request to the domain and back.
#pragma once

#include "hub/api/adapters_online.hpp"
#include "hub/api/hub_probe.hpp"
#include "hub/directory/representation.hpp"
#include "hub/ingest/admission.hpp"
#include "hub/ingest/byte_budget.hpp"
#include "hub/mailbox/signals.hpp"
#include "hub/receipts/recipient_receipts.hpp"
#include "pki/channel/http.hpp"
#include "pki/channel/offload.hpp"

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
};

// Any strand; requests run side by side. What a peer may not see is answered word for word like
// what does not exist. Bodies in memory are bounded over all requests (kEnvelopeBytesInFlightMax).
class AgencyApi {
 public:
  explicit AgencyApi(AgencyServices services,
                     std::size_t bytes_in_flight_max = limits::kEnvelopeBytesInFlightMax)
      : services_(services), budget_(bytes_in_flight_max) {}

  asio::awaitable<channel::Response> answer(channel::Request& request);
  std::size_t free_body_bytes() const { return budget_.free(); }

 private:
  using Answer = asio::awaitable<Result<channel::Response>>;
  struct View;  // one request's snapshot of the directory, and for whom the peer may act

  Answer route(channel::Request& request);
  Answer route_documents(channel::Request& request);
  Answer route_attachments(channel::Request& request);
  Answer route_deliveries(channel::Request& request);
  Answer route_agencies(channel::Request& request);

  Answer submit(channel::Request& request, edxml::PackageKind kind);
  Answer accept(channel::Request& request, edxml::PackageKind kind);
  Answer upload_state(channel::Request& request, Sha256 sha256);
  Answer upload_part(channel::Request& request, Sha256 sha256);
  Answer mailbox(channel::Request& request);
  Answer fetch(channel::Request& request, DeliveryId delivery);
  Answer fetch_attachment(channel::Request& request, DeliveryId delivery, Sha256 sha256);
  Answer take_receipt(channel::Request& request, DeliveryId delivery, pki::ReceiptKind kind);
  Answer remove(channel::Request& request, DeliveryId delivery);
  Answer history(channel::Request& request, std::optional<TransferId> transfer);
  Answer search_agencies(channel::Request& request);
  Answer one_agency(channel::Request& request, std::string code);

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
