// What has to arrive, and what has: a pass is over when the two agree.
#pragma once

#include <string>
#include <unordered_map>

namespace truc::bench {

// Pure. What is expected may be told before or after it has arrived.
class Ledger {
 public:
  void expect(const std::string& item) { add(item, 1); }
  void arrived(const std::string& item) { add(item, -1); }

  bool is_balanced() const { return open_.empty(); }
  std::size_t missing() const;    // expected, and not arrived
  std::size_t strangers() const;  // arrived, and never expected; a second copy is one
  // One of those; empty when there is none.
  std::string a_missing_one() const;
  std::string a_stranger() const;

 private:
  void add(const std::string& item, int count);
  std::unordered_map<std::string, int> open_;  // never 0
};

}  // namespace truc::bench
