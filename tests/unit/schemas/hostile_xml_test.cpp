// What a file that was made to hurt costs, against an honest one of the same size in the same run.
// clang-format off
#include "tests/support/counted_memory.hpp"  // first
// clang-format on

#include <time.h>

#include <catch2/catch.hpp>
#include <limits>

#include "tests/support/envelopes.hpp"

using namespace truc;
using namespace truc::testing;

namespace {

constexpr std::size_t kSize = 500'000;  // bytes of every file, more or less

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string filled_with(std::string_view piece) {
  return repeated(piece, kSize / piece.size());
}

// "piece1piece2…" with '#' as the number.
std::string numbered(std::string_view piece, std::size_t times = kSize) {
  std::string text;
  for (std::size_t i = 0; i < times && text.size() < kSize; ++i) {
    const auto at = piece.find('#');
    text.append(piece.substr(0, at)).append(std::to_string(i)).append(piece.substr(at + 1));
  }
  return text;
}

std::string behind(std::string_view tag, const std::string& text) {
  static const auto document = sample_document_xml(sample_document("G22", {"H53"}));
  return with(document, tag, std::string(tag) + text);
}

struct Cost {
  double seconds = std::numeric_limits<double>::max();  // of the processor, the best of three
  std::size_t bytes = 0;                                // at the worst moment
  bool refused = false;
};

double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

bool is_refused(std::string bytes) {
  auto envelope = edxml::read_envelope(std::move(bytes));
  return !envelope || !rules().check(std::move(envelope).value());
}

Cost cost_of(const std::string& bytes) {
  Cost cost;
  for (int round = 0; round < 3; ++round) {
    counted_memory.peak = counted_memory.now;
    const auto before = counted_memory.now;
    const auto begun = processor_seconds();
    cost.refused = is_refused(bytes);
    cost.seconds = std::min(cost.seconds, processor_seconds() - begun);
    cost.bytes = std::max(cost.bytes, counted_memory.peak - before);
  }
  return cost;
}

// Many small elements, as a letter to thousands of communes has.
const Cost& honest_cost() {
  static const auto cost = cost_of(
      behind("</edXML:From>",
             numbered("<edXML:To><edXML:OrganId>H53.#</edXML:OrganId><edXML:OrganName>Ủy ban nhân "
                      "dân xã</edXML:OrganName></edXML:To>")));
  return cost;
}

// Shapes whose cost grows with the square of their size, or whose parts multiply, where a reader is
// careless.
struct Shape {
  const char* what;
  std::string bytes;
};

std::vector<Shape> shapes() {
  std::string around;
  for (int depth = 0; depth < 30; ++depth)
    around += "<a" + numbered(" xmlns:p" + std::to_string(depth) + "_#='u:1'", 15) + ">";
  return {
      {"attributes of one element", "<a" + numbered(" b#=''") + "/>"},
      {"one attribute again and again", "<a" + filled_with(" b=''") + "/>"},
      {"namespaces of one element", "<a" + numbered(" xmlns:b#='u:1'") + "/>"},
      {"namespaces around many elements", around + filled_with("<p0_0:b/>")},
      {"depth", filled_with("<a>")},
      {"elements", "<a>" + filled_with("<b/>") + "</a>"},
      {"comments", "<a>" + filled_with("<!---->") + "</a>"},
      {"comments before the root", filled_with("<!--b-->") + "<a/>"},
      {"comments that never end", "<a>" + filled_with("<!--")},
      {"quotes that never end", "<a>" + filled_with("<b c='")},
      {"one text", "<a>" + std::string(kSize, 'b') + "</a>"},
      {"a text in pieces", "<a>" + filled_with("b<![CDATA[c]]>") + "</a>"},
      {"sections behind one another", "<a>" + filled_with("<![CDATA[c]]>") + "</a>"},
      {"references to characters", "<a>" + filled_with("&#65;") + "</a>"},
      {"references in a value", "<a b='" + filled_with("&#65;") + "'/>"},
      {"a document type of entities", "<!DOCTYPE a [" + numbered("<!ENTITY b# 'c'>") + "]><a/>"},
      {"a name", "<" + std::string(kSize, 'a') + "/>"},
      {"an instruction", "<?a " + std::string(kSize, 'b') + "?><a/>"},
      {"end tags without beginnings", "<a>" + filled_with("</b>")},
      {"one recipient again and again",
       behind("</edXML:From>", filled_with("<edXML:To><edXML:OrganId>H53</edXML:OrganId>"
                                           "<edXML:OrganName>a</edXML:OrganName></edXML:To>"))},
      {"places", behind("<edXML:ToPlaces>", filled_with("<edXML:Place a='1'>b</edXML:Place>"))},
      {"references to attachments",
       behind("<edXML:edXMLManifest version=\"1.0\">", filled_with("<edXML:Reference/>"))},
      {"hops with nothing in them",
       behind("<edXML:TraceHeaderList>", filled_with("<edXML:TraceHeader/>"))},
      {"hops of something else",
       behind("<edXML:TraceHeaderList>",
              filled_with("<edXML:TraceHeader><edXML:Bad/></edXML:TraceHeader>"))},
      {"an unknown element at the end",
       behind("</edXML:From>", filled_with("<edXML:To><edXML:OrganId>H53</edXML:OrganId>"
                                           "<edXML:OrganName>a</edXML:OrganName></edXML:To>") +
                                   "<edXML:Bad/>")},
  };
}

}  // namespace

TEST_CASE("a hostile file costs no more than an honest one of its size", "[edxml][hostile]") {
  const auto& honest = honest_cost();
  REQUIRE_FALSE(honest.refused);
  for (const auto& shape : shapes()) {
    const auto cost = cost_of(shape.bytes);
    INFO(shape.what << ": " << cost.seconds / honest.seconds << " of the time, "
                    << static_cast<double>(cost.bytes) / static_cast<double>(honest.bytes)
                    << " of the memory");
    CHECK(cost.refused);
    CHECK(cost.seconds < 3 * honest.seconds);  // most are below one
    CHECK(cost.bytes < 4 * honest.bytes);      // bounded by the number of elements
  }
}
