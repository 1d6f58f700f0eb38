// How truc-bench ends.
#pragma once

namespace truc::bench {

enum class Exit : int {
  done = 0,
  is_void = 1,   // the run may not be believed; the summary says why
  misused = 2,   // the command line was not understood
  not_done = 3,  // something that the run needs failed
};

}  // namespace truc::bench
