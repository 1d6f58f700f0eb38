// One question to the hub, for commands that ask and end.
#pragma once

#include <functional>

#include "edge-adapter/app/config.hpp"
#include "edge-adapter/uplink/hub.hpp"

namespace truc::edge {

using HubQuestion = std::function<asio::awaitable<Result<std::string>>(Hub& hub)>;

// Blocks until the answer or the client's deadline. Failures: those of the hub, and of the
// configuration's files.
Result<std::string> ask_hub(const EdgeConfig& config, HubQuestion question);

}  // namespace truc::edge
