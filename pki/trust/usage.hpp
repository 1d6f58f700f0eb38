// What a certificate says that it may be used for. For pki/trust only.
#pragma once

#include "pki/trust/trust_store.hpp"

struct stack_st_X509;

namespace truc::pki {

// `path` is leaf first, the anchor last. The leaf must say its purpose itself: a certificate
// without extended usage is good for nothing here, and anyExtendedKeyUsage does not count. An
// authority without extended usage is good for every purpose; one with it, for those that it names.
// Failure: certificate_usage.
Result<void> require_usage(const stack_st_X509* path, Purpose purpose);

}  // namespace truc::pki
