// Faults: where a check says what it finds, so that one check serves both who needs the first fault
// only and who wants them all.
#pragma once

#include <utility>
#include <vector>

#include "schemas/base/result.hpp"

namespace truc {

// Keeps `max` faults. The one beyond them ends the check: with 0 the first one does, and nothing is
// kept or allocated.
class Faults {
 public:
  explicit Faults(std::size_t max) : max_(max) {}

  // The check goes on while this succeeds; its failure, the fault itself, ends it.
  Result<void> add(Failure fault) {
    has_more_ = kept_.size() == max_;
    if (has_more_) return fault;
    kept_.push_back(std::move(fault));
    return success();
  }

  // The same with what a check found, if anything.
  template <class T>
  Result<void> add_of(const Result<T>& verdict) {
    if (verdict) return success();
    return add(verdict.error());
  }

  const std::vector<Failure>& kept() const { return kept_; }
  bool none() const { return kept_.empty(); }
  // Did a fault end the check? Else a failure of it is no fault.
  bool has_more() const { return has_more_; }

 private:
  std::size_t max_;
  bool has_more_ = false;
  std::vector<Failure> kept_;
};

}  // namespace truc
