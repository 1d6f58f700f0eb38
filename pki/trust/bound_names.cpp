#include "pki/trust/bound_names.hpp"

#include <algorithm>

namespace truc::pki {
namespace {

constexpr std::string_view kOurUris = "urn:truc:";

Failure unclear(std::string expected, std::string found) {
  return Failure(ErrorCode::certificate_identity)
      .expected(std::move(expected))
      .found(std::move(found));
}

// Hubs and operators: up to 63 of a-z, 0-9, '.', '_' and '-', a letter or digit first.
bool is_name(std::string_view text) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 63 && letter_or_digit(text.front()) &&
         std::ranges::all_of(
             text, [&](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

template <class Id>
Result<void> add_code(std::vector<Id>& to, std::string_view text, const std::string& uri) {
  auto id = Id::parse(text);
  if (!id) return unclear("a code after the last colon", uri);
  to.push_back(std::move(id).value());
  return success();
}

Result<void> add_name(std::vector<std::string>& to, std::string_view text, const std::string& uri) {
  if (!is_name(text)) return unclear("a name after the last colon", uri);
  to.emplace_back(text);
  return success();
}

Result<void> add(BoundNames& names, const std::string& uri) {
  const auto after = [&uri](std::string_view kind) {
    return std::string_view(uri).substr(kind.size());
  };
  if (uri.starts_with(kSystemUri)) return add_code(names.systems, after(kSystemUri), uri);
  if (uri.starts_with(kAgencyUri)) return add_code(names.agencies, after(kAgencyUri), uri);
  if (uri.starts_with(kHubUri)) return add_name(names.hubs, after(kHubUri), uri);
  if (uri.starts_with(kOperatorUri)) return add_name(names.operators, after(kOperatorUri), uri);
  return unclear("a name of PR-TRUST", uri);
}

}  // namespace

Result<BoundNames> read_bound_names(const Certificate& certificate) {
  BoundNames names;
  for (const auto& uri : certificate.uris()) {
    if (!uri.starts_with(kOurUris)) continue;
    TRUC_TRY(add(names, uri));
  }
  return names;
}

}  // namespace truc::pki
