// A store that has become quiet lets go of its write-ahead log, which holds everything once more.
#include <catch2/catch.hpp>

#include <thread>

#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;

namespace {

constexpr std::size_t kContent = 1'000'000;  // bytes

std::size_t log_bytes(const std::filesystem::path& directory) {
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    std::error_code gone;  // between the listing and this look
    const auto size = entry.path().extension() == ".log" ? entry.file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

// Does not compress.
std::string noise() {
  std::string octets(kContent, '\0');
  std::uint32_t state = 1;
  for (char& octet : octets) octet = static_cast<char>((state = state * 1'664'525 + 1) >> 24);
  return octets;
}

void send(TempStore& store, const std::string& name) {
  const Draft draft{.document_id = name, .content = noise()};
  REQUIRE(commit_now(*store, new_transfer(draft, store.clock().now())));
}

hub::StoreSettings quiet_after(std::chrono::milliseconds time, std::size_t bytes) {
  return {.quiet = {.after = time, .bytes = bytes}};
}

}  // namespace

TEST_CASE("a quiet store lets go of its log, and keeps what was in it", "[hub][store]") {
  TempStore store(quiet_after(std::chrono::milliseconds(1), kContent));
  send(store, "1");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (log_bytes(store.path()) >= kContent) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::yield();
  }
  send(store, "2");
  REQUIRE(documents_in(*store, "H37.02") == std::vector<std::string>{"1", "2"});
  store.reopen();
  REQUIRE(documents_in(*store, "H37.02") == std::vector<std::string>{"1", "2"});
}

TEST_CASE("little in the log, or not yet quiet, leaves it as it is", "[hub][store]") {
  const auto way = GENERATE(quiet_after(std::chrono::milliseconds(0), 10 * kContent),
                            quiet_after(std::chrono::hours(1), 1));
  TempStore store(way);
  send(store, "1");
  send(store, "2");
  store.close();  // with all that goes on behind its back
  REQUIRE(log_bytes(store.path()) >= 2 * kContent);
}
