// OpenSSL's way to a socket without a buffer between them: what is read goes from the kernel into
// the record that is deciphered, so an idle connection holds none.
#pragma once

#include "pki/channel/handles.hpp"

namespace truc::channel {

// Reads and writes `descriptor`, which does not block and stays the caller's. Unlike OpenSSL's own
// (BIO_s_socket(3)) it raises no SIGPIPE when the peer has gone, and an end without the TLS
// farewell does not fail the session: it wants to read for ever, and who has closed one side only
// can still be answered. Null: no memory.
BIO* new_socket_bio(int descriptor);

// Whether the peer's end was read from the socket of this session.
bool socket_has_ended(const SSL* session);

}  // namespace truc::channel
