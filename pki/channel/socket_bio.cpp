#include "pki/channel/socket_bio.hpp"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace truc::channel {
namespace {

int descriptor_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool is_passing(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int read(BIO* bio, char* into, std::size_t size, std::size_t* bytes) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(descriptor_of(bio), into, size, 0);
  if (got > 0) *bytes = static_cast<std::size_t>(got);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (got == 0 || (got < 0 && is_passing(errno))) BIO_set_retry_read(bio);
  return got > 0 ? 1 : 0;
}

int write(BIO* bio, const char* data, std::size_t size, std::size_t* bytes) {
  BIO_clear_retry_flags(bio);
  const ssize_t put = ::send(descriptor_of(bio), data, size, MSG_NOSIGNAL);
  if (put >= 0) *bytes = static_cast<std::size_t>(put);
  if (put < 0 && is_passing(errno)) BIO_set_retry_write(bio);
  return put >= 0 ? 1 : 0;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* make_method() {
  BIO_METHOD* method =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read_ex(method, read);
  BIO_meth_set_write_ex(method, write);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BIO* new_socket_bio(int descriptor) {
  static const BIO_METHOD* const method = make_method();  // lives as long as the program
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
  BIO_set_init(bio, 1);
  return bio;
}

bool socket_has_ended(const SSL* session) {
  return BIO_test_flags(SSL_get_rbio(session), BIO_FLAGS_IN_EOF) != 0;
}

}  // namespace truc::channel
