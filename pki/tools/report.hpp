// What was found out about a file, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "pki/tools/examine.hpp"
#include "pki/tools/words.hpp"

namespace truc::pki {

struct Fact {
  Label label;
  std::vector<std::string> values;  // as in the files; not yet safe for a terminal
};

struct Report {
  std::string file;
  std::string_view kind;  // "package", "receipt", "certificate", "match", "file"
  std::vector<Fact> facts;
  std::optional<Phrase> proves;
  std::optional<Phrase> proves_not;
  std::optional<Failure> failure;
};

Report report_on(const Examination& examination, const Measure& measure, Language language);

// Of a receipt that was held against a package.
Report report_on_match(const std::string& receipt_file, const std::string& package_file,
                       const Result<void>& verdict);

// Lines for a terminal or a file. What comes from documents cannot forge a line, move the cursor or
// turn the direction of writing.
std::string to_text(const Report& report, Language language);

// One array with an object for every report.
std::string to_json(const std::vector<Report>& reports);

}  // namespace truc::pki
