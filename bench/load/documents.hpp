// Documents that are written and signed before a run, so that the run pays for nothing but sending.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/client_loop.hpp"
#include "bench/nation/nation.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::bench {

// An agency with a connected system of its own.
struct Sender {
  const Unit* unit = nullptr;  // of a Nation that outlives it
  Identity tls;
  pki::Credential signing;
};

struct DocumentPlan {
  std::size_t count = 0;
  std::size_t recipients = 3;           // of each document, all different, of any level
  std::size_t bytes = 6 * 1'024;        // of the signed package, about: filled with an attachment
  std::string run;                      // part of every DocumentId, so that runs do not meet
  std::vector<const Unit*> among = {};  // who may be a recipient; empty: every unit
  std::vector<edxml::BesideAttachment> beside = {};  // named by every document
};

// A signed package within the request that submits it.
struct SignedDocument {
  std::size_t sender = 0;  // position among the senders
  DocumentId id;
  std::vector<AgencyCode> recipients;
  RequestText request;
  std::size_t body_begin = 0;

  std::string_view bytes() const { return std::string_view(*request).substr(body_begin); }
};

// Told how many are signed, now and then, by the calling thread.
using Signed = std::function<void(std::size_t)>;

// On all processors. The senders take turns. Failures: those of writing and signing.
Result<std::vector<SignedDocument>> sign_documents(const Nation& nation,
                                                   const std::vector<Sender>& senders,
                                                   const edxml::Rules& rules,
                                                   const DocumentPlan& plan, const Signed& told);

// `count` units, spread over all levels in the nation's proportions, as senders. Failures: those of
// issuing.
Result<std::vector<Sender>> make_senders(const Nation& nation, Authority& authority,
                                         std::size_t count);

}  // namespace truc::bench
