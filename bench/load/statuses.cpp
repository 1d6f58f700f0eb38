#include "bench/load/statuses.hpp"

#include "pki/signature/sign.hpp"
#include "schemas/edxml/write.hpp"

namespace truc::bench {
namespace {

Result<SignedStatus> sign_status(const SignedDocument& document, const Correspondents& who,
                                 const edxml::Rules& rules, const StatusPlan& plan) {
  const Receiver& receiver = who.receivers[plan.receiver];
  const edxml::ResponseFor about{.organ_id = who.senders[document.sender].unit->code,
                                 .code = document.code,
                                 .promulgation_date = std::nullopt,
                                 .document_id = document.id};
  const edxml::StatusContent content{.response_for = about,
                                     .from = party_of(*receiver.unit),
                                     .code = plan.code,
                                     .description = {},
                                     .staff = {},
                                     .timestamp = SystemClock().now(),
                                     .derived_id = document.id};
  TRUC_TRY(auto bytes, edxml::write_status(content));
  TRUC_TRY(auto untrusted, edxml::read_envelope(std::move(bytes)));
  DocumentId id = untrusted.content().id();
  TRUC_TRY(auto valid, rules.check(std::move(untrusted)));
  TRUC_TRY(const auto signed_bytes, pki::sign_envelope(std::move(valid), receiver.signing));
  return SignedStatus{plan.receiver, std::move(id), receiver.unit->code,
                      make_request("POST", "/v1/statuses", "application/xml", signed_bytes)};
}

}  // namespace

Result<void> add_statuses(std::vector<SignedDocument>& documents, const Correspondents& who,
                          std::span<const StatusPlan> plans, const Made& told) {
  TRUC_TRY(const auto rules, edxml::Rules::load());
  TRUC_TRY(auto statuses, make_in_parallel<SignedStatus>(
                              plans.size(),
                              [&](std::size_t i) {
                                return sign_status(documents[plans[i].document], who, rules,
                                                   plans[i]);
                              },
                              told));
  for (std::size_t i = 0; i < plans.size(); ++i)
    documents[plans[i].document].statuses.push_back(std::move(statuses[i]));
  return success();
}

}  // namespace truc::bench
