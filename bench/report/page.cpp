#include "bench/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

namespace truc::bench {
namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 220;
constexpr int kMargin = 48;
constexpr int kBarHeight = 18;
constexpr int kLabelWidth = 130;
constexpr double kNines = 4;  // the plot ends at the slowest of 10,000

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}code{font-size:.9em}"
    "svg{display:block;margin:1rem 0}svg text{font:12px system-ui,sans-serif;fill:#333}"
    ".void{background:#b00020;color:#fff;padding:.6rem 1rem}";

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string text_of(const boost::json::value& value) {
  if (value.is_string()) return escaped(std::string_view(value.get_string()));
  if (value.is_double()) return fmt::format("{:.4g}", value.get_double());
  return escaped(boost::json::serialize(value));
}

std::string text_at(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? std::string() : text_of(*value);
}

double number(const boost::json::value& value) {
  boost::system::error_code error;
  const double read = value.to_number<double>(error);
  return error ? 0 : read;
}

std::string figures_table(const boost::json::object& object) {
  std::string rows;
  for (const auto& [name, value] : object) {
    if (value.is_number() && name != "truc_bench")
      rows += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n",
                          escaped(std::string_view(name)), text_of(value));
  }
  return rows.empty() ? std::string() : "<table>\n" + rows + "</table>\n";
}

// Latency over percentiles, so that the slow ones have room.
std::string latency_plot(std::string_view title, const boost::json::array& distribution) {
  double slowest = 0;
  for (const auto& point : distribution) slowest = std::max(slowest, number(point.at(0)));
  std::string line;
  for (const auto& point : distribution) {
    const double left = std::max(1 - number(point.at(1)), std::pow(10, -kNines));
    const double x = kMargin + -std::log10(left) / kNines * (kWidth - 2 * kMargin);
    const double share = slowest > 0 ? number(point.at(0)) / slowest : 0;
    const double y = kHeight - kMargin - share * (kHeight - 2 * kMargin);
    line += fmt::format("{:.1f},{:.1f} ", x, y);
  }
  std::string marks;
  for (int nines = 0; nines <= static_cast<int>(kNines); ++nines) {
    const double x = kMargin + nines / kNines * (kWidth - 2 * kMargin);
    marks += fmt::format("<text x=\"{:.0f}\" y=\"{}\" text-anchor=\"middle\">{:g} %</text>", x,
                         kHeight - kMargin + 18, 100 * (1 - std::pow(10, -nines)));
  }
  return fmt::format(
      "<svg width=\"{0}\" height=\"{1}\" role=\"img\"><text x=\"{2}\" y=\"16\">{3}, milliseconds "
      "by share of documents that were not slower</text>"
      "<path d=\"M{2} {4}V{5}H{6}\" fill=\"none\" stroke=\"#999\"/>"
      "<text x=\"{2}\" y=\"{7}\">{8:.1f} ms</text>{9}"
      "<polyline points=\"{10}\" fill=\"none\" stroke=\"#1565c0\" stroke-width=\"2\"/></svg>\n",
      kWidth, kHeight, kMargin, escaped(title), kMargin, kHeight - kMargin, kWidth - kMargin,
      kMargin - 6, slowest, marks, line);
}

struct Bar {
  std::string name;
  double us = 0;
};

std::string bars_plot(std::string_view title, const std::vector<Bar>& bars) {
  double longest = 0;
  for (const Bar& bar : bars) longest = std::max(longest, bar.us);
  std::string drawn;
  int y = 28;
  for (const Bar& bar : bars) {
    const double width = longest > 0 ? bar.us / longest * (kWidth - kLabelWidth - 2 * kMargin) : 0;
    drawn += fmt::format(
        "<text x=\"0\" y=\"{}\">{}</text><rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" "
        "fill=\"#1565c0\"/><text x=\"{:.1f}\" y=\"{}\">{:.1f} µs</text>",
        y + 13, escaped(bar.name), kLabelWidth, y, width, kBarHeight - 4, kLabelWidth + width + 6,
        y + 13, bar.us);
    y += kBarHeight;
  }
  return fmt::format(
      "<svg width=\"{}\" height=\"{}\" role=\"img\"><text x=\"0\" y=\"16\">{}</text>{}</svg>\n",
      kWidth, y + 6, escaped(title), drawn);
}

std::string floor_plot(const boost::json::object& result) {
  const auto* floor = result.if_contains("floor");
  if (floor == nullptr || !floor->is_object()) return {};
  const auto* steps = floor->get_object().if_contains("steps");
  if (steps == nullptr || !steps->is_array()) return {};
  std::vector<Bar> bars;
  for (const auto& step : steps->get_array())
    bars.push_back(Bar{std::string(step.at("name").as_string()), number(step.at("us"))});
  return bars_plot("The floor: what no hub can do without, of one document", bars);
}

std::string stages_plot(const boost::json::object& result) {
  const auto* stages = result.if_contains("stages");
  if (stages == nullptr || !stages->is_object()) return {};
  std::vector<Bar> bars;
  for (const auto& [name, stage] : stages->get_object())
    bars.push_back(Bar{std::string(name), number(stage.at("us"))});
  return bars_plot("Where the hub's processor time goes, of one document", bars);
}

std::string latency_plots(const boost::json::object& result) {
  std::string plots;
  for (const auto& [name, value] : result) {
    if (!value.is_object()) continue;
    const auto* distribution = value.get_object().if_contains("distribution");
    if (distribution != nullptr && distribution->is_array())
      plots += latency_plot(name, distribution->get_array());
  }
  return plots;
}

std::string void_banner(const boost::json::object& result) {
  const auto* is_void = result.if_contains("void");
  if (is_void == nullptr || !is_void->is_bool() || !is_void->get_bool()) return {};
  return "<p class=\"void\">This run is void: " + text_at(result, "void_reasons") + "</p>\n";
}

std::string section(const boost::json::object& result) {
  std::string html = "<h2>" + text_at(result, "command") + "</h2>\n" + void_banner(result);
  html += "<p>" + text_at(result, "at") + ", " + text_at(result, "version") + "<br><code>" +
          text_at(result, "command_line") + "</code></p>\n";
  if (const auto* machine = result.if_contains("machine"); machine && machine->is_object()) {
    const auto& facts = machine->get_object();
    html += "<p>" + text_at(facts, "processor") + ", " + text_at(facts, "processors") +
            " processors, " + text_at(facts, "kernel") + ", load before the run " +
            text_at(facts, "load_before") + "</p>\n";
  }
  html += figures_table(result) + latency_plots(result) + stages_plot(result) + floor_plot(result);
  return html;
}

}  // namespace

Result<boost::json::object> read_result(const std::string& file) {
  std::ifstream in(file);
  if (!in) return Failure(ErrorCode::file_failed).at(file);
  std::stringstream text;
  text << in.rdbuf();
  boost::system::error_code error;
  auto value = boost::json::parse(text.str(), error);
  if (!error && value.is_object() && value.get_object().contains("truc_bench"))
    return std::move(value.get_object());
  return Failure(ErrorCode::malformed_record).at(file).expected("a result of truc-bench");
}

std::string make_page(std::span<const boost::json::object> results) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>truc-bench</title>"
      "<style>";
  html += kStyle;
  html += "</style></head><body>\n<h1>truc-bench</h1>\n";
  for (const auto& result : results) html += section(result);
  return html + "</body></html>\n";
}

}  // namespace truc::bench
