// Stands between a program and the C library (LD_PRELOAD): counts each step that changes files
// below one folder, and on a test's order dies at one, lets them fail, fills the disk, shifts the
// time of day or cuts a line. The program under test has no part in it and is the one that is
// released.
//
//   TRUC_FAULTS        the file of orders, control.hpp
//   TRUC_FAULTS_ROOT   only what lies below this folder is counted and fails
//   TRUC_FAULTS_PORTS  "9092,9093": where the line leads that can be cut
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include "tests/support/faults/control.hpp"

using namespace truc::faults;

namespace {

constexpr std::size_t kDescriptorsMax = 65'536;  // of a process; those beyond are in no set

class Descriptors {
 public:
  bool has(int fd) const { return is_known(fd) && members_[index(fd)].load(kRelaxed); }
  void put(int fd, bool is_member) {
    if (is_known(fd)) members_[index(fd)].store(is_member, kRelaxed);
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static std::size_t index(int fd) { return static_cast<std::size_t>(fd); }
  static bool is_known(int fd) { return fd >= 0 && index(fd) < kDescriptorsMax; }

  std::array<std::atomic<bool>, kDescriptorsMax> members_;
};

Descriptors watched;  // files
Descriptors lines;    // sockets that lead to one of TRUC_FAULTS_PORTS

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
// The function that the program would have called, looked up once.
#define TRUC_REAL(name) static auto* const real = next<decltype(::name)>(#name)

Control* map_control() {
  const char* path = std::getenv("TRUC_FAULTS");
  if (path == nullptr) return nullptr;
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* shared = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (shared == MAP_FAILED) return nullptr;
  auto* control = static_cast<Control*>(shared);
  return control->magic == kMagic ? control : nullptr;
}

// Null while the library is being initialized and in programs that are not under test.
Control* control() {
  static std::atomic<bool> is_looking{false};
  static std::atomic<Control*> found{nullptr};
  static std::atomic<bool> is_found{false};
  if (is_found) return found;
  if (is_looking.exchange(true)) return nullptr;
  found = map_control();
  is_found = true;
  return found;
}

// Before the program's own threads begin.
[[gnu::constructor]] void find_orders() {
  control();
}

bool is_watched(const char* path) {
  static const char* const root = std::getenv("TRUC_FAULTS_ROOT");
  return root != nullptr && control() != nullptr && path != nullptr &&
         std::string_view(path).starts_with(root);
}

int watch(int fd, bool yes) {
  watched.put(fd, yes);
  return fd;
}

bool is_ordered_to_die(Step step) {
  auto& orders = *control();
  return orders.die_in.load(std::memory_order_relaxed) > 0 &&
         orders.die_at == static_cast<std::uint64_t>(step) && orders.die_in.fetch_sub(1) == 1;
}

[[noreturn]] void die() {
  control()->died = 1;
  for (;;) ::kill(::getpid(), SIGKILL);
}

bool is_failing(Step step) {
  auto& orders = *control();
  const bool full = orders.room == 0 && (step == Step::create_file || step == Step::make_folder);
  if ((orders.failing & (1ULL << static_cast<unsigned>(step))) == 0 && !full) return false;
  orders.failed.fetch_add(1);
  errno = full ? ENOSPC : static_cast<int>(orders.failure.load());
  return true;
}

// One step on what is watched: counted, made to fail or done, and died before or after if ordered.
template <class Act>
auto take(Step step, Act act) -> decltype(act()) {
  control()->taken[static_cast<std::size_t>(step)].fetch_add(1, std::memory_order_relaxed);
  const bool last = is_ordered_to_die(step);
  if (last && control()->die_side == static_cast<std::uint64_t>(Side::before)) die();
  if (is_failing(step)) return -1;
  const auto outcome = act();
  if (last) die();
  return outcome;
}

// How many of `wanted` octets the disk still takes, as a disk does that fills up: first a part.
std::size_t take_room(std::size_t wanted) {
  auto& room = control()->room;
  auto left = room.load();
  for (;;) {
    if (left == kRoomUnlimited) return wanted;
    const auto granted = std::min(static_cast<std::size_t>(left), wanted);
    if (room.compare_exchange_weak(left, left - static_cast<std::int64_t>(granted))) return granted;
  }
}

template <class Write>
ssize_t take_write(std::size_t size, Write write) {
  return take(Step::write, [&]() -> ssize_t {
    const auto granted = take_room(size);
    if (granted == 0 && size > 0) {
      control()->failed.fetch_add(1);
      errno = ENOSPC;
      return -1;
    }
    return write(granted);
  });
}

bool is_folder(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

template <class Open>
int open_watched(const char* path, int flags, Open open) {
  if (!is_watched(path)) return watch(open(), false);
  const bool creates = (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
  return watch(creates ? take(Step::create_file, open) : open(), true);
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

bool is_cut(int fd) {
  return lines.has(fd) && control() != nullptr && control()->cut != 0;
}

bool leads_to_a_port(const sockaddr* address, socklen_t size) {
  static const char* const ports = std::getenv("TRUC_FAULTS_PORTS");
  if (ports == nullptr || address->sa_family != AF_INET || size < sizeof(sockaddr_in)) return false;
  sockaddr_in inet{};
  std::memcpy(&inet, address, sizeof inet);
  const auto port = ',' + std::to_string(ntohs(inet.sin_port)) + ',';
  return (',' + std::string(ports) + ',').find(port) != std::string::npos;
}

// What goes over a line: done, or as after a reset.
template <class Act>
auto take_line(int fd, int failure, Act act) -> decltype(act()) {
  if (!is_cut(fd)) return act();
  errno = failure;
  return -1;
}

std::int64_t clock_shift() {
  return control() == nullptr ? 0 : control()->clock_shift.load(std::memory_order_relaxed);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  TRUC_REAL(open);
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_watched(path, flags, [&] { return real(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  TRUC_REAL(open64);
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_watched(path, flags, [&] { return real(path, flags, mode); });
}

int close(int fd) {
  TRUC_REAL(close);
  watch(fd, false);
  lines.put(fd, false);
  return real(fd);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  TRUC_REAL(write);
  if (!watched.has(fd)) return real(fd, bytes, size);
  return take_write(size, [&](size_t granted) { return real(fd, bytes, granted); });
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  TRUC_REAL(pwrite);
  if (!watched.has(fd)) return real(fd, bytes, size, offset);
  return take_write(size, [&](size_t granted) { return real(fd, bytes, granted, offset); });
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  return pwrite(fd, bytes, size, offset);
}

int ftruncate(int fd, off_t size) {
  TRUC_REAL(ftruncate);
  if (!watched.has(fd)) return real(fd, size);
  return take(Step::resize, [&] { return real(fd, size); });
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
  TRUC_REAL(fallocate);
  if (!watched.has(fd)) return real(fd, mode, offset, size);
  return take(Step::resize, [&] { return real(fd, mode, offset, size); });
}

int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  TRUC_REAL(sync_file_range);
  if (!watched.has(fd)) return real(fd, offset, size, flags);
  return take(Step::sync_range, [&] { return real(fd, offset, size, flags); });
}

int fdatasync(int fd) {
  TRUC_REAL(fdatasync);
  if (!watched.has(fd)) return real(fd);
  return take(Step::sync_data, [&] { return real(fd); });
}

int fsync(int fd) {
  TRUC_REAL(fsync);
  if (!watched.has(fd)) return real(fd);
  return take(is_folder(fd) ? Step::sync_folder : Step::sync_file, [&] { return real(fd); });
}

int rename(const char* from, const char* to) {
  TRUC_REAL(rename);
  if (!is_watched(to)) return real(from, to);
  return take(Step::rename, [&] { return real(from, to); });
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  TRUC_REAL(renameat2);
  if (!is_watched(to)) return real(from_folder, from, to_folder, to, flags);
  return take(Step::rename, [&] { return real(from_folder, from, to_folder, to, flags); });
}

int link(const char* from, const char* to) {
  TRUC_REAL(link);
  if (!is_watched(to)) return real(from, to);
  return take(Step::link, [&] { return real(from, to); });
}

int unlink(const char* path) {
  TRUC_REAL(unlink);
  if (!is_watched(path)) return real(path);
  return take(Step::remove, [&] { return real(path); });
}

int remove(const char* path) {
  TRUC_REAL(remove);
  if (!is_watched(path)) return real(path);
  return take(Step::remove, [&] { return real(path); });
}

int mkdir(const char* path, mode_t mode) {
  TRUC_REAL(mkdir);
  if (!is_watched(path)) return real(path, mode);
  return take(Step::make_folder, [&] { return real(path, mode); });
}

int rmdir(const char* path) {
  TRUC_REAL(rmdir);
  if (!is_watched(path)) return real(path);
  return take(Step::remove_folder, [&] { return real(path); });
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  TRUC_REAL(connect);
  lines.put(fd, leads_to_a_port(address, size));
  return take_line(fd, ECONNREFUSED, [&] { return real(fd, address, size); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  TRUC_REAL(sendmsg);
  return take_line(fd, ECONNRESET, [&] { return real(fd, message, flags); });
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  TRUC_REAL(recvmsg);
  return take_line(fd, ECONNRESET, [&] { return real(fd, message, flags); });
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  TRUC_REAL(clock_gettime);
  const int outcome = real(clock, now);
  if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += clock_shift();
  return outcome;
}

int gettimeofday(struct timeval* now, void* zone) {
  TRUC_REAL(gettimeofday);
  const int outcome = real(now, zone);
  if (outcome == 0) now->tv_sec += clock_shift();
  return outcome;
}

time_t time(time_t* kept) {
  struct timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (kept != nullptr) *kept = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
