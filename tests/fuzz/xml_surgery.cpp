#include "tests/fuzz/xml_surgery.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* bytes, std::size_t size,
                                        std::size_t size_max);

namespace truc::fuzz {
namespace {

using Random = std::minstd_rand;

struct Range {
  std::size_t from = 0;
  std::size_t size = 0;
};

std::size_t below(Random& random, std::size_t end) {
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
}

// Where start tags begin.
std::vector<std::size_t> start_tags(std::string_view xml) {
  std::vector<std::size_t> found;
  for (auto at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const auto next = xml.substr(at + 1, 1);
    if (!next.empty() && std::string_view("/!?").find(next) == std::string_view::npos)
      found.push_back(at);
  }
  return found;
}

// From a start tag to the next end tag of that name, or the start tag alone.
Range element_at(std::string_view xml, std::size_t at) {
  const auto name_end = xml.find_first_of(" \t\r\n/>", at);
  const auto name = xml.substr(at + 1, name_end - at - 1);
  const auto tag = "</" + std::string(name) + '>';
  auto end = xml.find(tag, at);
  end = end == std::string_view::npos ? xml.find('>', at) : end + tag.size() - 1;
  return {at, std::min(end, xml.size() - 1) + 1 - at};
}

std::string operated(std::string text, Random& random) {
  const auto tags = start_tags(text);
  if (tags.empty()) return text;
  const auto element = element_at(text, tags[below(random, tags.size())]);
  const auto copy = text.substr(element.from, element.size);
  const auto place = tags[below(random, tags.size())];
  switch (below(random, 4)) {
    case 0:
      return text.erase(element.from, element.size);
    case 1:
      return text.insert(element.from, copy);
    case 2:
      return text.insert(place, copy);
    default:
      text.erase(element.from, element.size);
      return text.insert(std::min(place, text.size()), copy);
  }
}

}  // namespace

std::size_t mutate_xml(std::uint8_t* bytes, std::size_t size, std::size_t size_max,
                       unsigned int seed) {
  Random random(seed);
  if (below(random, 4) != 0) return LLVMFuzzerMutate(bytes, size, size_max);
  const std::string text =
      operated(std::string(reinterpret_cast<const char*>(bytes), size), random);
  if (text.size() > size_max) return LLVMFuzzerMutate(bytes, size, size_max);
  std::ranges::copy(text, bytes);
  return text.size();
}

}  // namespace truc::fuzz
