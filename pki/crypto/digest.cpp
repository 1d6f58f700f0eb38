#include "pki/crypto/digest.hpp"

#include <algorithm>

#include "pki/crypto/digest_stream.hpp"
#include "pki/crypto/handles.hpp"
#include "schemas/base/check.hpp"

namespace truc::pki {
namespace {

// An implicit fetch costs more than the digest of a short text; one of each is fetched for ever.
const EVP_MD* fetched(DigestAlgorithm algorithm) {
  static const DigestHandle kSha256(EVP_MD_fetch(nullptr, "SHA2-256", nullptr));
  static const DigestHandle kSha384(EVP_MD_fetch(nullptr, "SHA2-384", nullptr));
  static const DigestHandle kSha512(EVP_MD_fetch(nullptr, "SHA2-512", nullptr));
  TRUC_CHECK(kSha256 && kSha384 && kSha512, "OpenSSL's default provider has the SHA-2 family");
  switch (algorithm) {
    case DigestAlgorithm::sha256:
      return kSha256.get();
    case DigestAlgorithm::sha384:
      return kSha384.get();
    case DigestAlgorithm::sha512:
      return kSha512.get();
  }
  TRUC_CHECK(false, "every algorithm of the enumeration has its case");
  return nullptr;
}

}  // namespace

struct DigestStream::State {
  const EVP_MD* algorithm;
  DigestContextHandle context;

  void start() {
    TRUC_CHECK(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1,
               "a fetched SHA-2 starts without conditions");
  }
};

DigestStream::DigestStream(DigestAlgorithm algorithm)
    : state_(new State{fetched(algorithm), DigestContextHandle(EVP_MD_CTX_new())}) {
  TRUC_CHECK(state_->context, "a digest context is a small allocation");
  state_->start();
}

DigestStream::~DigestStream() = default;
DigestStream::DigestStream(DigestStream&&) noexcept = default;
DigestStream& DigestStream::operator=(DigestStream&&) noexcept = default;

void DigestStream::update(std::string_view bytes) {
  TRUC_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1,
             "SHA-2 takes any bytes");
}

std::string DigestStream::finish() {
  std::string value(static_cast<std::size_t>(EVP_MD_get_size(state_->algorithm)), '\0');
  unsigned size = 0;
  TRUC_CHECK(EVP_DigestFinal_ex(state_->context.get(),
                                reinterpret_cast<unsigned char*>(value.data()), &size) == 1,
             "SHA-2 ends without conditions");
  TRUC_CHECK(size == value.size(), "a digest has its algorithm's size");
  state_->start();
  return value;
}

struct Sha256Stream::State {
  DigestStream stream{DigestAlgorithm::sha256};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(std::string_view bytes) {
  state_->stream.update(bytes);
}

Sha256 Sha256Stream::finish() {
  const std::string value = state_->stream.finish();
  Sha256 digest;
  std::copy(value.begin(), value.end(), digest.octets.begin());
  return digest;
}

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  unsigned size = 0;
  TRUC_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.octets.data(), &size,
                        fetched(DigestAlgorithm::sha256), nullptr) == 1,
             "SHA-256 of bytes in memory has no way to fail");
  TRUC_CHECK(size == digest.octets.size(), "a SHA-256 value has 32 octets");
  return digest;
}

}  // namespace truc::pki
