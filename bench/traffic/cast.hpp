// Who takes part in a run: the units that send or receive something in it, with their certificates,
// and the run's documents as those units sign them.
#pragma once

#include "bench/load/statuses.hpp"
#include "bench/nation/authority.hpp"
#include "bench/traffic/traffic.hpp"

namespace truc::bench {

// Documents of the model, from `first` on.
struct Part {
  std::size_t first = 0;
  std::size_t count = 0;
};

// Immutable once made.
class Cast {
 public:
  // Of `units`, those that have to do with `part` of the traffic. Failures: those of issuing.
  static Result<Cast> make(const std::vector<const Unit*>& units, const Traffic& traffic,
                           const Part& part, Authority& authority);

  const Correspondents& who() const { return who_; }
  // The documents of a part, signed, with the statuses that come back. `run` is part of every
  // DocumentId. Failures: those of signing.
  Result<std::vector<SignedDocument>> sign(std::span<const Sending> sendings, const Part& part,
                                           const std::string& run, const Made& told) const;

 private:
  explicit Cast(const std::vector<const Unit*>& units) : units_(units) {}

  std::vector<const Unit*> units_;
  std::vector<std::size_t> sender_of_;  // position among the senders, of each unit that sends
  std::vector<std::size_t> receiver_of_;
  Correspondents who_;
};

}  // namespace truc::bench
