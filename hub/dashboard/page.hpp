// The operators' live page, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace truc::hub::dashboard {

struct PageFile {
  std::string_view path;  // as requested: "/page.js"
  std::string_view content_type;
  std::string_view bytes;
};

// "/" is index.html.
std::span<const PageFile> page_files();

}  // namespace truc::hub::dashboard
