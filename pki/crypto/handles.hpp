// Owners of OpenSSL's objects: the only place that names its *_free functions.
//
// Who owns after which call: X509_STORE_add_cert and _add_crl take references of their own;
// sk_X509_push does not, so a stack made with new_stack only borrows; EVP_PKEY_up_ref and
// X509_up_ref give one more owner; functions named get0 lend, get1 and d2i give; set0 takes what it
// gets.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

namespace truc::pki {

template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* object) const {
    Release(object);
  }
};

template <class T, auto Release>
using Handle = std::unique_ptr<T, Releaser<Release>>;

// Functions for what OpenSSL offers as macros. Not lambdas: the type of one in a header differs
// from source to source, and the linker may then keep a definition that another one refers to.
inline void release_octets(void* octets) {
  OPENSSL_free(octets);
}
inline void release_borrowed_stack(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}

using BioHandle = Handle<BIO, BIO_free_all>;
using CertificateHandle = Handle<X509, X509_free>;
using CrlHandle = Handle<X509_CRL, X509_CRL_free>;
using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;
using KeyContextHandle = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestHandle = Handle<EVP_MD, EVP_MD_free>;
using DigestContextHandle = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignatureHandle = Handle<ECDSA_SIG, ECDSA_SIG_free>;
using BigNumberHandle = Handle<BIGNUM, BN_free>;
using StoreHandle = Handle<X509_STORE, X509_STORE_free>;
using StoreContextHandle = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using ExtendedUsageHandle = Handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using NamesHandle = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using ObjectHandle = Handle<ASN1_OBJECT, ASN1_OBJECT_free>;
using EnumeratedHandle = Handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using OctetsHandle = Handle<unsigned char, release_octets>;
using TextHandle = Handle<char, release_octets>;
// Frees the stack, not the certificates in it.
using BorrowedStackHandle = Handle<STACK_OF(X509), release_borrowed_stack>;

}  // namespace truc::pki
