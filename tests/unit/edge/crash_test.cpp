// Kills the adapter (SIGKILL, in a child process) at each of its changes to the file system in
// turn, just before and just after it, starts it again, and looks whether anything is lost or
// doubled.
//
// This covers every order of steps that the program can leave behind when it is killed. It does not
// lose what was not synced, as a power cut may; but at the end each folder in which something was
// renamed has been synced since, also where the kill came between the two.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "pki/crypto/digest.hpp"
#include "tests/support/refusals.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTransfer = "0193563e-0000-7000-8000-000000000001";
constexpr const char* kTransferBeside = "0193563e-0000-7000-8000-000000000002";

// Where the process dies: at which change, and on which side of it.
struct CrashPoint {
  int change = 0;
  enum class Side : std::uint8_t { before, after } side = Side::before;
};

class CrashingFiles : public Files {
  // Before its users, which deduce its result.
  template <class Change>
  auto at(Change change) {
    const bool here = count_++ == point_.change;
    if (here && point_.side == CrashPoint::Side::before) ::raise(SIGKILL);
    auto outcome = change();
    if (here) ::raise(SIGKILL);
    return outcome;
  }

 public:
  // What was renamed and synced is added to `journal`.
  CrashingFiles(CrashPoint point, const std::string& journal)
      : point_(point), journal_(journal, std::ios::app) {}

  Result<void> create(const std::string& path, std::string_view bytes, Access access) override {
    return at([&] { return files_.create(path, bytes, access); });
  }
  Result<void> write_at(const std::string& path, std::uint64_t offset,
                        std::string_view bytes) override {
    return at([&] { return files_.write_at(path, offset, bytes); });
  }
  Result<void> sync_file(const std::string& path) override { return files_.sync_file(path); }
  Result<void> share(const std::string& path) override {
    return at([&] { return files_.share(path); });
  }
  Result<void> replace(const std::string& from, const std::string& to) override {
    note_rename(from, to);
    return at([&] { return files_.replace(from, to); });
  }
  Result<Moved> move(const std::string& from, const std::string& to) override {
    note_rename(from, to);
    return at([&] { return files_.move(from, to); });
  }
  Result<void> sync_folder(const std::string& path) override {
    journal_ << "sync " << path << std::endl;
    return files_.sync_folder(path);
  }
  Result<void> sync_file_system(const std::string& folder) override {
    journal_ << "sync all" << std::endl;
    return files_.sync_file_system(folder);
  }
  Result<void> make_folder(const std::string& path, Access access) override {
    return at([&] { return files_.make_folder(path, access); });
  }
  Result<void> remove_file(const std::string& path) override {
    return at([&] { return files_.remove_file(path); });
  }
  Result<void> remove_folder(const std::string& path) override {
    return at([&] { return files_.remove_folder(path); });
  }
  Result<std::string> read(const std::string& path, std::size_t max) const override {
    return files_.read(path, max);
  }
  Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                              std::size_t max) const override {
    return files_.read_at(path, offset, max);
  }
  Result<std::optional<FileInfo>> find(const std::string& path) const override {
    return files_.find(path);
  }
  Result<std::vector<FolderEntry>> list(const std::string& path) const override {
    return files_.list(path);
  }

 private:
  void note_rename(const std::string& from, const std::string& to) {
    journal_ << "rename " << parent_of(from) << "\nrename " << parent_of(to) << std::endl;
  }

  CrashPoint point_;
  std::ofstream journal_;
  PosixFiles files_;
  int count_ = 0;
};

// The folders that still are there and in which something was renamed, but not synced since.
std::set<std::string> not_synced(const std::string& journal) {
  std::set<std::string> folders;
  std::ifstream lines(journal);
  std::string what;
  std::string folder;
  while (lines >> what && std::getline(lines >> std::ws, folder)) {
    if (what == "rename") {
      folders.insert(folder);
    } else if (folder == "all") {
      folders.clear();
    } else {
      folders.erase(folder);
    }
  }
  std::erase_if(folders, [](const std::string& path) { return !fs::exists(path); });
  return folders;
}

enum class End : std::uint8_t { killed, finished };

constexpr int kFailed = 17;  // the child's work failed without a crash: a fault of the test

// Runs `work` in a child that dies at `point`.
template <class Work>
End run_until(CrashPoint point, const std::string& journal, Work work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    CrashingFiles files(point, journal);
    ::_exit(work(files) ? 0 : kFailed);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) {
    REQUIRE(WTERMSIG(status) == SIGKILL);
    return End::killed;
  }
  REQUIRE(WEXITSTATUS(status) == 0);
  return End::finished;
}

constexpr CrashPoint kNever{.change = 1'000'000, .side = CrashPoint::Side::before};

// For each crash point: arrange, work until the crash, work again to the end, check.
template <class Arrange, class Work, class Check>
void at_each_crash_point(Arrange arrange, Work work, Check check) {
  constexpr int kChangesMax = 500;
  test_pki().agency(kSender);  // made here, not in each child
  test_pki().agency(kRecipient);
  test_pki().hub_receipts("h1");
  for (const auto side : {CrashPoint::Side::before, CrashPoint::Side::after}) {
    int change = 0;
    for (End end = End::killed; end == End::killed; ++change) {
      REQUIRE(change < kChangesMax);
      INFO("killed " << (side == CrashPoint::Side::before ? "before" : "after") << " change "
                     << change);
      const TempFolder folder;
      arrange(folder.path());
      const auto at_work = [&](Files& files) { return work(folder.path(), files); };
      const std::string journal = folder.path() + "/journal";
      end = run_until({change, side}, journal, at_work);
      REQUIRE(run_until(kNever, journal, at_work) == End::finished);
      CHECK(not_synced(journal) == std::set<std::string>{});
      check(folder.path());
    }
    CHECK(change > 10);  // else nothing was tried
  }
}

std::string letter_beside(const std::string& folder, const std::string& content) {
  PosixFiles files;
  REQUIRE(files.create(folder + "/big.pdf", content, Access::own));
  const ComposeRequest request{.from = agency(kSender),
                               .from_name = "VPCP",
                               .to = {agency(kRecipient)},
                               .number = "3",
                               .notation = "C",
                               .subject = "Kèm tệp",
                               .content = "Nội dung",
                               .type_name = "",
                               .priority = edxml::Priority::normal,
                               .attachments = {folder + "/big.pdf"},
                               .beside_over = 0,
                               .document_id = DocumentId::parse("beside").value(),
                               .recalls = std::nullopt,
                               .updates = std::nullopt,
                               .paper = PaperCopy::none};
  return compose_document(files, request, SystemClock().now()).value().envelope;
}

const std::string kContent(5'000, 'x');

}  // namespace

TEST_CASE("killed anywhere on the way out, each document is sent once", "[edge][crash]") {
  at_each_crash_point(
      [](const std::string& folder) {
        PosixFiles files;
        World world(folder, files);
        world.drop("plain.edxml", letter("plain"));
        world.drop_folder("beside", letter_beside(folder, kContent), {{"big.pdf", kContent}});
        world.drop("bad.edxml", "no XML");
      },
      [](const std::string& folder, Files& files) {
        World world(folder, files);
        return world.send_all().has_value();
      },
      [](const std::string& folder) {
        PosixFiles files;
        World world(folder, files);
        CHECK(world.list("sent") == std::vector<std::string>{"beside", "beside.receipt.json",
                                                             "plain.edxml", "plain.receipt.json"});
        CHECK(world.list("refused") ==
              std::vector<std::string>{"bad.edxml", "bad.refusal.json", "bad.refusal.txt"});
        CHECK(world.list("out").empty());
        CHECK(world.spool("outbound").empty());
        CHECK(world.hub().accepted_packages().size() == 2);
        const std::string plain = world.read("sent/plain.edxml");
        CHECK(world.read("sent/plain.receipt.json") == world.hub().receipt_of(plain));
        CHECK(world.read("sent/beside/big.pdf") == kContent);
        CHECK(world.read("sent/beside.receipt.json") ==
              world.hub().receipt_of(world.read("sent/beside/envelope.edxml")));
      });
}

TEST_CASE("an item that could not be put aside for good is put aside at the next try",
          "[edge][crash]") {
  // The rename into trash/ is done, its fsync fails.
  class Stumbling final : public CrashingFiles {
   public:
    using CrashingFiles::CrashingFiles;
    Result<void> sync_folder(const std::string& path) override {
      if (path.ends_with("/trash") && !std::exchange(has_failed_, true))
        return Failure(ErrorCode::file_failed).at(path);
      return CrashingFiles::sync_folder(path);
    }

   private:
    bool has_failed_ = false;
  };
  const TempFolder folder;
  Stumbling files({.change = -1}, folder.path() + "/journal");
  World world(folder.path(), files);
  world.drop("plain.edxml", letter("plain"));
  world.hub().fail_next(ErrorCode::peer_unreachable);
  REQUIRE_FALSE(world.send_all());

  auto items = world.services().outbound.recover().value().items;
  REQUIRE(items.size() == 1);
  OutboundTask task(world.services());
  REQUIRE_REFUSED(world.run(task.run(items[0])), file_failed);
  REQUIRE_OK(world.run(task.run(items[0])));
  CHECK(world.spool("outbound").empty());
  CHECK(world.spool("trash").empty());
  CHECK(world.list("sent") == std::vector<std::string>{"plain.edxml", "plain.receipt.json"});
}

TEST_CASE("killed anywhere on the way in, each document is handed over once", "[edge][crash]") {
  const DeliveryId plain{.transfer = TransferId::parse(kTransfer).value(), .index = 0};
  const DeliveryId beside{.transfer = TransferId::parse(kTransferBeside).value(), .index = 0};
  at_each_crash_point(
      [](const std::string& folder) {
        PosixFiles files;
        World world(folder, files, kRecipient);
        const auto us = agency(kRecipient);
        world.hub().deliver(sign_as(kSender, letter("plain")), us, kTransfer);
        world.hub().keep_attachment(kContent);
        world.hub().deliver(sign_as(kSender, letter_beside(folder, kContent)), us, kTransferBeside);
        fs::create_directory(folder + "/taken");
      },
      [](const std::string& folder, Files& files) {
        World world(folder, files, kRecipient);
        // The document system takes away at once what a crash has left in in/. Whatever is handed
        // over a second time stands in in/ again at the end.
        const std::string in = folder + "/agency/in/";
        for (const auto& name : world.list("in"))
          if (name.ends_with(".edxml") || fs::is_directory(in + name))
            fs::rename(in + name, folder + "/taken/" + name);
        return world.receive_all().has_value();
      },
      [&](const std::string& folder) {
        PosixFiles files;
        World world(folder, files, kRecipient);
        for (const auto& name : {plain.text() + ".edxml", beside.text()}) {
          const bool taken = fs::exists(folder + "/taken/" + name);
          const bool waiting = fs::exists(folder + "/agency/in/" + name);
          CHECK(taken != waiting);
        }
        for (const auto& name : world.list("in")) CHECK(name.find('~') == std::string::npos);
        for (const auto& delivery : {plain, beside}) {
          const auto receipt = world.hub().acknowledged(delivery, pki::ReceiptKind::delivered);
          REQUIRE(receipt);
          CHECK(world.services().ledger.find(delivery).value()->delivered_receipt == *receipt);
        }
        CHECK(world.spool("inbound").empty());
        CHECK(world.hub().mailbox_size() == 0);
      });
}

TEST_CASE("killed anywhere while registering, the receipt stays the same", "[edge][crash]") {
  const DeliveryId delivery{.transfer = TransferId::parse(kTransfer).value(), .index = 0};
  at_each_crash_point(
      [&](const std::string& folder) {
        PosixFiles files;
        World world(folder, files, kRecipient);
        world.hub().deliver(sign_as(kSender, letter("plain")), agency(kRecipient), kTransfer);
        REQUIRE(world.receive_all());
        const auto record = world.services().ledger.find(delivery).value();
        const auto status =
            compose_status(*record, edxml::StatusCode::registered, "", "TC", SystemClock().now());
        world.drop("s.edxml", status.value());
      },
      [](const std::string& folder, Files& files) {
        World world(folder, files, kRecipient);
        return world.send_all().has_value();
      },
      [&](const std::string& folder) {
        PosixFiles files;
        World world(folder, files, kRecipient);
        const auto receipt = world.hub().acknowledged(delivery, pki::ReceiptKind::registered);
        REQUIRE(receipt);
        CHECK(world.services().ledger.find(delivery).value()->registered_receipt == *receipt);
        CHECK(world.list("sent") == std::vector<std::string>{"s.edxml", "s.receipt.json"});
        CHECK(world.spool("outbound").empty());
      });
}

}  // namespace truc::edge
