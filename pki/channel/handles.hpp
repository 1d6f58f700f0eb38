// Owners of OpenSSL's TLS objects; those of certificates and keys stand in pki/crypto/handles.hpp.
//
// SSL_new takes a reference of its own to its context; a2i_IPADDRESS gives.
#pragma once

#include <openssl/ssl.h>

#include "pki/crypto/handles.hpp"

namespace truc::channel {

using SslContextHandle = pki::Handle<SSL_CTX, SSL_CTX_free>;
using SslHandle = pki::Handle<SSL, SSL_free>;
using AddressHandle = pki::Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

}  // namespace truc::channel
