// Results of any commands as one HTML page that needs nothing else: figures, plots, machine, commit
// and command line.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>

#include "schemas/base/result.hpp"

namespace truc::bench {

// Failures: file_failed; malformed_record, with the file's name, for what is no result.
Result<boost::json::object> read_result(const std::string& file);

std::string make_page(std::span<const boost::json::object> results);

}  // namespace truc::bench
