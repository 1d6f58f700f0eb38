#include "hub/api/routes.hpp"

namespace truc::hub {

bool matches(std::string_view path, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (path.empty()) return false;
    path.remove_prefix(1);  // the slash
    const std::string_view wanted = path.substr(0, path.find('/'));
    if (!wanted.starts_with('{') && wanted != segment) return false;
    path.remove_prefix(wanted.size());
  }
  return path.empty() || path == "/";
}

std::string route_text(channel::Method method, std::string_view path) {
  return std::string(channel::to_text(method)) + ' ' + std::string(path);
}

channel::Response refusal(const Failure& failure) {
  auto response = channel::to_response(failure);
  if (failure.code() == ErrorCode::method_not_allowed)
    response.headers.set("Allow", failure.expected());
  if (failure.code() == ErrorCode::served_elsewhere)
    response.headers.set("Location", "https://" + failure.expected() + "/");
  return response;
}

}  // namespace truc::hub
