// What the hub counts, read from its /metrics.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace truc::bench {

// Values by "name{labels}" as written, histograms' parts included.
class Metrics {
 public:
  static Metrics parse(std::string_view exposition);  // lines that are no sample are passed over

  bool has(std::string_view name) const { return samples_.contains(name); }  // without labels
  // The sum over all series of that name whose labels contain every given `name="value"`.
  double sum(std::string_view name, std::string_view label = "") const;

 private:
  std::map<std::string, double, std::less<>> samples_;
};

}  // namespace truc::bench
