// Reads a TOML file in which every setting is declared once, with help, and nothing else may stand.
//
//   Reader reader(text, "hub.toml");
//   auto data = reader.text("store.path", "Folder of the store.");          // required
//   auto port = reader.integer("api.port", "TCP port.", 8443, 0, 65535);    // default and range
//   reader.finish();  // throws ConfigError for missing, malformed or unknown settings, all at once
//
// A component receives a struct of its own settings, never the reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace truc::config {

// Cannot start; caught once, in main. what() lists every fault with file, line, key, expected and
// found, and for an unknown key the nearest known one.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a duration may be when its declaration does not say otherwise.
constexpr std::chrono::milliseconds kDurationMin{0};
constexpr std::chrono::milliseconds kDurationMax = std::chrono::days(3'650);

class Reader {
 public:
  // Throws ConfigError when `toml` cannot be parsed. `source` names the file in messages.
  Reader(std::string_view toml, std::string source);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Throws ConfigError when the file cannot be read.
  static std::unique_ptr<Reader> from_file(const std::string& path);

  // Without a default the setting is required. Keys are dotted paths. A key that is malformed or
  // declared twice, and a default outside its range, are bugs and abort. The value returned beside
  // a fault means nothing: finish() throws.
  //
  // Not empty, unless the default is.
  std::string text(std::string_view key, std::string_view help,
                   std::optional<std::string> fallback = std::nullopt);
  std::int64_t integer(std::string_view key, std::string_view help,
                       std::optional<std::int64_t> fallback, std::int64_t min, std::int64_t max);
  bool flag(std::string_view key, std::string_view help, std::optional<bool> fallback);
  // Text with a unit: "500ms", "30s", "5min", "12h", "7d". A number without a unit is a fault.
  std::chrono::milliseconds duration(std::string_view key, std::string_view help,
                                     std::optional<std::chrono::milliseconds> fallback,
                                     std::chrono::milliseconds min = kDurationMin,
                                     std::chrono::milliseconds max = kDurationMax);
  // One of `allowed`.
  std::string choice(std::string_view key, std::string_view help, std::vector<std::string> allowed,
                     std::optional<std::string> fallback = std::nullopt);
  std::vector<std::string> texts(std::string_view key, std::string_view help,
                                 std::optional<std::vector<std::string>> fallback = std::nullopt);
  // An array of tables, e.g. [[agency]]; each is read through a Reader of its own, whose finish()
  // the outer finish() calls. Empty when absent.
  std::vector<Reader*> tables(std::string_view key, std::string_view help);

  void finish();
  // After finish(): every setting with help, in TOML, as effective now.
  std::string effective() const;

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace truc::config
