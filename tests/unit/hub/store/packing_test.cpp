// Items as the store keeps them: whatever they are, they come back octet for octet.
#include "hub/store/packing.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "schemas/base/limits.hpp"

using namespace truc;

namespace {

std::string random_octets(std::size_t size) {
  std::mt19937_64 random(20'261'124);
  std::string octets(size, '\0');
  for (auto& octet : octets) octet = static_cast<char>(random());
  return octets;
}

ErrorCode refusal_of(std::string packed) {
  const auto refused = hub::unpack(std::move(packed));
  REQUIRE_FALSE(refused);
  return refused.error().code();
}

std::string with_length(std::string packed, std::uint32_t length) {
  for (int octet = 4; octet > 0; --octet, length >>= 8)
    packed[static_cast<std::size_t>(octet)] = static_cast<char>(length);
  return packed;
}

}  // namespace

TEST_CASE("an item comes back as it was packed", "[hub][store]") {
  const auto bytes = GENERATE(
      std::string(), std::string("<"), std::string(255, 'x'), std::string(256, 'x'),
      std::string(100'000, 'x') + '\0' + "y", random_octets(10'000), std::string("\1", 1),
      std::string("\2<edXML/>"), '\1' + random_octets(300), std::string(limits::kMiB * 32, ' '));
  REQUIRE(hub::unpack(hub::pack(bytes)).value() == bytes);
}

TEST_CASE("an item is packed where that makes it shorter, and never much longer", "[hub][store]") {
  REQUIRE(hub::pack(std::string(6'000, 'x')).size() < 100);
  const auto random = random_octets(6'000);
  REQUIRE(hub::pack(random) == random);
  REQUIRE(hub::pack('\2' + random).size() < random.size() + 64);
}

TEST_CASE("what was kept before there was packing is read as it is", "[hub][store]") {
  const std::string document = "<?xml version=\"1.0\"?><edXML/>" + std::string(1'000, ' ');
  REQUIRE(hub::unpack(document).value() == document);
}

TEST_CASE("a packed item that is damaged is refused", "[hub][store]") {
  const auto packed = hub::pack(std::string(5'000, 'x') + random_octets(100));
  REQUIRE(packed.front() == '\1');
  for (const auto size : std::array<std::size_t, 5>{1, 4, 5, 6, 50}) {
    INFO(size);
    REQUIRE(refusal_of(packed.substr(0, size)) == ErrorCode::storage_corrupt);
  }
  REQUIRE(refusal_of(packed + "x") == ErrorCode::storage_corrupt);
  REQUIRE(refusal_of(with_length(packed, 5'099)) == ErrorCode::storage_corrupt);
  REQUIRE(refusal_of(with_length(packed, 5'101)) == ErrorCode::storage_corrupt);
}

TEST_CASE("a length that no block can have is refused before memory is taken", "[hub][store]") {
  const auto packed = hub::pack(std::string(5'000, 'x'));
  REQUIRE(refusal_of(with_length(packed, 0xffffffffU)) == ErrorCode::storage_corrupt);
  REQUIRE(refusal_of(with_length(packed, 32U * 1024 * 1024)) == ErrorCode::storage_corrupt);
}
