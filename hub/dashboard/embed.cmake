# Writes the page's files into one C++ source: cmake -DFOLDER=… -DOUTPUT=… -P embed.cmake
set(arrays "")
set(rows "")
foreach(name index.html page.js page.css)
  file(READ "${FOLDER}/${name}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," octets "${hex}")
  string(REGEX REPLACE "(('....',)('....',)('....',)('....',)('....',)('....',)('....',)('....',))"
         "\\1\n    " octets "${octets}")
  string(MAKE_C_IDENTIFIER "${name}" symbol)
  string(APPEND arrays "constexpr char ${symbol}[] = {\n    ${octets}\n};\n")
endforeach()
foreach(row "/;index.html;text/html" "/index.html;index.html;text/html"
            "/page.js;page.js;text/javascript" "/page.css;page.css;text/css")
  list(GET row 0 path)
  list(GET row 1 name)
  list(GET row 2 type)
  string(MAKE_C_IDENTIFIER "${name}" symbol)
  string(APPEND rows "    PageFile{\"${path}\", \"${type}; charset=utf-8\", "
                     "std::string_view(${symbol}, sizeof ${symbol})},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include <array>

#include \"hub/dashboard/page.hpp\"

namespace truc::hub::dashboard {
namespace {

${arrays}
constexpr std::array kFiles = {
${rows}};

}  // namespace

std::span<const PageFile> page_files() {
  return kFiles;
}

}  // namespace truc::hub::dashboard
")
