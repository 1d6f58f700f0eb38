// The operators' live page, built into the program.
#pragma once

#include <string_view>

namespace truc::hub::dashboard {

struct PageFile {
  std::string_view path;  // as requested: "/page.js"
  std::string_view content_type;
  std::string_view bytes;
};

// "/" is index.html. Null when the page has no such file.
const PageFile* page_file(std::string_view path);

}  // namespace truc::hub::dashboard
