// Where things stand: the spool's folders, and each agency's drop folders.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "edge-adapter/spool/files.hpp"
#include "schemas/base/ids.hpp"

namespace truc::edge {

// The spool: private to the adapter, on the file system of the drop folders.
class SpoolLayout {
 public:
  explicit SpoolLayout(std::string root) : root_(std::move(root)) {}

  const std::string& root() const { return root_; }
  std::string outbound() const { return root_ + "/outbound"; }
  std::string outbound(const std::string& id) const { return outbound() + "/" + id; }
  std::string inbound() const { return root_ + "/inbound"; }
  std::string inbound(const DeliveryId& id) const { return inbound() + "/" + id.text(); }
  std::string received() const { return root_ + "/received"; }
  std::string sent_index() const { return root_ + "/sent-index"; }
  std::string quarantine() const { return root_ + "/quarantine"; }
  std::string trash() const { return root_ + "/trash"; }
  std::string lock() const { return root_ + "/lock"; }

 private:
  std::string root_;
};

// One agency's drop folders.
class AgencyFolders {
 public:
  explicit AgencyFolders(std::string base) : base_(std::move(base)) {}

  const std::string& base() const { return base_; }
  std::string out() const { return base_ + "/out"; }
  std::string sent() const { return base_ + "/sent"; }
  std::string refused() const { return base_ + "/refused"; }
  std::string in() const { return base_ + "/in"; }

 private:
  std::string base_;
};

using FoldersByAgency = std::map<AgencyCode, AgencyFolders>;

// Makes all folders and proves by a rename that a claim works from each out/ into the spool and
// from the spool into in/, sent/ and refused/. Empties the trash. Failure: file_failed.
Result<void> prepare_folders(Files& files, const SpoolLayout& spool,
                             const FoldersByAgency& agencies);

// At most one adapter works on a spool; held until destroyed (or the process ends, however).
class SpoolLock {
 public:
  // Failure: file_failed when another process holds it.
  static Result<std::unique_ptr<SpoolLock>> take(const SpoolLayout& spool);
  ~SpoolLock();
  SpoolLock(const SpoolLock&) = delete;
  SpoolLock& operator=(const SpoolLock&) = delete;

 private:
  explicit SpoolLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace truc::edge
