// The first lines of messages that we send, as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pki/channel/http.hpp"
#include "pki/channel/http_client.hpp"

namespace truc::channel {

enum class After : std::uint8_t { keep, close };  // what becomes of the connection

std::uint64_t body_length(const Response& response);

// Status line and fields, with Date, Content-Length and, unless the handler set it, Cache-Control:
// no-store. Content-Length, Transfer-Encoding and Connection are ours alone: a handler's are left
// out. Failure: internal when a field of the handler could break the message.
Result<std::string> answer_head(const Response& response, After after);

// Failure: malformed_request when the target or a field could break the message.
Result<std::string> request_head(const ClientRequest& request, const ClientSettings& server);

}  // namespace truc::channel
