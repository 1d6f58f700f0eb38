// Every number of the traffic model. "Published" are those that the operator of the national axis
// told of its first 18 months; all others are assumptions, chosen so that the published ones hold.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "schemas/edxml/names.hpp"

namespace truc::bench::figures {

using namespace std::chrono_literals;

// --- Published: opened on 12/3/2019; 2.5 million documents until 1/9/2020. How many units there
// were on each level stands in nation.hpp.
constexpr std::chrono::local_days kBegin{2019y / std::chrono::March / 12};
constexpr std::chrono::local_days kEnd{2020y / std::chrono::September / 1};
constexpr std::size_t kDocuments = 2'500'000;

// --- Published: about 7 million deliveries, 2.8 of a document. Assumption: how they are spread.
// Half of the documents have one recipient; others one more with each toss; a few are circulars.
constexpr double kOneRecipient = 0.5;
constexpr double kOneMoreRecipient = 0.52;  // of those with several: the chance of a further one
constexpr double kCircular = 0.004;
constexpr std::size_t kCircularLeast = 50;  // recipients; log-uniform between the two
constexpr std::size_t kCircularMost = 500;

// --- Assumption: the share of each day's documents in its month's growth. The last day has five
// times as many as the first, and between them they grow by the same number each day.
constexpr double kGrowth = 5;

// --- Assumption: weights of the weekdays, Sunday first, and of the hours in Hanoi. Offices are
// open from 7:30 to 11:30 and from 13:30 to 17:00; most is sent from 8 to 10 and from 14 to 16.
constexpr std::array<double, 7> kWeekdays = {0.01, 1.05, 1.0, 1.0, 1.0, 0.95, 0.04};
constexpr std::array<double, 24> kHours = {0.02, 0.01, 0.01, 0.01, 0.01, 0.05, 0.3, 4,
                                           12,   13,   9,    5,    1,    5,    12,  13,
                                           10,   4,    1,    0.4,  0.3,  0.2,  0.1, 0.05};

// --- Assumption: which share of the documents units of each level send, and within a level an
// activity after Zipf: the n-th most active unit sends 1/n of what the first one does.
constexpr std::array<double, 4> kSentByLevel = {0.20, 0.45, 0.15, 0.20};
constexpr double kZipfExponent = 1;

// --- Assumption: where a document goes, seen from its sender. What a unit does not have (nothing
// is above a ministry, nothing below a commune) goes elsewhere in the nation.
constexpr double kUp = 0.35;
constexpr double kDown = 0.35;
constexpr double kSideways = 0.25;  // the same level of the same province; of provinces: any other

// --- Assumption: sizes of a signed envelope, log-uniform within each band.
struct Band {
  double share;
  std::size_t least;  // bytes
  std::size_t most;
};
constexpr std::array kSizes = {Band{0.90, 4 * 1'024, 9 * 1'024}, Band{0.09, 9 * 1'024, 60 * 1'024},
                               Band{0.01, 60 * 1'024, 400 * 1'024}};

// --- Assumption: urgency.
struct Urgency {
  edxml::Priority priority;
  double share;
};
constexpr std::array kUrgencies = {
    Urgency{edxml::Priority::normal, 0.85}, Urgency{edxml::Priority::urgent, 0.10},
    Urgency{edxml::Priority::very_urgent, 0.035}, Urgency{edxml::Priority::immediate, 0.012},
    Urgency{edxml::Priority::immediate_by_time, 0.003}};

// --- Assumption: which share of the deliveries is answered by a status "01 arrived"; of these by
// "03 registered" too; of these by "06 finished" too. They are sent one after the other, as soon as
// the hub has taken the one before.
constexpr double kArrived = 0.40;
constexpr double kRegistered = 0.75;
constexpr double kFinished = 0.33;

}  // namespace truc::bench::figures
