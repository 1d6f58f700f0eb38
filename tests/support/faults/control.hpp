// What a test and a process under test share: a file that both map. The test gives orders in it,
// the process says in it what it does. faults.py knows the same layout.
#pragma once

#include <atomic>
#include <cstdint>

namespace truc::faults {

// The steps that change the disk. What is named here is counted, can fail and can be died at.
enum class Step : std::uint8_t {
  write,         // octets into a file, also as the beginning of what was asked
  resize,        // ftruncate, fallocate
  sync_range,    // sync_file_range: a hint, no promise
  sync_data,     // fdatasync
  sync_file,     // fsync of a file
  sync_folder,   // fsync of a folder
  create_file,   // open of a file that was not there
  rename,        // also without replacing
  link,          //
  remove,        // of a file
  make_folder,   //
  remove_folder  //
};
constexpr std::size_t kSteps = 12;

enum class Side : std::uint64_t { before, after };

constexpr std::uint64_t kMagic = 0x3273746c75616674;  // "tfaults2"
constexpr std::int64_t kRoomUnlimited = -1;

// Eight octets each, in this order.
struct Control {
  std::uint64_t magic;
  // Orders.
  std::atomic<std::int64_t> die_in;       // steps of kind die_at until the end; 0: no order
  std::atomic<std::uint64_t> die_at;      // Step
  std::atomic<std::uint64_t> die_side;    // Side
  std::atomic<std::uint64_t> failing;     // a bit for each Step that fails
  std::atomic<std::uint64_t> failure;     // with this errno
  std::atomic<std::int64_t> room;         // octets that the disk still takes
  std::atomic<std::int64_t> clock_shift;  // seconds added to the time of day
  std::atomic<std::uint64_t> cut;         // 1: no connection to TRUC_FAULTS_PORTS, old or new
  // Reports.
  std::atomic<std::uint64_t> died;           // 1 when the order to die was carried out
  std::atomic<std::uint64_t> failed;         // steps that were made to fail
  std::atomic<std::uint64_t> taken[kSteps];  // steps taken, by kind
};
static_assert(sizeof(Control) == 8 * (11 + kSteps));

}  // namespace truc::faults
