// Names and closed lists of QCVN 102:2016 (edXML) and of our one extension.
#pragma once

#include <cstdint>
#include <string_view>

namespace truc::edxml {

constexpr std::string_view kNamespace = "http://www.mic.gov.vn/TBT/QCVN_102_2016";
constexpr std::string_view kPrefix = "edXML";  // some readers refuse packages without this prefix

// Our extension: in edXMLManifest/Reference, <truc:Beside sha256="…" size="…"/> binds an attachment
// that travels beside the envelope (PR-ENV, "Attachments beside").
constexpr std::string_view kTrucNamespace = "urn:vn:truc:edxml:1";

enum class Priority : std::uint8_t {
  normal = 0,             // Thường
  urgent = 1,             // Khẩn
  very_urgent = 2,        // Thượng khẩn
  immediate = 3,          // Hỏa tốc
  immediate_by_time = 4,  // Hỏa tốc hẹn giờ
};

// BussinessDocType (the standard's spelling).
enum class Business : std::uint8_t { create = 0, recall = 1, update = 2, replace = 3 };

enum class StatusCode : std::uint8_t {
  arrived = 1,          // 01 đã đến
  refused = 2,          // 02 từ chối
  registered = 3,       // 03 tiếp nhận
  assigned = 4,         // 04 phân công
  in_progress = 5,      // 05 đang xử lý
  finished = 6,         // 06 hoàn thành
  take_back = 13,       // 13 yêu cầu lấy lại, by the original sender
  change_agreed = 15,   // 15 đồng ý
  change_refused = 16,  // 16 từ chối
};

}  // namespace truc::edxml
