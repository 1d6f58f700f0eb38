#include "bench/traffic/traffic.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "bench/traffic/figures.hpp"

using namespace truc;
using namespace truc::bench;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kSample = 20'000;  // documents, evenly over the 18 months

const Nation& nation() {
  static const Nation nation(kUnitsOf2020);
  return nation;
}

const Traffic& traffic() {
  static const Traffic traffic(take_provinces(nation(), kUnitsOf2020), 1);
  return traffic;
}

const std::vector<Sending>& sample() {
  static const auto sample = [] {
    std::vector<Sending> sendings;
    for (std::size_t i = 0; i < kSample; ++i)
      sendings.push_back(traffic().sending(i * (figures::kDocuments / kSample)));
    return sendings;
  }();
  return sample;
}

// The mean of `figure` over the sample.
template <class Figure>
double mean(Figure figure) {
  double sum = 0;
  for (const Sending& one : sample()) sum += static_cast<double>(figure(one));
  return sum / kSample;
}

bool same(const Sending& one, const Sending& other) {
  return one.due == other.due && one.sender == other.sender && one.recipients == other.recipients &&
         one.statuses == other.statuses && one.bytes == other.bytes &&
         one.priority == other.priority;
}

}  // namespace

TEST_CASE("the calendar spreads all documents over the 18 months and no others",
          "[bench][calendar]") {
  const Calendar calendar(figures::kDocuments);
  CHECK(calendar.before(figures::kBegin) == 0);
  CHECK(calendar.before(figures::kEnd) == Approx(2'500'000));
  CHECK(calendar.before(figures::kEnd + 24h) == 2'500'000);
  CHECK(calendar.before(figures::kBegin - 24h) == 0);
  CHECK(calendar.at(0) >= figures::kBegin);
  CHECK(calendar.at(2'500'000) == HanoiTime(figures::kEnd));
}

TEST_CASE("when so many documents are sent and how many are sent until then agree",
          "[bench][calendar]") {
  const Calendar calendar(figures::kDocuments);
  for (const double sent : {0.5, 1'000.0, 1'250'000.0, 2'499'999.5})
    CHECK(calendar.before(calendar.at(sent)) == Approx(sent).margin(0.1));
}

TEST_CASE("a day has its peaks in the morning and in the afternoon", "[bench][calendar]") {
  const Calendar calendar(figures::kDocuments);
  const HanoiTime monday = std::chrono::local_days(2020y / std::chrono::August / 24);
  const auto sent = [&](int from, int until) {
    return calendar.before(monday + std::chrono::hours(until)) -
           calendar.before(monday + std::chrono::hours(from));
  };
  const double day = sent(0, 24);
  CHECK(day > 5'000);
  CHECK(sent(8, 10) + sent(14, 16) > day / 2);
  CHECK(sent(0, 6) < day / 100);
  CHECK(sent(5 * 24, 7 * 24) < day / 10);  // the weekend that follows
}

TEST_CASE("the last month has several times as many documents as the first", "[bench][calendar]") {
  const Calendar calendar(figures::kDocuments);
  const double first = calendar.before(figures::kBegin + 28 * 24h);
  const double last = 2'500'000 - calendar.before(figures::kEnd - 28 * 24h);
  CHECK(last / first == Approx(4.4).margin(0.4));
}

TEST_CASE("2.5 million documents are about 7 million deliveries", "[bench][traffic]") {
  CHECK(mean([](const Sending& one) { return one.recipients.size(); }) == Approx(2.8).margin(0.35));
  CHECK(mean([](const Sending& one) { return one.recipients.size() == 1; }) ==
        Approx(0.498).margin(0.02));
  CHECK(mean([](const Sending& one) { return one.recipients.size() >= 50; }) ==
        Approx(0.004).margin(0.002));
}

TEST_CASE("recipients differ, and none of them is the sender", "[bench][traffic]") {
  for (const Sending& one : sample()) {
    const std::set<std::size_t> recipients(one.recipients.begin(), one.recipients.end());
    REQUIRE(recipients.size() == one.recipients.size());
    REQUIRE_FALSE(recipients.contains(one.sender));
    REQUIRE(*recipients.rbegin() < kUnitsOf2020);
    REQUIRE(one.statuses.size() == one.recipients.size());
  }
}

TEST_CASE("few units send most", "[bench][traffic]") {
  std::vector<double> activities;
  for (std::size_t i = 0; i < kUnitsOf2020; ++i)
    activities.push_back(traffic().relations().activity(i));
  std::ranges::sort(activities, std::greater());
  double busiest = 0;
  for (std::size_t i = 0; i < kUnitsOf2020 / 10; ++i) busiest += activities[i];
  CHECK(busiest > 0.6);
  CHECK(activities.front() < 0.1);
  CHECK(activities.back() > 0);
}

TEST_CASE("each level sends its share", "[bench][traffic]") {
  const auto units = take_provinces(nation(), kUnitsOf2020);
  for (const Level level : kLevels) {
    const double share =
        mean([&](const Sending& one) { return units[one.sender]->level == level; });
    CHECK(share ==
          Approx(figures::kSentByLevel[static_cast<std::size_t>(number(level)) - 1]).margin(0.02));
  }
}

TEST_CASE("documents with one recipient go up, down and sideways, seldom elsewhere",
          "[bench][traffic]") {
  std::map<Relations::Direction, double> ways;
  double all = 0;
  for (const Sending& one : sample()) {
    if (one.recipients.size() != 1) continue;
    ++ways[traffic().relations().direction(one.sender, one.recipients.front())];
    ++all;
  }
  using enum Relations::Direction;
  CHECK(ways[up] / all == Approx(figures::kUp * 0.8).margin(0.05));  // level one has none above
  CHECK(ways[down] / all == Approx(figures::kDown * 0.65).margin(0.12));  // level four none below
  CHECK(ways[sideways] / all == Approx(figures::kSideways).margin(0.05));
  CHECK(ways[elsewhere] / all < 0.35);
}

TEST_CASE("most envelopes are small and a few are large", "[bench][traffic]") {
  CHECK(mean([](const Sending& one) { return one.bytes < 9 * 1'024; }) ==
        Approx(0.90).margin(0.02));
  CHECK(mean([](const Sending& one) { return one.bytes > 60 * 1'024; }) ==
        Approx(0.01).margin(0.005));
  for (const Sending& one : sample()) REQUIRE(one.bytes < 400 * 1'024);
}

TEST_CASE("urgency and statuses have their shares", "[bench][traffic]") {
  for (const figures::Urgency& urgency : figures::kUrgencies) {
    const double share = mean([&](const Sending& one) { return one.priority == urgency.priority; });
    CHECK(share == Approx(urgency.share).margin(0.01));
  }
  std::array<double, 4> answered{};
  double all = 0;
  for (const Sending& one : sample()) {
    for (const auto count : one.statuses) ++answered.at(count);
    all += static_cast<double>(one.statuses.size());
  }
  CHECK(1 - answered[0] / all == Approx(0.40).margin(0.02));
  CHECK((answered[2] + answered[3]) / all == Approx(0.40 * 0.75).margin(0.02));
  CHECK(answered[3] / all == Approx(0.40 * 0.75 * 0.33).margin(0.02));
}

TEST_CASE("the same seed gives the same traffic, and another seed another", "[bench][traffic]") {
  const auto units = take_provinces(nation(), 400);
  const Traffic one(units, 7);
  const Traffic again(units, 7);
  const Traffic other(units, 8);
  std::size_t differing = 0;
  for (const std::size_t number : {5UL, 1'000UL, 2'499'999UL}) {
    CHECK(same(one.sending(number), again.sending(number)));
    if (!same(one.sending(number), other.sending(number))) ++differing;
  }
  CHECK(differing == 3);
}

TEST_CASE("documents are due one after the other", "[bench][traffic]") {
  HanoiTime last = figures::kBegin;
  for (std::size_t number = 1'000'000; number < 1'001'000; ++number) {
    const auto due = traffic().sending(number).due;
    REQUIRE(due >= last);
    last = due;
  }
}

TEST_CASE("a part of the nation is whole provinces, and two units can write to each other",
          "[bench][traffic]") {
  const auto part = take_provinces(nation(), 400);
  REQUIRE(part.size() == 400);
  std::map<Level, std::size_t> levels;
  std::set<AgencyCode> codes;
  for (const Unit* unit : part) {
    ++levels[unit->level];
    if (unit->parent) CHECK(codes.contains(*unit->parent));
    codes.insert(unit->code);
  }
  CHECK(levels.size() == 4);
  CHECK(levels[Level::one] <= 6);
  const Traffic least(take_provinces(nation(), 2), 1);
  for (std::size_t i = 0; i < 100; ++i) CHECK(least.sending(i).recipients.size() == 1);
}
