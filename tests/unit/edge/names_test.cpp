#include "edge-adapter/spool/names.hpp"

#include <catch2/catch.hpp>

namespace truc::edge {

TEST_CASE("unfinished names are left alone", "[edge][names]") {
  const auto name = GENERATE(".hidden", ".letter.edxml.tmp", "letter.edxml.tmp", "letter.part",
                             ".truc-probe", "folder.tmp");
  CHECK(classify_drop(name, EntryType::file) == DropVerdict::untouched);
  CHECK(classify_drop(name, EntryType::folder) == DropVerdict::untouched);
}

TEST_CASE("packages and folders are taken, with Vietnamese names too", "[edge][names]") {
  CHECK(classify_drop("letter.edxml", EntryType::file) == DropVerdict::package);
  CHECK(classify_drop("Công văn 12.edxml", EntryType::file) == DropVerdict::package);
  CHECK(classify_drop("Công văn 12", EntryType::folder) == DropVerdict::folder);
}

TEST_CASE("what is neither package nor folder is misnamed", "[edge][names]") {
  CHECK(classify_drop("letter.xml", EntryType::file) == DropVerdict::misnamed);
  CHECK(classify_drop("edxml", EntryType::file) == DropVerdict::misnamed);
  CHECK(classify_drop("link.edxml", EntryType::other) == DropVerdict::misnamed);
  CHECK(classify_drop("bad\nname.edxml", EntryType::file) == DropVerdict::misnamed);
  CHECK(classify_drop("not\xff"
                      "utf8.edxml",
                      EntryType::file) == DropVerdict::misnamed);
}

TEST_CASE("a name that is written stays inside its folder", "[edge][names]") {
  struct Case {
    const char* wanted;
    const char* safe;
  };
  const auto example = GENERATE(
      Case{"../../etc/passwd", "_._.._etc_passwd"}, Case{"..", "_"}, Case{".", "_"}, Case{"", "_"},
      Case{"a/b", "a_b"}, Case{"a\\b", "a_b"}, Case{"C:x", "C_x"}, Case{".bashrc", "_bashrc"},
      Case{"tail. . ", "tail"}, Case{"line\nbreak", "line_break"}, Case{"bro\xC3", "bro_"},
      Case{"over\xC0\xAFlong", "over__long"}, Case{"exe.\xE2\x80\xAEgpj", "exe._gpj"},
      Case{"Tờ trình số 5.pdf", "Tờ trình số 5.pdf"});
  CHECK(safe_file_name(example.wanted) == example.safe);
}

TEST_CASE("a safe name is safe already", "[edge][names]") {
  const auto wanted = GENERATE("../x", "a\tb", "...", "Quyết định.docx", "\xF0\x9F\x98\x80.pdf");
  const std::string once = safe_file_name(wanted);
  CHECK(safe_file_name(once) == once);
}

TEST_CASE("a long name keeps its ending and whole characters", "[edge][names]") {
  std::string wanted;
  for (int i = 0; i < 200; ++i) wanted += "ệ";
  const std::string safe = safe_file_name(wanted + ".pdf");
  CHECK(safe.size() <= 200);
  CHECK(safe.ends_with("ệ.pdf"));
}

TEST_CASE("names of one folder differ, and ours are reserved", "[edge][names]") {
  NameSet names = reserved_names();
  CHECK(names.take("a.pdf") == "a.pdf");
  CHECK(names.take("a.pdf") == "a~2.pdf");
  CHECK(names.take("A.PDF") == "A~3.PDF");
  CHECK(names.take("envelope.edxml") == "envelope~2.edxml");
  CHECK(names.take("Receipt.json") == "Receipt~2.json");
  CHECK(names.take("../a.pdf") == "_._a.pdf");
}

TEST_CASE("a drop's stem is its name without the package's ending", "[edge][names]") {
  CHECK(drop_stem("12.VPCP.edxml", DropForm::package) == "12.VPCP");
  CHECK(drop_stem("12.VPCP", DropForm::folder) == "12.VPCP");
}

}  // namespace truc::edge
