// Documents that are written and signed before a run, so that the run pays for nothing but sending.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/client_loop.hpp"
#include "bench/load/parallel.hpp"
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

// What one document is to be.
struct Letter {
  std::size_t number = 0;  // part of its DocumentId
  std::size_t sender = 0;  // position among the senders
  std::vector<const Unit*> recipients;
  std::size_t bytes = 6 * 1'024;  // of the signed package, about
  edxml::Priority priority = edxml::Priority::normal;
};

// A signed status package with which a recipient answers a document.
struct SignedStatus {
  std::size_t receiver = 0;  // position among the receivers
  DocumentId id;             // the derived one
  AgencyCode from;
  RequestText request;
};

// A signed package within the request that submits it.
struct SignedDocument {
  std::size_t sender = 0;  // position among the senders
  DocumentId id;
  edxml::Code code;
  std::vector<AgencyCode> recipients;
  edxml::Priority priority = edxml::Priority::normal;
  RequestText request;
  std::size_t body_begin = 0;
  std::vector<SignedStatus> statuses = {};  // those of one receiver in their order

  std::string_view bytes() const { return std::string_view(*request).substr(body_begin); }
};

// On all processors. The senders take turns. Failures: those of writing and signing.
Result<std::vector<SignedDocument>> sign_documents(const Nation& nation,
                                                   const std::vector<Sender>& senders,
                                                   const edxml::Rules& rules,
                                                   const DocumentPlan& plan, const Made& told);
// The same of documents that are told one by one; `run` is part of every DocumentId.
Result<std::vector<SignedDocument>> sign_letters(std::span<const Letter> letters,
                                                 const std::vector<Sender>& senders,
                                                 const edxml::Rules& rules, const std::string& run,
                                                 const Made& told);

edxml::Party party_of(const Unit& unit);

// `count` units, spread over all levels in the nation's proportions, as senders. Failures: those of
// issuing.
Result<std::vector<Sender>> make_senders(const Nation& nation, Authority& authority,
                                         std::size_t count);

}  // namespace truc::bench
