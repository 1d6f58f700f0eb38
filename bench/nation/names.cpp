#include "bench/nation/names.hpp"

#include <array>
#include <string_view>

namespace truc::bench {
namespace {

constexpr std::array<std::string_view, 16> kFirst = {
    "An",   "Bình",  "Cẩm",   "Đông",  "Gia", "Hòa",   "Khánh", "Long",
    "Minh", "Nghĩa", "Phước", "Quảng", "Tân", "Thuận", "Vĩnh",  "Xuân"};
constexpr std::array<std::string_view, 15> kSecond = {"Lạc",   "Mỹ",   "Phú",   "Sơn",   "Thạnh",
                                                      "Giang", "Hưng", "Khê",   "Lâm",   "Ngọc",
                                                      "Hải",   "Điền", "Thành", "Trung", "Yên"};
constexpr std::array<std::string_view, 12> kFields = {
    "Tài chính", "Nội vụ",  "Tư pháp", "Xây dựng", "Công Thương", "Y tế",
    "Giáo dục",  "Văn hóa", "Đất đai", "Lưu trữ",  "Thủy lợi",    "Thống kê"};

template <std::size_t kCount>
std::string_view pick(const std::array<std::string_view, kCount>& words, std::size_t number) {
  return words[number % kCount];
}

// 240 pairs before a number has to follow.
std::string place(std::size_t ordinal) {
  constexpr std::size_t kPairs = kFirst.size() * kSecond.size();
  std::string name(pick(kFirst, ordinal));
  name += ' ';
  name += pick(kSecond, ordinal);
  if (ordinal >= kPairs) name += ' ' + std::to_string(ordinal / kPairs + 1);
  return name;
}

}  // namespace

std::string invented_name(Level level, std::size_t ordinal, const std::string& above) {
  switch (level) {
    case Level::one:
      return "Tỉnh " + place(ordinal);
    case Level::two:
      return "Sở " + std::string(pick(kFields, ordinal)) + " số " + std::to_string(ordinal + 1) +
             ", " + above;
    case Level::three:
      return "Huyện " + place(ordinal);
    case Level::four:
      return "Ủy ban nhân dân xã " + place(ordinal);
  }
  return above;
}

}  // namespace truc::bench
