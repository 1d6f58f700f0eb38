// A large set of changed packages, the same for the same seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace truc::testing {

// A signed package, and what an attacker may have besides.
struct Prey {
  std::string text;      // the package
  std::string sibling;   // another package of the same signer
  std::string stranger;  // a package of the same content, signed by another agency
};

struct Mutation {
  std::string_view kind;  // for people
  std::string text;
};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  // Changes the package in one of many ways; sometimes in two.
  Mutation mutate(const Prey& prey);

 private:
  std::mt19937_64 random_;
};

// What the generator knows to do.
std::vector<std::string_view> mutation_kinds();

}  // namespace truc::testing
