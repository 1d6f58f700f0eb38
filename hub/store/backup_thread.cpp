#include "hub/store/backup_thread.hpp"

#include <algorithm>

#include "schemas/base/limits.hpp"

namespace truc::hub {

BackupThread::BackupThread(BackupSettings settings, std::chrono::milliseconds every,
                           Database& database, const Clock& clock, telemetry::Log& log)
    : every_(every), database_(database), clock_(clock), log_(log), maker_(settings) {
  report_.directory = settings.directory.string();
}

BackupThread::~BackupThread() {
  stop();
}

void BackupThread::start() {
  look();
  thread_ = std::thread([this] { run(); });
}

void BackupThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  maker_.stop();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  report_.running_since.reset();
}

Result<void> BackupThread::ask() {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return ErrorCode::shutting_down;
    if (report_.running_since) return ErrorCode::backup_running;
    report_.running_since = clock_.now();
    is_asked_ = true;
  }
  wake_.notify_all();
  return success();
}

BackupReport BackupThread::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void BackupThread::run() {
  while (wait_for_turn()) make();  // ends with stop()
}

// What stands in the folder from earlier.
void BackupThread::look() {
  const auto found = find_backups(report_.directory);
  if (!found) return keep_failure(found.error());
  const std::lock_guard lock(mutex_);
  report_.backups = found.value().whole;
  next_ = report_.backups.empty() ? clock_.now() : report_.backups.back().at + every_;
}

bool BackupThread::wait_for_turn() {
  std::unique_lock lock(mutex_);
  const auto is_woken = [this] { return is_stopping_ || is_asked_; };
  if (every_.count() == 0) {
    wake_.wait(lock, is_woken);
  } else {
    wake_.wait_for(lock, std::max(next_ - clock_.now(), std::chrono::milliseconds(0)), is_woken);
  }
  is_asked_ = false;
  if (!is_stopping_ && !report_.running_since) report_.running_since = clock_.now();
  return !is_stopping_;
}

void BackupThread::make() {
  log_.info("backup.started");
  const auto made = maker_.make(database_);
  if (!made) return keep_failure(made.error());
  const auto found = find_backups(report_.directory);
  const Time now = clock_.now();
  std::chrono::milliseconds taken{0};
  {
    const std::lock_guard lock(mutex_);
    taken = now - *report_.running_since;
    if (found) report_.backups = found.value().whole;
    report_.running_since.reset();
    report_.last_failure.reset();
    ++report_.made;
    next_ = now + every_;
  }
  log_.info("backup.made", {{"id", std::uint64_t{made.value().backup.id}},
                            {"bytes", made.value().backup.bytes},
                            {"copied_bytes", made.value().copied_bytes},
                            {"milliseconds", std::uint64_t(taken.count())}});
}

void BackupThread::keep_failure(const Failure& failure) {
  const Time now = clock_.now();
  const bool is_stopped = failure.code() == ErrorCode::cancelled;
  {
    const std::lock_guard lock(mutex_);
    report_.running_since.reset();
    next_ = now + std::min<std::chrono::milliseconds>(every_, limits::kBackupRetryDelay);
    if (!is_stopped) {
      report_.last_failure = FailedBackup{now, failure};
      ++report_.failed;
    }
  }
  if (is_stopped) {
    log_.info("backup.stopped");
  } else {
    log_.error("backup.failed", {{"failure", failure}});
  }
}

}  // namespace truc::hub
