#include "bench/traffic/cast.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace truc::bench {
namespace {

// A receiver has a worker for every so large a share of all documents: the busiest one is kept from
// being the narrowest place of all.
constexpr double kShareOfWorker = 0.02;
constexpr double kWorkersMax = 8;
constexpr std::array kStatuses = {edxml::StatusCode::arrived, edxml::StatusCode::registered,
                                  edxml::StatusCode::finished};

std::size_t workers_for(double activity) {
  return static_cast<std::size_t>(
      std::clamp(std::ceil(activity / kShareOfWorker), 1.0, kWorkersMax));
}

}  // namespace

Result<Cast> Cast::make(const std::vector<const Unit*>& units, const Traffic& traffic,
                        const Part& part, Authority& authority) {
  std::vector<char> sends(units.size());
  std::vector<char> receives(units.size());
  for (std::size_t number = part.first; number < part.first + part.count; ++number) {
    const Sending sending = traffic.sending(number);
    sends[sending.sender] = receives[sending.sender] = 1;  // receipts and statuses come back
    for (const std::size_t recipient : sending.recipients) receives[recipient] = 1;
  }
  Cast cast(units);
  cast.sender_of_.resize(units.size());
  cast.receiver_of_.resize(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    const Unit& unit = *units[i];
    if (receives[i] == 0) continue;
    cast.receiver_of_[i] = cast.who_.receivers.size();
    TRUC_TRY(auto receiver, make_receiver(unit, authority));
    receiver.workers = workers_for(traffic.relations().activity(i));
    if (sends[i] != 0) {
      cast.sender_of_[i] = cast.who_.senders.size();
      TRUC_TRY(auto signing, authority.agency(unit.code));
      cast.who_.senders.push_back(Sender{&unit, receiver.tls, std::move(signing)});
    }
    cast.who_.receivers.push_back(std::move(receiver));
  }
  return cast;
}

Result<std::vector<SignedDocument>> Cast::sign(std::span<const Sending> sendings, const Part& part,
                                               const std::string& run, const Made& told) const {
  std::vector<Letter> letters;
  std::vector<StatusPlan> statuses;
  for (std::size_t i = 0; i < sendings.size(); ++i) {
    const Sending& sending = sendings[i];
    Letter letter{.number = part.first + i,
                  .sender = sender_of_[sending.sender],
                  .recipients = {},
                  .bytes = sending.bytes,
                  .priority = sending.priority};
    for (std::size_t k = 0; k < sending.recipients.size(); ++k) {
      const std::size_t unit = sending.recipients[k];
      letter.recipients.push_back(units_[unit]);
      for (std::size_t status = 0; status < sending.statuses[k]; ++status)
        statuses.push_back(StatusPlan{i, receiver_of_[unit], kStatuses.at(status)});
    }
    letters.push_back(std::move(letter));
  }
  TRUC_TRY(const auto rules, edxml::Rules::load());
  const auto told_of = [&](std::size_t before) {
    return [&told, before](std::size_t made) { told(before + made); };
  };
  TRUC_TRY(auto documents, sign_letters(letters, who_.senders, rules, run, told_of(0)));
  TRUC_TRY(add_statuses(documents, who_, statuses, told_of(letters.size())));
  return documents;
}

}  // namespace truc::bench
