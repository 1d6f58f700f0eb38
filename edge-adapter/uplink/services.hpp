// What the tasks of the adapter work with; all of it outlives them.
#pragma once

#include <string>

#include "edge-adapter/bridge/identities.hpp"
#include "edge-adapter/bridge/prepare.hpp"
#include "edge-adapter/spool/inbound_store.hpp"
#include "edge-adapter/spool/ledger.hpp"
#include "edge-adapter/spool/outbound_store.hpp"
#include "edge-adapter/spool/sent_index.hpp"
#include "edge-adapter/uplink/confirmations.hpp"
#include "edge-adapter/uplink/hub.hpp"
#include "pki/channel/offload.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::edge {

struct Services {
  Files& files;
  OutboundStore& outbound;
  InboundStore& inbound;
  Ledger& ledger;
  SentIndex& sent_index;
  const Preparer& preparer;
  const edxml::Rules& rules;
  const IdentityBook& identities;
  Hub& hub;
  Confirmations& confirmations;
  channel::WorkerPool& pool;
  const Clock& clock;
  telemetry::Log& log;
  std::string hub_id;  // empty: any hub of our authority
};

}  // namespace truc::edge
