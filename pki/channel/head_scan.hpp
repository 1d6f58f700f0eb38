// The octets of a request's head, looked at before anything else reads them.
#pragma once

#include <cstddef>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::channel {

// Refuses what two readers might take apart differently: a carriage return or line feed alone, an
// empty line in front, a folded line, a control character. What it lets through consists of whole
// lines, so that the parser behind it has nothing to be lenient about. A value; one for every head.
class HeadScan {
 public:
  // `input` is everything that has arrived since the head's first octet; what was looked at before
  // is not looked at again. The length of the head when its end is there, else 0. Failures:
  // malformed_request, header_too_large.
  Result<std::size_t> look(std::string_view input);

 private:
  Result<void> take(char c);
  Result<void> end_line();

  std::size_t at_ = 0;     // octets looked at
  std::size_t lines_ = 0;  // that have ended
  bool line_is_empty_ = true;
  bool after_cr_ = false;
  bool ended_ = false;
};

}  // namespace truc::channel
