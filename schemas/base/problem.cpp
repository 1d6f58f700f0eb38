#include "schemas/base/problem.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "schemas/base/utf8.hpp"

namespace truc {
namespace {

std::string code_text(const ErrorEntry& entry) {
  return fmt::format("{}{}", kErrorPrefix, static_cast<int>(entry.code));
}

}  // namespace

std::string to_problem_json(const Failure& failure) {
  const auto& entry = describe(failure.code());
  boost::json::object problem;
  problem["type"] = fmt::format("urn:truc:error:{}", entry.name);
  problem["title"] = entry.text_en;
  problem["status"] = entry.http_status;
  problem["code"] = code_text(entry);
  problem["name"] = entry.name;
  problem["retry"] = entry.retry == Retry::later;
  problem["text"] = boost::json::object{{"vi", entry.text_vi}, {"en", entry.text_en}};
  problem["remedy"] = boost::json::object{{"vi", entry.remedy_vi}, {"en", entry.remedy_en}};
  if (!failure.place().empty()) problem["place"] = as_utf8(failure.place());
  if (!failure.expected().empty()) problem["expected"] = as_utf8(failure.expected());
  if (!failure.found().empty()) problem["found"] = as_utf8(failure.found());
  return boost::json::serialize(problem);
}

std::string to_text(const Failure& failure, Language language) {
  const bool vi = language == Language::vietnamese;
  const auto& entry = describe(failure.code());
  std::string text = fmt::format("{} {}", code_text(entry), vi ? entry.text_vi : entry.text_en);
  const auto line = [&text](std::string_view label, std::string_view value) {
    if (!value.empty()) text += fmt::format("\n  {}: {}", label, as_utf8(value));
  };
  line(vi ? "tại" : "at", failure.place());
  line(vi ? "cần" : "expected", failure.expected());
  line(vi ? "thấy" : "found", failure.found());
  line(vi ? "cách sửa" : "what to do", vi ? entry.remedy_vi : entry.remedy_en);
  return text;
}

std::string to_log_line(const Failure& failure) {
  const auto& entry = describe(failure.code());
  std::string text = fmt::format("{} {}", code_text(entry), entry.name);
  if (!failure.place().empty()) text += fmt::format(" at {}", failure.place());
  if (!failure.expected().empty()) text += fmt::format(": expected {}", failure.expected());
  if (!failure.found().empty()) text += fmt::format(", found {}", failure.found());
  if (!failure.detail().empty()) text += fmt::format(" ({})", failure.detail());
  return text;
}

}  // namespace truc
