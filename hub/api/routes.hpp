// Which request is answered by whom: one table for each listener.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pki/channel/http.hpp"

namespace truc::hub {

// A path's segments; "{name}" stands for any one segment.
bool matches(std::string_view path, const std::vector<std::string>& segments);

std::string route_text(channel::Method method, std::string_view path);  // "GET /v1/health"

// A Route has a `method` and a `path`. Failures: not_found; method_not_allowed, which expects the
// methods that the path knows.
template <class Route>
Result<const Route*> find_route(std::span<const Route> routes, const channel::Request& request) {
  std::string known;
  for (const Route& route : routes) {
    if (!matches(route.path, request.target.segments)) continue;
    if (route.method == request.method) return &route;
    known += (known.empty() ? "" : ", ") + std::string(channel::to_text(route.method));
  }
  if (known.empty()) return Failure(ErrorCode::not_found);
  return Failure(ErrorCode::method_not_allowed).expected(std::move(known));
}

template <class Route>
std::vector<std::string> route_texts(std::span<const Route> routes) {
  std::vector<std::string> texts;
  for (const Route& route : routes) texts.push_back(route_text(route.method, route.path));
  return texts;
}

// The failure as an answer, with Allow where the method was the matter (RFC 9110 15.5.6), and with
// the origin of the hub that serves the peer as Location (15.5.20, 10.2.2).
channel::Response refusal(const Failure& failure);

}  // namespace truc::hub
