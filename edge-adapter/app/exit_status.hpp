// How truc-edge ends, for scripts.
#pragma once

namespace truc::edge {

constexpr int kExitOk = 0;
constexpr int kExitRefused = 1;      // the hub, or a rule, says no; the reason is printed
constexpr int kExitUsage = 2;        // the command line or the configuration
constexpr int kExitUnreachable = 3;  // the hub, a file or the time allowed

}  // namespace truc::edge
