#include "pki/channel/http.hpp"

#include <algorithm>

#include "pki/channel/text.hpp"
#include "schemas/base/problem.hpp"

namespace truc::channel {

void Headers::set(std::string name, std::string value) {
  std::erase_if(fields_, [&](const auto& field) { return equal_without_case(field.first, name); });
  add(std::move(name), std::move(value));
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [field, value] : fields_) {
    if (!equal_without_case(field, name)) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

asio::awaitable<Result<std::string>> BodyReader::read_all(std::size_t max) {
  constexpr std::size_t kPiece = 64 * limits::kKiB;
  const auto too_large = [max] {
    return Failure(ErrorCode::body_too_large)
        .at("body")
        .expected("at most " + std::to_string(max) + " bytes");
  };
  const auto stated = length();
  if (stated && *stated > max) co_return too_large().found(std::to_string(*stated) + " bytes");

  std::string whole;
  while (true) {  // ends at the body's end, at a failure, or one piece past `max`
    Result<std::string> piece = co_await read_some(kPiece);
    if (!piece) co_return std::move(piece).error();
    if (piece.value().empty()) co_return whole;
    if (whole.size() + piece.value().size() > max) co_return too_large();
    if (piece.value().size() == stated) co_return std::move(piece).value();
    if (whole.empty() && stated) whole.reserve(static_cast<std::size_t>(*stated));
    whole += piece.value();
  }
}

Response to_response(const Failure& failure) {
  constexpr auto kRetryAfter = "5";  // seconds: longer than a restart's first refusals, and short
  const auto& entry = describe(failure.code());
  Response response(entry.http_status, std::string(kProblemJson), to_problem_json(failure));
  if (entry.retry == Retry::later) response.headers.set("Retry-After", kRetryAfter);
  return response;
}

}  // namespace truc::channel
