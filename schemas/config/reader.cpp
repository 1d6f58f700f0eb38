#include "schemas/config/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <system_error>
#include <utility>

#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/config/duration_text.hpp"
#include "schemas/config/state.hpp"
#include "schemas/config/toml_text.hpp"

namespace truc::config {
namespace {

std::shared_ptr<File> parse(std::string_view toml, std::string source) {
  try {
    return std::make_shared<File>(File{source, toml::parse(toml, source), {}});
  } catch (const toml::parse_error& error) {
    throw ConfigError(
        fmt::format("{}:{}: not TOML: {}", source, error.source().begin.line, error.description()));
  }
}

[[noreturn]] void throw_faults(const File& file) {
  std::vector<Fault> faults = file.faults;
  // In the order of the file; what is missing has no line and comes last.
  std::ranges::sort(faults, {}, [](const Fault& fault) {
    return std::pair(fault.line.value_or(std::numeric_limits<std::uint32_t>::max()),
                     std::string_view(fault.text));
  });
  std::string text =
      fmt::format("{}: {} {}", file.source, faults.size(), faults.size() == 1 ? "fault" : "faults");
  for (const Fault& fault : faults) {
    const std::string line = fault.line ? fmt::format(":{}", *fault.line) : std::string();
    text += fmt::format("\n  {}{}: {}", file.source, line, fault.text);
  }
  throw ConfigError(text);
}

// One setting as its caller declares it.
template <class Value>
struct Declaration {
  std::string_view key;
  std::string_view help;
  std::string form;
  std::optional<Value> fallback;
};

// Reads one setting and notes it. `convert` gives no value for a wrong one, `write` makes TOML.
// What is returned beside a fault is never used: finish() throws.
template <class State, class Value, class Convert, class Write>
Value read(State& state, const Declaration<Value>& declared, const Convert& convert,
           const Write& write) {
  state.check_new(declared.key);
  std::optional<Value> value = declared.fallback;
  const std::optional<const toml::node*> found = state.find(declared.key);
  if (found && *found != nullptr) {
    value = convert(**found);
    if (!value) state.wrong_value(**found, declared.key, declared.form);
  } else if (found && !value) {
    state.fault(
        std::nullopt, declared.key,
        fmt::format("required but missing; expected {} ({})", declared.form, declared.help));
  }
  const std::string preset = declared.fallback
                                 ? fmt::format("default {}", write(*declared.fallback))
                                 : std::string("required");
  state.settings.push_back({std::string(declared.key), std::string(declared.help),
                            fmt::format("{}; {}", declared.form, preset),
                            value ? write(*value) : std::string()});
  return value.value_or(Value());
}

std::optional<std::vector<std::string>> texts_of(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const toml::node& element : *array) {
    auto text = element.value_exact<std::string>();
    if (!text || text->empty()) return std::nullopt;
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace

Reader::Reader(std::string_view toml, std::string source) {
  auto file = parse(toml, std::move(source));
  const toml::table& root = file->root;
  state_ = std::make_unique<State>(std::move(file), root, "");
}

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}

Reader::~Reader() = default;

std::unique_ptr<Reader> Reader::from_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw ConfigError(
        fmt::format("{}: cannot be opened: {}", path, std::generic_category().message(errno)));
  std::string text(limits::kConfigBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) throw ConfigError(fmt::format("{}: cannot be read", path));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > limits::kConfigBytesMax)
    throw ConfigError(fmt::format("{}: larger than {} bytes", path, limits::kConfigBytesMax));
  return std::make_unique<Reader>(text, path);
}

std::string Reader::text(std::string_view key, std::string_view help,
                         std::optional<std::string> fallback) {
  const bool may_be_empty = fallback && fallback->empty();
  const auto convert = [may_be_empty](const toml::node& node) -> std::optional<std::string> {
    auto text = node.value_exact<std::string>();
    return text && text->empty() && !may_be_empty ? std::nullopt : text;
  };
  return read(*state_, Declaration<std::string>{key, help, "text", std::move(fallback)}, convert,
              [](const std::string& text) { return toml_text(std::string_view(text)); });
}

std::int64_t Reader::integer(std::string_view key, std::string_view help,
                             std::optional<std::int64_t> fallback, std::int64_t min,
                             std::int64_t max) {
  TRUC_CHECK(min <= max, "a range has a value");
  TRUC_CHECK(!fallback || (*fallback >= min && *fallback <= max), "a default lies in its range");
  const auto convert = [min, max](const toml::node& node) -> std::optional<std::int64_t> {
    const auto number = node.value_exact<std::int64_t>();
    return number && *number >= min && *number <= max ? number : std::nullopt;
  };
  const std::string form = fmt::format("an integer from {} to {}", min, max);
  return read(*state_, Declaration<std::int64_t>{key, help, form, fallback}, convert,
              [](std::int64_t number) { return toml_text(number); });
}

bool Reader::flag(std::string_view key, std::string_view help, std::optional<bool> fallback) {
  const auto convert = [](const toml::node& node) { return node.value_exact<bool>(); };
  return read(*state_, Declaration<bool>{key, help, "true or false", fallback}, convert,
              [](bool value) { return toml_text(value); });
}

std::chrono::milliseconds Reader::duration(std::string_view key, std::string_view help,
                                           std::optional<std::chrono::milliseconds> fallback,
                                           std::chrono::milliseconds min,
                                           std::chrono::milliseconds max) {
  using std::chrono::milliseconds;
  TRUC_CHECK(min <= max, "a range has a value");
  TRUC_CHECK(!fallback || (*fallback >= min && *fallback <= max), "a default lies in its range");
  const auto convert = [min, max](const toml::node& node) -> std::optional<milliseconds> {
    const auto text = node.value_exact<std::string_view>();
    const auto value = text ? parse_duration(*text) : std::nullopt;
    return value && *value >= min && *value <= max ? value : std::nullopt;
  };
  const std::string form =
      fmt::format("{} from {} to {}", kDurationForm, write_duration(min), write_duration(max));
  return read(
      *state_, Declaration<milliseconds>{key, help, form, fallback}, convert,
      [](milliseconds value) { return toml_text(std::string_view(write_duration(value))); });
}

std::string Reader::choice(std::string_view key, std::string_view help,
                           std::vector<std::string> allowed, std::optional<std::string> fallback) {
  const auto is_allowed = [&allowed](const std::string& text) {
    return std::ranges::find(allowed, text) != allowed.end();
  };
  TRUC_CHECK(!allowed.empty(), "a choice has something to choose");
  TRUC_CHECK(!fallback || is_allowed(*fallback), "a default is one of the choices");
  const auto convert = [&is_allowed](const toml::node& node) -> std::optional<std::string> {
    auto text = node.value_exact<std::string>();
    return text && is_allowed(*text) ? text : std::nullopt;
  };
  const std::string form = fmt::format("one of \"{}\"", fmt::join(allowed, "\", \""));
  return read(*state_, Declaration<std::string>{key, help, form, std::move(fallback)}, convert,
              [](const std::string& text) { return toml_text(std::string_view(text)); });
}

std::vector<std::string> Reader::texts(std::string_view key, std::string_view help,
                                       std::optional<std::vector<std::string>> fallback) {
  return read(*state_,
              Declaration<std::vector<std::string>>{key, help, "an array of texts, none empty",
                                                    std::move(fallback)},
              texts_of, [](const std::vector<std::string>& texts) { return toml_text(texts); });
}

std::vector<Reader*> Reader::tables(std::string_view key, std::string_view help) {
  state_->check_new(key);
  State::Tables declared{std::string(key), std::string(help), {}};
  const std::optional<const toml::node*> found = state_->find(key);
  const toml::node* node = found.value_or(nullptr);
  if (node != nullptr && !node->is_array_of_tables())
    state_->wrong_value(*node, key, fmt::format("tables, each under [[{}]]", key));
  std::vector<Reader*> readers;
  if (node != nullptr && node->is_array_of_tables()) {
    for (const toml::node& element : *node->as_array()) {
      auto prefix = fmt::format("{}{}[{}].", state_->prefix, key, readers.size() + 1);
      auto state = std::make_unique<State>(state_->file, *element.as_table(), std::move(prefix));
      declared.readers.push_back(std::unique_ptr<Reader>(new Reader(std::move(state))));
      readers.push_back(declared.readers.back().get());
    }
  }
  state_->arrays.push_back(std::move(declared));
  return readers;
}

void Reader::finish() {
  TRUC_CHECK(state_->prefix.empty(), "the outer finish() finishes its tables");
  TRUC_CHECK(!state_->finished, "finish() is called once");
  state_->note_unknown();
  if (!state_->file->faults.empty()) throw_faults(*state_->file);
}

std::string Reader::effective() const {
  TRUC_CHECK(state_->finished, "only a finished reader knows every setting");
  std::string out;
  state_->write(out, "");
  return out;
}

}  // namespace truc::config
