// The running adapter: wires everything, runs until it is told to stop.
#pragma once

#include "edge-adapter/app/config.hpp"

namespace truc::edge {

// Until SIGTERM or SIGINT; SIGHUP reads keys, certificates and revocation lists again (their files,
// not the configuration). Returns the exit status: 0 after a clean stop, 2 when it cannot start for
// its configuration, 3 for its folders.
int run_daemon(EdgeConfig config);

}  // namespace truc::edge
