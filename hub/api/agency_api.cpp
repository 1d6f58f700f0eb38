#include "hub/api/agency_api.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include "hub/api/agency_view.hpp"
#include "hub/api/json_text.hpp"
#include "hub/api/routes.hpp"
#include "hub/api/views.hpp"
#include "schemas/base/problem.hpp"

namespace truc::hub {
namespace {

using channel::Method;
using channel::Request;
using channel::Response;

Failure malformed(std::string place, std::string expected, std::string_view found) {
  return Failure(ErrorCode::malformed_request)
      .at(std::move(place))
      .expected(std::move(expected))
      .found(std::string(found.substr(0, 80)));
}

// "application/xml; charset=utf-8" is application/xml.
bool is_type(const Request& request, std::string_view wanted) {
  const auto stated = request.headers.find("Content-Type");
  if (!stated) return false;
  std::string_view type = stated->substr(0, stated->find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type == wanted;
}

Result<void> require_type(const Request& request, std::string_view wanted) {
  if (is_type(request, wanted)) return success();
  return Failure(ErrorCode::unsupported_media_type)
      .at("Content-Type")
      .expected(std::string(wanted));
}

Response receipt_response(const Durable& durable) {
  const bool is_new = durable.outcome() == Durable::Outcome::stored;
  Response response(is_new ? 201 : 200, std::string(channel::kReceiptJson), durable.receipt());
  response.headers.set("Location", "/v1/documents/" + durable.transfer().text());
  return response;
}

// Documents and statuses within one page of the mailbox.
constexpr std::size_t kPageItemsBytesMax = 1 * limits::kMiB;

constexpr std::string_view kHealth = "/v1/health";

bool is_not_here(const Failure& failure) {
  constexpr std::array kNotHere = {ErrorCode::document_unknown, ErrorCode::delivery_unknown,
                                   ErrorCode::attachment_missing, ErrorCode::malformed_range};
  return std::ranges::find(kNotHere, failure.code()) != kNotHere.end();
}

// What is not here may be there: the hub that serves the system has the last word.
Failure refusal_at(const Place& place, Failure failure) {
  if (place.where != Place::Where::elsewhere || !is_not_here(failure)) return failure;
  return Failure(ErrorCode::served_elsewhere).expected(place.address);
}

Response empty_object() {
  return Response(200, std::string(channel::kJson), "{}");
}

}  // namespace

Result<std::size_t> whole_number(const channel::Target& target, std::string_view name,
                                 std::size_t fallback, std::size_t min, std::size_t max) {
  const auto text = target.parameter(name);
  if (!text) return fallback;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool whole = error == std::errc{} && end == text->data() + text->size();
  if (whole && value >= min && value <= max) return value;
  return malformed(std::string(name), std::to_string(min) + " to " + std::to_string(max), *text);
}

struct AgencyApi::Route {
  Method method;
  std::string_view path;
  Answer (AgencyApi::*answer)(Request& request);
};

const std::vector<AgencyApi::Route>& AgencyApi::table() {
  static const std::vector<Route> kRoutes = {
      {Method::post, "/v1/documents", &AgencyApi::submit_document},
      {Method::post, "/v1/statuses", &AgencyApi::submit_status},
      {Method::post, "/v1/lint", &AgencyApi::lint},
      {Method::head, "/v1/attachments/{sha256}", &AgencyApi::upload_state},
      {Method::put, "/v1/attachments/{sha256}", &AgencyApi::upload_part},
      {Method::get, "/v1/mailbox", &AgencyApi::mailbox},
      {Method::get, "/v1/deliveries/{delivery}", &AgencyApi::fetch},
      {Method::get, "/v1/deliveries/{delivery}/attachments/{sha256}", &AgencyApi::fetch_attachment},
      {Method::put, "/v1/deliveries/{delivery}/receipts/delivered", &AgencyApi::take_delivered},
      {Method::put, "/v1/deliveries/{delivery}/receipts/registered", &AgencyApi::take_registered},
      {Method::post, "/v1/deliveries", &AgencyApi::confirm},
      {Method::del, "/v1/deliveries/{delivery}", &AgencyApi::remove},
      {Method::get, "/v1/documents/{transfer}", &AgencyApi::history_of_transfer},
      {Method::get, "/v1/documents", &AgencyApi::history_of_document},
      {Method::get, "/v1/agencies/{code}", &AgencyApi::one_agency},
      {Method::get, "/v1/agencies", &AgencyApi::search_agencies},
      {Method::get, kHealth, &AgencyApi::health},
  };
  return kRoutes;
}

std::vector<std::string> AgencyApi::routes() {
  return route_texts(std::span(table()));
}

asio::awaitable<Response> AgencyApi::answer(Request& request) {
  const auto& system = request.peer->system;
  if (!system) co_return refusal(ErrorCode::identity_refused);
  if (!services_.shared.directory.current()->knows(*system)) {
    co_return refusal(Failure(ErrorCode::identity_refused)
                          .expected("a system of the directory")
                          .found(system->text()));
  }
  const auto visit = services_.adapters.visit(*request.peer, request.peer_address);
  Result<Response> answer = co_await route(request);
  if (answer) co_return std::move(answer).value();
  co_return refusal(refusal_at(place_of(request), std::move(answer).error()));
}

AgencyApi::Answer AgencyApi::route(Request& request) {
  TRUC_CO_TRY(const Route* found, find_route(std::span(table()), request));
  if (place_of(request).where == Place::Where::nowhere && found->path != kHealth)
    co_return ErrorCode::cut_off;
  Result<Response> answer = co_await (this->*found->answer)(request);
  co_return answer;
}

Place AgencyApi::place_of(const Request& request) const {
  if (services_.placement == nullptr) return {.where = Place::Where::here, .address = {}};
  return services_.placement->place_of(*request.peer->system);
}

AgencyApi::Answer AgencyApi::health(Request&) {
  co_return Response(200, std::string(channel::kJson), R"({"status":"ok"})");
}

AgencyApi::Answer AgencyApi::submit_document(Request& request) {
  return submit(request, edxml::PackageKind::document);
}

AgencyApi::Answer AgencyApi::submit_status(Request& request) {
  return submit(request, edxml::PackageKind::status);
}

AgencyApi::Answer AgencyApi::submit(Request& request, edxml::PackageKind kind) {
  Result<Response> answer = co_await accept(request, kind);
  if (!answer) services_.probe.refused(kind, answer.error().code());
  co_return answer;
}

asio::awaitable<Result<AgencyApi::Package>> AgencyApi::take_package(Request& request) {
  return take_body(request, channel::kEnvelopeXml, limits::kEnvelopeBytesMax);
}

asio::awaitable<Result<AgencyApi::Package>> AgencyApi::take_body(Request& request,
                                                                 std::string_view type,
                                                                 std::size_t bytes_max) {
  TRUC_CO_TRY(require_type(request, type));
  // A body of unknown length may become as large as the limit; it takes that much of the budget.
  const auto length = request.body->length().value_or(bytes_max);
  if (length > bytes_max) {
    co_return Failure(ErrorCode::body_too_large)
        .expected("at most " + std::to_string(bytes_max) + " bytes")
        .found(std::to_string(length));
  }
  auto share = budget_.take(request.peer->text(), static_cast<std::size_t>(length));
  if (!share) co_return ErrorCode::busy;
  Result<std::string> bytes = co_await request.body->read_all(bytes_max);
  if (!bytes) co_return std::move(bytes).error();
  co_return Package(std::move(*share), std::move(bytes).value());
}

AgencyApi::Answer AgencyApi::lint(Request& request) {
  Result<Package> package = co_await take_package(request);
  if (!package) co_return std::move(package).error();
  auto check = [&] {
    return services_.admission.lint(*request.peer, std::move(package.value().bytes));
  };
  Result<FaultList> found = co_await services_.verifiers.run(request.peer->text(), check);
  if (!found) co_return std::move(found).error();
  co_return Response(200, std::string(channel::kJson), to_json(found.value()));
}

AgencyApi::Answer AgencyApi::accept(Request& request, edxml::PackageKind kind) {
  Result<Package> taken = co_await take_package(request);
  if (!taken) co_return std::move(taken).error();
  const auto began = std::chrono::steady_clock::now();
  const auto package = std::make_shared<Package>(std::move(taken).value());
  std::function<Result<AcceptedDocument>()> admit = [this, package, peer = request.peer, kind] {
    auto accepted = services_.admission.admit(*peer, std::move(package->bytes), kind);
    if (accepted) package->levels = levels_of(accepted.value().record().addressees);
    return accepted;
  };
  Result<Durable> durable = co_await make_durable(services_.shared.store, services_.verifiers,
                                                  request.peer->text(), std::move(admit));
  // One that was given up at its deadline still holds its bytes.
  const bool is_given_up = !durable && durable.error().code() == ErrorCode::deadline_exceeded;
  if (!is_given_up) package->share.reset();
  if (!durable) co_return std::move(durable).error();
  services_.probe.accepted(kind, durable.value(), package->levels,
                           std::chrono::steady_clock::now() - began);
  co_return receipt_response(durable.value());
}

AgencyApi::Answer AgencyApi::mailbox(Request& request) {
  TRUC_CO_TRY(const auto wait, whole_number(request.target, "wait", 0, 0,
                                            std::chrono::seconds(limits::kLongPollMax).count()));
  TRUC_CO_TRY(const auto max, whole_number(request.target, "max", limits::kMailboxPageMax, 1,
                                           limits::kMailboxPageMax));
  TRUC_CO_TRY(const auto items, whole_number(request.target, "items", 0, 0, kPageItemsBytesMax));
  std::vector<AgencyCode> agencies;
  {
    const View view(services_.shared, *request.peer);
    agencies = view.acting.codes();
    if (const auto only = request.target.parameter("agency")) {
      TRUC_CO_TRY(const auto code, AgencyCode::parse(*only));
      if (!view.acting.acts_for(code)) co_return ErrorCode::not_found;
      agencies = all_codes(*view.directory, code);
    }
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(wait);
  const auto executor = co_await asio::this_coro::executor;
  TRUC_CO_TRY(const auto subscription, services_.signals.subscribe(agencies, executor));
  const PageSize most{.entries = max, .bytes = limits::kMailboxPageBytesMax, .items_bytes = items};
  const auto list = [&]() -> Result<std::optional<std::string>> {
    TRUC_TRY(const auto entries, services_.shared.store.mailbox(agencies, most));
    if (entries.empty()) return std::optional<std::string>();
    return std::optional(mailbox_json(entries));
  };
  while (true) {  // ends: an entry, the deadline, or a failure
    const auto place = place_of(request);
    if (place.where == Place::Where::nowhere) co_return ErrorCode::cut_off;
    if (place.where == Place::Where::elsewhere)
      co_return Failure(ErrorCode::served_elsewhere).expected(place.address);
    Result<std::optional<std::string>> page = co_await services_.readers.run(list);
    if (!page) co_return std::move(page).error();
    const bool is_late = std::chrono::steady_clock::now() >= until;
    if (page.value() || is_late)
      co_return Response(200, std::string(channel::kJson),
                         std::move(page.value()).value_or(mailbox_json({})));
    auto woken = co_await subscription->wait(until);
    if (!woken) co_return std::move(woken).error();
  }
}

AgencyApi::Answer AgencyApi::take_delivered(Request& request) {
  return take_receipt(request, pki::ReceiptKind::delivered);
}

AgencyApi::Answer AgencyApi::take_registered(Request& request) {
  return take_receipt(request, pki::ReceiptKind::registered);
}

AgencyApi::Answer AgencyApi::take_receipt(Request& request, pki::ReceiptKind kind) {
  TRUC_CO_TRY(const auto delivery, DeliveryId::parse(request.target.segments[2]));
  TRUC_CO_TRY(require_type(request, channel::kReceiptJson));
  Result<std::string> text = co_await request.body->read_all(limits::kHttpSmallBodyBytesMax);
  if (!text) co_return std::move(text).error();
  std::function<Result<std::optional<RecipientReceipt>>()> check =
      [this, delivery, kind, peer = request.peer, body = std::move(text).value()] {
        return services_.receipts.check(*peer, delivery, kind, body);
      };
  Result<std::optional<Durable>> durable = co_await make_durable(
      services_.shared.store, services_.verifiers, request.peer->text(), std::move(check));
  if (!durable) co_return std::move(durable).error();
  if (durable.value() && durable.value()->outcome() == Durable::Outcome::stored) {
    TRUC_CO_TRY(count_receipt(delivery, kind));
  }
  co_return empty_object();
}

Result<void> AgencyApi::count_receipt(const DeliveryId& delivery, pki::ReceiptKind kind) {
  TRUC_TRY(const auto record, services_.shared.store.transfer(delivery.transfer));
  services_.probe.receipt_stored(kind, record->addressees[delivery.index].level);
  return success();
}

AgencyApi::Answer AgencyApi::confirm(Request& request) {
  Result<Package> body =
      co_await take_body(request, channel::kPlainText, pki::kConfirmationsBytesMax);
  if (!body) co_return std::move(body).error();
  const auto package = std::make_shared<Package>(std::move(body).value());
  TRUC_CO_TRY(auto told, pki::parse_confirmations(package->bytes));
  package->bytes = std::string();  // its share is that of what was read out of it now
  std::vector<std::pair<DeliveryId, std::optional<pki::ReceiptKind>>> what;
  for (const pki::Confirmation& one : told) what.emplace_back(one.delivery, one.kind);
  std::function<std::vector<Result<Confirming>>()> make =
      [this, package, peer = request.peer, confirmations = std::move(told)]() mutable {
        return check(*peer, std::move(confirmations));
      };
  Result<Confirmed> confirmed = co_await make_durable(services_.shared.store, services_.verifiers,
                                                      request.peer->text(), std::move(make));
  if (!confirmed) co_return std::move(confirmed).error();
  const Place place = place_of(request);
  JsonArray outcomes;
  for (std::size_t i = 0; i < what.size(); ++i) {
    const auto& outcome = confirmed.value()[i];
    if (!outcome && is_not_here(outcome.error()) && place.where == Place::Where::elsewhere)
      co_return outcome.error();  // asked again there, it is told of each once more
    outcomes.raw(outcome ? "{}" : to_problem_json(outcome.error()));
    const bool is_new =
        outcome && outcome.value() && outcome.value()->outcome() == Durable::Outcome::stored;
    if (!is_new || !what[i].second) continue;
    TRUC_CO_TRY(count_receipt(what[i].first, *what[i].second));
  }
  JsonObject answer;
  answer.raw("outcomes", std::move(outcomes).finish());
  co_return Response(200, std::string(channel::kJson), std::move(answer).finish());
}

std::vector<Result<Confirming>> AgencyApi::check(const pki::PeerIdentity& peer,
                                                 std::vector<pki::Confirmation> confirmations) {
  const View view(services_.shared, peer);
  const auto one = [&](pki::Confirmation& confirmation) -> Result<Confirming> {
    if (!confirmation.kind) {
      TRUC_TRY(require_takes_off(view, confirmation.delivery));
      return Confirming(confirmation.delivery);
    }
    TRUC_TRY(auto receipt, services_.receipts.check(peer, confirmation.delivery, *confirmation.kind,
                                                    std::move(confirmation.receipt)));
    return receipt ? Confirming(std::move(*receipt)) : Confirming();
  };
  std::vector<Result<Confirming>> checked;
  checked.reserve(confirmations.size());
  for (pki::Confirmation& confirmation : confirmations) checked.push_back(one(confirmation));
  return checked;
}

AgencyApi::Answer AgencyApi::remove(Request& request) {
  TRUC_CO_TRY(const auto delivery, DeliveryId::parse(request.target.segments[2]));
  const View view(services_.shared, *request.peer);
  const auto look = [&] { return require_takes_off(view, delivery); };
  auto seen = co_await services_.readers.run(look);
  if (!seen) co_return std::move(seen).error();
  std::vector<DeliveryId> only(1, delivery);
  Result<Durable> durable = co_await acknowledge(services_.shared.store, std::move(only));
  if (!durable) co_return std::move(durable).error();
  co_return empty_object();
}

Result<void> AgencyApi::require_takes_off(const View& view, const DeliveryId& delivery) const {
  TRUC_TRY(const auto record, visible(view, delivery));
  if (record->kind == delivery::ItemKind::receipt) return success();
  return Failure(ErrorCode::method_not_allowed).expected("GET");
}

Result<std::shared_ptr<const TransferRecord>> AgencyApi::visible(const View& view,
                                                                 const DeliveryId& delivery) const {
  TRUC_TRY(auto record, services_.shared.store.transfer(delivery.transfer));
  if (record == nullptr || delivery.index >= record->addressees.size())
    return ErrorCode::delivery_unknown;
  if (!view.acting.acts_for(record->addressees[delivery.index].recipient))
    return ErrorCode::delivery_unknown;
  return record;
}

}  // namespace truc::hub
