#include "hub/directory/fold.hpp"

#include <array>
#include <cstdint>

namespace truc::hub {
namespace {

struct Block {
  char32_t first;
  char32_t last;
  char base;
};

// The letters of Vietnamese beyond ASCII, upper and lower case alike, by their Unicode blocks.
constexpr std::array kBlocks = {
    Block{0x00c0, 0x00c5, 'a'}, Block{0x00c8, 0x00cb, 'e'}, Block{0x00cc, 0x00cf, 'i'},
    Block{0x00d2, 0x00d6, 'o'}, Block{0x00d9, 0x00dc, 'u'}, Block{0x00dd, 0x00dd, 'y'},
    Block{0x00e0, 0x00e5, 'a'}, Block{0x00e8, 0x00eb, 'e'}, Block{0x00ec, 0x00ef, 'i'},
    Block{0x00f2, 0x00f6, 'o'}, Block{0x00f9, 0x00fc, 'u'}, Block{0x00fd, 0x00fd, 'y'},
    Block{0x0102, 0x0103, 'a'}, Block{0x0110, 0x0111, 'd'}, Block{0x0128, 0x0129, 'i'},
    Block{0x0168, 0x0169, 'u'}, Block{0x01a0, 0x01a1, 'o'}, Block{0x01af, 0x01b0, 'u'},
    Block{0x1ea0, 0x1eb7, 'a'}, Block{0x1eb8, 0x1ec7, 'e'}, Block{0x1ec8, 0x1ecb, 'i'},
    Block{0x1ecc, 0x1ee3, 'o'}, Block{0x1ee4, 0x1ef1, 'u'}, Block{0x1ef2, 0x1ef9, 'y'},
};

bool is_combining_mark(char32_t point) {
  return point >= 0x0300 && point <= 0x036f;
}

// The length of the sequence that `lead` begins; 0 for a byte that begins none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

char32_t decode(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<unsigned char>(sequence[0]);
  const auto lead = static_cast<unsigned char>(sequence[0]);
  char32_t point = lead & (0x7fU >> sequence.size());
  for (const char c : sequence.substr(1))
    point = (point << 6U) | (static_cast<unsigned>(c) & 0x3fU);
  return point;
}

void append_folded(std::string& folded, std::string_view sequence) {
  const char32_t point = decode(sequence);
  if (point < 0x80) {
    const char c = static_cast<char>(point);
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return;
  }
  if (is_combining_mark(point)) return;
  for (const Block& block : kBlocks) {
    if (point >= block.first && point <= block.last) {
      folded += block.base;
      return;
    }
  }
  folded += sequence;
}

}  // namespace

std::string fold(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto length = sequence_length(static_cast<unsigned char>(text[i]));
    if (length == 0 || i + length > text.size()) {
      ++i;
      continue;
    }
    append_folded(folded, text.substr(i, length));
    i += length;
  }
  return folded;
}

}  // namespace truc::hub
