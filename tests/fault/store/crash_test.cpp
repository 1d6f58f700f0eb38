// kill -9 at any moment: every promise that left the process is kept, and none is kept twice.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <map>
#include <random>
#include <sstream>

#include "tests/support/store/temp_store.hpp"

extern char** environ;

using namespace truc;
using namespace truc::test;

namespace {

// The writing process; killed at the latest when this goes.
class Writer {
 public:
  Writer(const std::filesystem::path& store, const std::string& name) {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program = STORE_CRASH_WRITER;
    std::string directory = store.string();
    std::string prefix = name;
    char* arguments[] = {program.data(), directory.data(), prefix.data(), nullptr};
    REQUIRE(posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  ~Writer() {
    kill_now();
    std::fclose(output_);
  }

  // Empty at the end of the output.
  std::string line() {
    char text[256];
    return std::fgets(text, sizeof text, output_) == nullptr ? std::string() : std::string(text);
  }
  void kill_now() {
    if (process_ == 0) return;
    ::kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  pid_t process_ = 0;
  std::FILE* output_ = nullptr;
};

struct Promises {
  std::map<std::string, std::string> documents;  // DocumentId to transfer
  std::map<std::string, std::string> delivered;  // DocumentId to delivery

  void note(const std::string& line) {
    std::istringstream words(line);
    std::string kind;
    std::string id;
    std::string what;
    words >> kind >> id >> what;
    (kind == "document" ? documents : delivered).emplace(id, what);
  }
};

void check_kept(TempStore& store, const Promises& promises) {
  for (const auto& [name, transfer] : promises.documents) {
    INFO(name);
    const auto id = TransferId::parse(transfer).value();
    const auto kept = store->transfer(id).value();
    REQUIRE(kept != nullptr);
    REQUIRE(kept->receipt == "receipt of " + transfer);
    REQUIRE(*store->bytes(id).value() == "content of " + name);
    REQUIRE(store->find(kept->sender, kept->document_id).value() == id);
  }
  for (const auto& [name, delivery] : promises.delivered) {
    INFO(name);
    const auto state = store->delivery_state(DeliveryId::parse(delivery).value()).value();
    REQUIRE(state.delivered_receipt == "receipt for " + name);
  }
}

void check_mailboxes(TempStore& store, const Promises& promises) {
  std::map<std::string, int> documents;
  const auto entries = store->mailbox({agency("H37.02")}, {1'000'000, 1'000'000'000}).value();
  for (const auto& entry : entries) ++documents[entry.transfer->document_id.text()];
  for (const auto& [name, count] : documents) {
    INFO(name);
    REQUIRE(count == 1);
    REQUIRE_FALSE(promises.delivered.contains(name));
  }
  for (const auto& [name, transfer] : promises.documents) {
    INFO(name);
    const auto state = store->delivery_state({TransferId::parse(transfer).value(), 0}).value();
    REQUIRE((documents.contains(name) || state.delivered_at.has_value()));
  }
}

}  // namespace

TEST_CASE("a killed hub has kept every promise that it made", "[fault][store]") {
  TempDirectory directory;
  hub::DatabaseSettings settings;
  settings.directory = directory.path() / "store";
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Promises promises;
  for (int round = 0; round < 6; ++round) {
    Writer writer(settings.directory, "r" + std::to_string(round));
    const auto lines = std::uniform_int_distribution(1, 600)(random);
    for (int i = 0; i < lines; ++i) {
      const auto line = writer.line();
      REQUIRE_FALSE(line.empty());
      promises.note(line);
    }
    writer.kill_now();
    // What had left the process before the kill was promised too.
    for (auto line = writer.line(); line.ends_with('\n'); line = writer.line()) promises.note(line);
  }
  TempStore store(settings, at_once());
  check_kept(store, promises);
  check_mailboxes(store, promises);
  for (const auto& [name, transfer] : promises.documents) {
    const Draft draft{.document_id = name, .content = "content of " + name};
    const auto again = commit_now(*store, new_transfer(draft, store.clock().now())).value();
    REQUIRE(again.outcome() == hub::Durable::Outcome::repeated);
    REQUIRE(again.transfer().text() == transfer);
  }
}
