// One adapter over a fake hub, in a folder of its own: opened, crashed and opened again.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <vector>

#include "edge-adapter/bridge/compose.hpp"
#include "edge-adapter/uplink/inbound_task.hpp"
#include "edge-adapter/uplink/outbound_task.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/unit/edge/fake_hub.hpp"

namespace truc::edge {

// A folder that is removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The authority of this process.
testing::TestPki& test_pki();
AgencyCode agency(const std::string& code);

constexpr const char* kSender = "000.00.00.G22";
constexpr const char* kRecipient = "G12.18";

// A document from kSender to kRecipient, unsigned.
std::string letter(const std::string& document_id, const std::string& subject = "Về việc thử");
std::string sign_as(const std::string& code, const std::string& package);

class World {
 public:
  // `files` may be one that fails or crashes; `self` is the agency that the adapter serves.
  World(const std::string& folder, Files& files, const std::string& self = kSender);

  // --- The document system
  void drop(const std::string& name, const std::string& package);
  void drop_folder(const std::string& name, const std::string& package,
                   const std::vector<std::pair<std::string, std::string>>& attachments);
  std::string read(const std::string& path) const;  // below the agency's folder; "" when absent
  std::vector<std::string> list(const std::string& path) const;  // the same, visible names only

  // --- The adapter
  // Claims every drop and drives every item once, as the daemon would; the first failure.
  Result<void> send_all();
  // Drives the mailbox's entries and the sealed items once each.
  Result<void> receive_all();
  template <class T>
  T run(asio::awaitable<T> task) {
    std::optional<T> outcome;
    // The frames of this call outlive the loop that it runs.
    auto body = [](asio::awaitable<T> inner, std::optional<T>& out) -> asio::awaitable<void> {
      auto got = co_await std::move(inner);
      out.emplace(std::move(got));
    };
    asio::io_context context(1);
    asio::co_spawn(context, body(std::move(task), outcome), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    context.run();
    return std::move(*outcome);
  }

  FakeHub& hub() { return hub_; }
  Services& services() { return services_; }
  std::vector<std::string> spool(const std::string& part) const;  // names in <spool>/<part>

 private:
  Result<void> claim_all(std::vector<OutboundItem>& items);

  std::string folder_;
  AgencyCode self_;
  AgencyFolders folders_;
  Files& files_;
  SystemClock clock_;
  telemetry::Log log_{telemetry::LogLevel::error};
  SpoolLayout layout_;
  SentIndex sent_index_;
  Ledger ledger_;
  OutboundStore outbound_;
  InboundStore inbound_;
  edxml::Rules rules_;
  IdentityBook identities_;
  Preparer preparer_;
  FakeHub hub_;
  Confirmations confirmations_{hub_};
  channel::WorkerPool pool_{2, 64};
  Services services_;
  int claimed_ = 0;
};

}  // namespace truc::edge
