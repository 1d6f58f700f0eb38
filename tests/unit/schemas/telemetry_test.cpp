#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cstdio>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "schemas/base/clock.hpp"
#include "schemas/telemetry/line_quota.hpp"
#include "schemas/telemetry/line_text.hpp"
#include "schemas/telemetry/log.hpp"
#include "schemas/telemetry/metrics.hpp"

namespace truc::telemetry {
namespace {

using Catch::Matchers::Contains;

// Everything written to standard error while this lives.
class CapturedStderr {
 public:
  CapturedStderr() : file_(std::tmpfile()), original_(::dup(STDERR_FILENO)) {
    REQUIRE(file_ != nullptr);
    REQUIRE(original_ >= 0);
    REQUIRE(::dup2(::fileno(file_), STDERR_FILENO) >= 0);
  }
  ~CapturedStderr() {
    ::dup2(original_, STDERR_FILENO);
    ::close(original_);
    std::fclose(file_);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  std::vector<std::string> lines() const {
    std::string text(static_cast<std::size_t>(::lseek(::fileno(file_), 0, SEEK_END)), '\0');
    const auto got = ::pread(::fileno(file_), text.data(), text.size(), 0);
    REQUIRE(got == static_cast<ssize_t>(text.size()));
    std::istringstream in(text);
    std::vector<std::string> result;
    for (std::string line; std::getline(in, line);) result.push_back(line);
    return result;
  }

 private:
  std::FILE* file_;
  int original_;
};

boost::json::object only_line(const CapturedStderr& captured) {
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  return boost::json::parse(lines.front()).as_object();
}

}  // namespace

TEST_CASE("an event is one JSON line with time, level, name and fields", "[telemetry][log]") {
  const CapturedStderr captured;
  Log log(LogLevel::debug);
  log.info(
      "document.accepted",
      {{"sender", "G22"}, {"recipients", 3}, {"bytes", std::uint64_t{6'144}}, {"fresh", true}});
  const auto line = only_line(captured);
  CHECK(parse_rfc3339(std::string(line.at("time").as_string())).has_value());
  CHECK(line.at("level") == "info");
  CHECK(line.at("event") == "document.accepted");
  CHECK(line.at("sender") == "G22");
  CHECK(line.at("recipients") == 3);
  CHECK(line.at("bytes") == 6'144);
  CHECK(line.at("fresh") == true);
  CHECK(line.size() == 7);
}

TEST_CASE("events below the lowest level are not written", "[telemetry][log]") {
  const CapturedStderr captured;
  Log log(LogLevel::warn);
  log.debug("a.a");
  log.info("b.b");
  log.warn("c.c");
  log.error("d.d");
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0], Contains("\"level\":\"warn\",\"event\":\"c.c\""));
  CHECK_THAT(lines[1], Contains("\"level\":\"error\",\"event\":\"d.d\""));
}

TEST_CASE("a failure is written in its parts, without the empty ones", "[telemetry][log]") {
  const CapturedStderr captured;
  Log log(LogLevel::info);
  log.warn("delivery.refused",
           {{"failure", Failure(ErrorCode::malformed_time).at("X-Time").because("no digits")}});
  const auto line = only_line(captured);
  CHECK(line.at("failure.code") == "TRUC-1011");
  CHECK(line.at("failure.name") == "malformed_time");
  CHECK(line.at("failure.place") == "X-Time");
  CHECK(line.at("failure.detail") == "no digits");
  CHECK_FALSE(line.contains("failure.found"));
  CHECK_FALSE(line.contains("failure.expected"));
}

TEST_CASE("no value can break out of its line", "[telemetry][log]") {
  const std::string hostile = "a\nb\r\"},{\"level\":\"x\x01\\ {} %v \xC3";
  const CapturedStderr captured;
  Log log(LogLevel::info);
  log.error("peer.refused", {{"name", hostile}});
  const auto line = only_line(captured);
  CHECK(line.at("name") == "a\nb\r\"},{\"level\":\"x\x01\\ {} %v \xEF\xBF\xBD");
  CHECK(line.at("level") == "error");
}

TEST_CASE("lines of many threads do not mix", "[telemetry][log]") {
  constexpr int kThreads = 4;
  constexpr int kLines = 50;
  const CapturedStderr captured;
  Log log(LogLevel::info);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&log, thread] {
      for (int line = 0; line < kLines; ++line)
        log.info("test.line",
                 {{"thread", thread}, {"line", line}, {"filler", std::string(500, 'x')}});
    });
  for (auto& thread : threads) thread.join();
  log.flush();
  const auto lines = captured.lines();
  CHECK(lines.size() == kThreads * kLines);
  for (const auto& line : lines) REQUIRE(boost::json::parse(line).as_object().size() == 6);
}

TEST_CASE("a flood of one warning is cut, and how much of it is told", "[telemetry][log]") {
  LineQuota quota;
  const LineQuota::TimePoint start{};
  for (std::uint64_t i = 0; i < kLinesOfEventMax; ++i) REQUIRE(quota.ask("a", start).is_admitted);
  CHECK_FALSE(quota.ask("a", start).is_admitted);
  CHECK_FALSE(quota.ask("a", start + kLinesOfEventPer / 2).is_admitted);
  CHECK(quota.ask("b", start).is_admitted);
  const auto later = quota.ask("a", start + kLinesOfEventPer);
  CHECK(later.is_admitted);
  CHECK(later.left_out == 2);
  CHECK(quota.ask("a", start + kLinesOfEventPer).left_out == 0);
}

TEST_CASE("a flood of warnings and errors is not written, news are", "[telemetry][log]") {
  const CapturedStderr captured;
  Log log(LogLevel::info);
  constexpr auto kMany = 2 * kLinesOfEventMax;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    log.warn("test.warning");
    log.error("test.error");
    log.info("test.news");
  }
  log.flush();
  CHECK(captured.lines().size() == 2 * kLinesOfEventMax + kMany);
}

TEST_CASE("text for a line is valid UTF-8", "[telemetry][log]") {
  CHECK(line_text("Trục liên thông 📜") == "Trục liên thông 📜");
  CHECK(line_text("").empty());
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(line_text("\x80") == bad);
  CHECK(line_text("a\xC3") == "a" + bad);
  CHECK(line_text("\xC0\xAF") == bad + bad);                      // overlong
  CHECK(line_text("\xED\xA0\x80") == bad + bad + bad);            // surrogate
  CHECK(line_text("\xF4\x90\x80\x80") == bad + bad + bad + bad);  // above U+10FFFF
  CHECK(line_text("\xF5") == bad);
  CHECK(line_text("\xE1\xBB"
                  "x") == bad + bad + "x");
}

TEST_CASE("a text of the greatest length is kept, a longer one is cut between characters",
          "[telemetry][log]") {
  const std::string full(kLineTextBytesMax, 'x');
  CHECK(line_text(full) == full);
  CHECK(line_text(full + "y") == full + "…");
  const std::string before_wide(kLineTextBytesMax - 1, 'x');
  CHECK(line_text(before_wide + "ụ") == before_wide + "…");
}

TEST_CASE("a series shows zero from the moment it is asked for", "[telemetry][metrics]") {
  Metrics metrics;
  metrics.counter("truc_test_documents_total", "Documents.", {{"outcome", "refused"}});
  const std::string text = metrics.text();
  CHECK_THAT(text, Contains("# HELP truc_test_documents_total Documents.\n"
                            "# TYPE truc_test_documents_total counter\n"
                            "truc_test_documents_total{outcome=\"refused\"} 0\n"));
}

TEST_CASE("counters count, gauges follow, histograms gather", "[telemetry][metrics]") {
  using namespace std::chrono_literals;
  Metrics metrics;
  Counter documents = metrics.counter("truc_test_documents_total", "Documents.");
  documents.increment();
  documents.increment(41);
  CHECK(documents.value() == 42);

  Gauge depth = metrics.gauge("truc_test_queue_entries", "Entries.");
  depth.set(std::size_t{7});
  depth.increment();
  depth.decrement();
  depth.decrement();
  CHECK(depth.value() == 6);

  Histogram wait = metrics.histogram("truc_test_wait_seconds", "Waits.", {0.01, 0.1});
  wait.observe(10ms);
  wait.observe(50ms);
  wait.observe(2s);
  const std::string text = metrics.text();
  CHECK_THAT(text, Contains("truc_test_documents_total 42\n"));
  CHECK_THAT(text, Contains("truc_test_queue_entries 6\n"));
  CHECK_THAT(text, Contains("truc_test_wait_seconds_bucket{le=\"0.01\"} 1\n"));
  CHECK_THAT(text, Contains("truc_test_wait_seconds_bucket{le=\"0.1\"} 2\n"));
  CHECK_THAT(text, Contains("truc_test_wait_seconds_bucket{le=\"+Inf\"} 3\n"));
  CHECK_THAT(text, Contains("truc_test_wait_seconds_count 3\n"));
}

TEST_CASE("the same name and labels are the same series", "[telemetry][metrics]") {
  Metrics metrics;
  metrics.counter("truc_test_total", "Things.", {{"kind", "a"}}).increment();
  metrics.counter("truc_test_total", "Things.", {{"kind", "a"}}).increment();
  metrics.counter("truc_test_total", "Things.", {{"kind", "b"}}).increment();
  CHECK(metrics.counter("truc_test_total", "Things.", {{"kind", "a"}}).value() == 2);
  CHECK(metrics.counter("truc_test_total", "Things.", {{"kind", "b"}}).value() == 1);
}

TEST_CASE("the latency buckets rise", "[telemetry][metrics]") {
  const auto bounds = latency_buckets();
  for (std::size_t index = 1; index < bounds.size(); ++index)
    CHECK(bounds[index - 1] < bounds[index]);
}

}  // namespace truc::telemetry
