// Events, one JSON line each on standard error: {"time","level","event",…fields}.
//
// Names are `area.verb` and stand in docs/operations/events.md. Document content and personal data
// are never fields. Log once, where the matter is decided. Of warnings and errors of one name only
// so many are written in a time (line_quota.hpp); the next one that is says how many were left out.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "schemas/base/failure.hpp"

namespace truc::telemetry {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

// One name and its value.
struct Field {
  Field(std::string_view field_name, std::string_view text)
      : name(field_name), value(std::string(text)) {}
  Field(std::string_view field_name, const char* text)
      : name(field_name), value(std::string(text)) {}
  Field(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
  Field(std::string_view field_name, std::int64_t number) : name(field_name), value(number) {}
  Field(std::string_view field_name, int number)
      : name(field_name), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view field_name, std::uint64_t number)
      : name(field_name), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view field_name, bool flag) : name(field_name), value(flag) {}
  // Writes code, name, place, expected, found and detail as "failure.…".
  Field(std::string_view field_name, const Failure& failure) : name(field_name), value(failure) {}

  std::string_view name;
  std::variant<std::string, std::int64_t, bool, Failure> value;
};

// Thread-safe. One per process, made in main and passed by reference to whoever logs.
class Log {
 public:
  explicit Log(LogLevel lowest);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void debug(std::string_view event, std::initializer_list<Field> fields = {});
  void info(std::string_view event, std::initializer_list<Field> fields = {});
  void warn(std::string_view event, std::initializer_list<Field> fields = {});
  void error(std::string_view event, std::initializer_list<Field> fields = {});
  void flush();

 private:
  void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace truc::telemetry
