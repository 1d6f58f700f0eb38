#include "pki/channel/head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>

#include "pki/channel/text.hpp"

namespace truc::channel {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    default:
      return status < 400 ? "Done" : "Refused";  // RFC 9112 clause 4: nobody reads it
  }
}

// RFC 9110 5.6.7: "Sun, 22 Nov 2026 07:42:32 GMT".
std::string http_date(std::chrono::system_clock::time_point time) {
  namespace chrono = std::chrono;
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = chrono::floor<chrono::seconds>(time);
  const auto day = chrono::floor<chrono::days>(seconds);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(seconds - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

bool is_framing(std::string_view name) {
  constexpr std::array<std::string_view, 4> kOurs = {"Content-Length", "Transfer-Encoding",
                                                     "Connection", "Date"};
  return std::any_of(kOurs.begin(), kOurs.end(),
                     [&](std::string_view ours) { return equal_without_case(name, ours); });
}

// Appends the caller's fields. Failure: `code`, with the name of the field that is not plain.
Result<void> append_fields(std::string& head, const Headers& headers, ErrorCode code) {
  for (const auto& [name, value] : headers.all()) {
    if (!is_field_name(name) || !is_field_value(value)) {
      return Failure(code).at("header").because("a field name or value that is not plain");
    }
    if (is_framing(name)) continue;
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  }
  return success();
}

// RFC 9110 6.4.1 and 8.6: answers that have no body and state no length.
bool has_no_body(int status) {
  return status == 204 || status == 304;
}

}  // namespace

std::string_view to_text(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::del:
      return "DELETE";
  }
  return "";
}

std::uint64_t body_length(const Response& response) {
  if (has_no_body(response.status)) return 0;
  if (response.shared_body) return response.shared_body->size();
  return response.source ? response.source_length : response.body.size();
}

Result<std::string> answer_head(const Response& response, After after) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason(response.status),
                  http_date(std::chrono::system_clock::now()));
  const auto append = [&head](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  };
  if (!is_field_value(response.content_type)) {
    return Failure(ErrorCode::internal).at("header").because("a content type that is not plain");
  }
  if (!response.content_type.empty()) append("Content-Type", response.content_type);
  if (!has_no_body(response.status))
    append("Content-Length", std::to_string(body_length(response)));
  if (!response.headers.find("Cache-Control")) append("Cache-Control", "no-store");
  TRUC_TRY(append_fields(head, response.headers, ErrorCode::internal));
  if (after == After::close) append("Connection", "close");
  head += "\r\n";
  return head;
}

Result<std::string> request_head(const ClientRequest& request, const ClientSettings& server) {
  const auto& target = request.target;
  if (target.empty() || target.front() != '/' ||
      !std::all_of(target.begin(), target.end(), is_target_character)) {
    return Failure(ErrorCode::malformed_request).at("target").expected("/path?parameters");
  }
  if (!is_field_value(request.content_type)) {
    return Failure(ErrorCode::malformed_request).at("Content-Type");
  }
  const bool bracket = server.host.find(':') != std::string::npos;  // an IPv6 address
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}{}{}:{}\r\n", to_text(request.method), target,
                  bracket ? "[" : "", server.host, bracket ? "]" : "", server.port);
  if (!request.content_type.empty()) {
    fmt::format_to(std::back_inserter(head), "Content-Type: {}\r\n", request.content_type);
  }
  const bool sends = request.method == Method::post || request.method == Method::put;
  if (request.body || sends) {
    const std::size_t length = request.body ? request.body->size() : 0;
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", length);
  }
  TRUC_TRY(append_fields(head, request.headers, ErrorCode::malformed_request));
  head += "\r\n";
  return head;
}

}  // namespace truc::channel
