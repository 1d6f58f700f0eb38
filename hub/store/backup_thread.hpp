// Makes backups of the running store: when asked, and every so often by itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "hub/ports/backups.hpp"
#include "hub/store/backup_folder.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

class BackupThread final : public Backups {
 public:
  // `every` 0: only when asked. What is borrowed outlives the thread.
  BackupThread(BackupSettings settings, std::chrono::milliseconds every, Database& database,
               const Clock& clock, telemetry::Log& log);
  ~BackupThread() override;
  BackupThread(const BackupThread&) = delete;
  BackupThread& operator=(const BackupThread&) = delete;

  void start();
  // Ends a backup under way, which then counts as none. Repeating does nothing.
  void stop();

  Result<void> ask() override;
  BackupReport report() const override;

 private:
  void run();
  void look();
  bool wait_for_turn();
  void make();
  void keep_failure(const Failure& failure);

  const std::chrono::milliseconds every_;
  Database& database_;
  const Clock& clock_;
  telemetry::Log& log_;
  BackupMaker maker_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  BackupReport report_;  // guarded by mutex_, as is what follows
  bool is_asked_ = false;
  bool is_stopping_ = false;
  Time next_;
  std::thread thread_;
};

}  // namespace truc::hub
