// Reads the directory's file and refuses what could route a document wrongly: two agencies under
// one code, successors that do not exist, successions that lead back to where they began.
#include <algorithm>
#include <fstream>
#include <istream>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "hub/directory/directory.hpp"
#include "hub/directory/fold.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

namespace json = boost::json;

Failure malformed(std::string expected, std::string found = {}) {
  return Failure(ErrorCode::directory_malformed)
      .expected(std::move(expected))
      .found(std::move(found));
}

// A calendar day in the file: "2025-07-01".
Result<std::chrono::sys_days> parse_day(std::string_view text) {
  std::string national(text);
  std::ranges::replace(national, '-', '/');
  const auto date = parse_national_date(national);
  if (!date || text.find('/') != text.npos)
    return malformed("a day as 2025-07-01", std::string(text));
  return std::chrono::sys_days{date.value()};
}

Result<std::string_view> text_of(const json::value& value, std::string_view name) {
  if (!value.is_string()) return malformed("text in \"" + std::string(name) + '"');
  return std::string_view(value.get_string());
}

Result<AgencyCode> code_of(const json::value& value, std::string_view name) {
  TRUC_TRY(const auto text, text_of(value, name));
  auto code = AgencyCode::parse(text);
  if (!code)
    return malformed("an agency's code in \"" + std::string(name) + '"', code.error().found());
  return std::move(code).value();
}

Result<std::vector<AgencyCode>> codes_of(const json::value& value, std::string_view name) {
  if (!value.is_array()) return malformed("an array in \"" + std::string(name) + '"');
  std::vector<AgencyCode> codes;
  codes.reserve(value.get_array().size());
  for (const json::value& element : value.get_array()) {
    TRUC_TRY(auto code, code_of(element, name));
    codes.push_back(std::move(code));
  }
  return codes;
}

Result<Level> level_of(const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 1 || value.get_int64() > 4)
    return malformed("1 to 4 in \"level\"");
  return static_cast<Level>(value.get_int64());
}

// The members of one line as they come; the required ones are demanded at the end.
struct Line {
  std::optional<AgencyCode> code;
  std::vector<AgencyCode> other_codes;
  std::string name;
  std::optional<AgencyCode> parent;
  std::optional<Level> level;
  std::optional<SystemId> system;
  std::optional<std::chrono::sys_days> opened;
  std::optional<std::chrono::sys_days> closed;
  std::vector<AgencyCode> successors;

  Result<void> take(std::string_view member, const json::value& value);
  Result<Agency> agency() &&;
};

Result<void> Line::take(std::string_view member, const json::value& value) {
  if (member == "code") {
    TRUC_TRY(code, code_of(value, member));
  } else if (member == "other_codes") {
    TRUC_TRY(other_codes, codes_of(value, member));
  } else if (member == "name") {
    TRUC_TRY(const auto text, text_of(value, member));
    name = text;
  } else if (member == "parent") {
    TRUC_TRY(parent, code_of(value, member));
  } else if (member == "level") {
    TRUC_TRY(level, level_of(value));
  } else if (member == "system") {
    TRUC_TRY(const auto text, text_of(value, member));
    auto parsed = SystemId::parse(text);
    if (!parsed) return malformed("a system's code in \"system\"", parsed.error().found());
    system = std::move(parsed).value();
  } else if (member == "opened") {
    TRUC_TRY(const auto text, text_of(value, member));
    TRUC_TRY(opened, parse_day(text));
  } else if (member == "closed") {
    TRUC_TRY(const auto text, text_of(value, member));
    TRUC_TRY(closed, parse_day(text));
  } else if (member == "successors") {
    TRUC_TRY(successors, codes_of(value, member));
  } else {
    return malformed("only members that PR-DIR names", std::string(member.substr(0, 40)));
  }
  return success();
}

Result<Agency> Line::agency() && {
  if (!code) return malformed("\"code\"");
  if (name.empty()) return malformed("\"name\"");
  if (!system) return malformed("\"system\"");
  if (!level) level = code->implied_level();
  if (!level) return malformed("\"level\", which this code does not tell", code->text());
  if (!closed && !successors.empty()) return malformed("\"closed\" beside \"successors\"");
  if (opened && closed && *closed < *opened) return malformed("\"closed\" not before \"opened\"");
  return Agency{std::move(*code),
                std::move(other_codes),
                std::move(name),
                std::move(parent),
                *level,
                std::move(*system),
                opened,
                closed,
                std::move(successors)};
}

Result<Agency> read_line(std::string_view text, json::storage_ptr storage) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error, std::move(storage));
  if (error) return malformed("one JSON object", error.message());
  if (!value.is_object()) return malformed("one JSON object");
  Line line;
  for (const auto& member : value.get_object()) {
    TRUC_TRY(line.take(member.key(), member.value()));
  }
  return std::move(line).agency();
}

}  // namespace

class DirectoryBuilder {
 public:
  explicit DirectoryBuilder(std::string source) : source_(std::move(source)) {}

  Result<void> add(std::string_view text, std::size_t line) {
    // One buffer for every line's parsed form: loading a nation's agencies allocates little.
    json::monotonic_resource storage(scratch_.data(), scratch_.size());
    auto agency = read_line(text, &storage);
    if (!agency) return std::move(agency).error().at(place(line));
    agencies_.push_back(std::move(agency).value());
    lines_.push_back(static_cast<std::uint32_t>(line));
    if (agencies_.size() > limits::kDirectoryAgenciesMax) {
      return malformed("at most " + std::to_string(limits::kDirectoryAgenciesMax) + " agencies")
          .at(place(line));
    }
    return success();
  }

  Result<std::shared_ptr<const Directory>> finish() {
    sort();
    TRUC_TRY(index_codes());
    TRUC_TRY(link_successions());
    depth_.assign(directory_->agencies_.size(), 0);
    for (std::uint32_t i = 0; i < directory_->agencies_.size(); ++i) {
      TRUC_TRY(check_depth(i, 0));
    }
    index_systems();
    index_text();
    return std::shared_ptr<const Directory>(std::move(directory_));
  }

  std::string place(std::size_t line) const { return source_ + ':' + std::to_string(line); }

 private:
  using Position = std::uint32_t;

  void sort() {
    std::vector<Position> order(agencies_.size());
    for (Position i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [this](Position i) {
      return std::pair<std::string_view, Position>(agencies_[i].code.text(), i);
    });
    directory_->agencies_.reserve(order.size());
    std::vector<Position> lines;
    lines.reserve(order.size());
    for (const Position i : order) {
      directory_->agencies_.push_back(std::move(agencies_[i]));
      lines.push_back(lines_[i]);
    }
    agencies_ = {};
    lines_ = std::move(lines);
  }

  // Every code, registered or other, means one agency.
  Result<void> index_codes() {
    const auto& agencies = directory_->agencies_;
    directory_->positions_.reserve(2 * agencies.size());
    for (Position i = 0; i < agencies.size(); ++i) {
      TRUC_TRY(index_code(agencies[i].code, i));
    }
    for (Position i = 0; i < agencies.size(); ++i) {
      for (const AgencyCode& code : agencies[i].other_codes) {
        TRUC_TRY(index_code(code, i));
      }
    }
    return success();
  }

  Result<void> index_code(const AgencyCode& code, Position owner) {
    if (directory_->positions_.try_emplace(code.text(), owner).second) return success();
    return malformed("every code once", code.text()).at(place(lines_[owner]));
  }

  Result<void> link_successions() {
    auto& agencies = directory_->agencies_;
    for (Position i = 0; i < agencies.size(); ++i) {
      for (AgencyCode& code : agencies[i].successors) {
        const Agency* successor = directory_->find(code);
        if (successor == nullptr)
          return malformed("successors that are registered", code.text()).at(place(lines_[i]));
        code = successor->code;
      }
    }
    return success();
  }

  // A succession that is too long is refused, and so is one without an end.
  Result<std::size_t> check_depth(Position at, std::size_t walked) {
    const Agency& agency = directory_->agencies_[at];
    if (walked > limits::kSuccessionsMax) {
      return malformed("a succession of at most " + std::to_string(limits::kSuccessionsMax) +
                           " steps that does not lead back",
                       agency.code.text())
          .at(place(lines_[at]));
    }
    if (agency.successors.empty() || depth_[at] != 0) return depth_[at];
    std::size_t deepest = 0;
    for (const AgencyCode& code : agency.successors) {
      const auto next =
          static_cast<Position>(directory_->find(code) - directory_->agencies_.data());
      TRUC_TRY(const auto below, check_depth(next, walked + 1));
      deepest = std::max(deepest, below);
    }
    if (deepest + 1 > limits::kSuccessionsMax) return check_depth(at, limits::kSuccessionsMax + 1);
    depth_[at] = static_cast<std::uint8_t>(deepest + 1);
    return deepest + 1;
  }

  void index_systems() {
    for (const Agency& agency : directory_->agencies_)
      directory_->systems_.insert(agency.system.text());
  }

  void index_text() {
    auto& begin = directory_->search_begin_;
    begin.reserve(directory_->agencies_.size() + 1);
    for (const Agency& agency : directory_->agencies_) {
      begin.push_back(static_cast<Position>(directory_->search_text_.size()));
      directory_->search_text_ += fold(agency.code.text()) + ' ' + fold(agency.name);
    }
    begin.push_back(static_cast<Position>(directory_->search_text_.size()));
    directory_->search_text_.shrink_to_fit();
  }

  std::string source_;
  std::unique_ptr<Directory> directory_{new Directory};
  std::vector<Agency> agencies_;
  std::vector<std::uint32_t> lines_;
  std::vector<std::uint8_t> depth_;
  std::vector<unsigned char> scratch_ = std::vector<unsigned char>(16 * limits::kKiB);
};

Result<std::shared_ptr<const Directory>> Directory::read(std::istream& lines,
                                                         const std::string& source) {
  DirectoryBuilder builder(source);
  std::string text;
  for (std::size_t line = 1; std::getline(lines, text); ++line) {
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) continue;
    if (text.size() > limits::kDirectoryLineBytesMax) {
      return malformed("lines of at most " + std::to_string(limits::kDirectoryLineBytesMax) +
                       " bytes")
          .at(builder.place(line));
    }
    TRUC_TRY(builder.add(text, line));
  }
  if (lines.bad()) return Failure(ErrorCode::file_failed).at(source);
  return builder.finish();
}

Result<std::shared_ptr<const Directory>> Directory::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failure(ErrorCode::file_failed).at(path).expected("the agency directory");
  return read(file, path);
}

}  // namespace truc::hub
