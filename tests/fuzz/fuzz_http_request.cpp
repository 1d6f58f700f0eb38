// What a peer writes on a connection: one request after the other, in reads of any size. However
// the bytes are cut, they are the same requests; two readers that differ are request smuggling.
#include <array>

#include "pki/channel/request_parser.hpp"
#include "schemas/base/check.hpp"
#include "tests/fuzz/properties.hpp"

namespace {

using namespace truc;
using channel::RequestParser;

constexpr std::size_t kRequestsMax = 8;

void append(std::string& story, std::string_view what) {
  story.append(what).append("\n");
}

// Whether a request that cannot become one is refused now or at its end is for the cuts to say.
bool ends(std::string& story, const Failure& failure) {
  fuzz::require_sound(failure);
  append(story, "no further request");
  return false;
}

void append(std::string& story, const channel::Request& request) {
  TRUC_CHECK(request.target.path.starts_with('/'), "a target is a path");
  append(story, std::to_string(static_cast<int>(request.method)));
  append(story, request.target.path);
  for (const auto& [name, value] : request.target.parameters) append(story, name + '=' + value);
  for (const auto& [name, value] : request.headers.all()) append(story, name + ": " + value);
}

// The bytes of a connection as reads of one size give them.
class Reads {
 public:
  Reads(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  std::string_view seen() const { return bytes_.substr(0, seen_); }
  bool more() {
    const auto before = seen_;
    seen_ = std::min(seen_ + step_, bytes_.size());
    return seen_ > before;
  }
  void consume(std::size_t count) {
    TRUC_CHECK(count <= seen_, "a parser uses what it was given");
    bytes_.remove_prefix(count);
    seen_ -= count;
  }

 private:
  std::string_view bytes_;
  std::size_t step_;
  std::size_t seen_ = 0;
};

bool read_head(RequestParser& parser, Reads& reads, std::string& story) {
  while (true) {
    const auto used = parser.take_head(reads.seen());
    if (!used) return ends(story, used.error());
    reads.consume(used.value());
    if (parser.has_head()) return true;
    if (!reads.more()) return ends(story, ErrorCode::malformed_request);
  }
}

bool read_body(RequestParser& parser, Reads& reads, std::string& story) {
  std::string body;
  std::array<char, 7> space{};
  while (!parser.is_done()) {
    const auto taken = parser.take_body(reads.seen(), space);
    if (!taken) return ends(story, taken.error());
    reads.consume(taken.value().used);
    TRUC_CHECK(taken.value().written <= space.size(), "a body stays in its space");
    body.append(space.data(), taken.value().written);
    if (taken.value().written == 0 && !parser.is_done() && !reads.more())
      return ends(story, ErrorCode::body_truncated);
  }
  TRUC_CHECK(!parser.length() || *parser.length() == body.size(), "a stated length is the length");
  append(story, body);
  return true;
}

// What a server sees.
std::string story_of(std::string_view bytes, std::size_t step) {
  std::string story;
  Reads reads(bytes, step);
  for (std::size_t count = 0; count < kRequestsMax; ++count) {
    RequestParser parser;
    if (!read_head(parser, reads, story)) break;
    const auto request = parser.request();
    if (request) {
      append(story, request.value());
    } else {
      fuzz::require_sound(request.error());
      append(story, describe(request.error().code()).name);
    }
    if (!read_body(parser, reads, story) || !parser.keeps_alive()) break;
  }
  return story;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = fuzz::as_text(bytes, size);
  const auto whole = story_of(text, std::max<std::size_t>(size, 1));
  TRUC_CHECK(story_of(text, 1) == whole, "the cuts between reads change no request");
  TRUC_CHECK(story_of(text, 13) == whole, "the cuts between reads change no request");
  return 0;
}
