#include "bench/load/client_loop.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <deque>
#include <map>

#include "pki/channel/handles.hpp"
#include "pki/channel/text.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/descriptor.hpp"

namespace truc::bench {
namespace {

constexpr std::size_t kReadBytes = 64 * 1'024;
constexpr int kEventsMax = 256;
constexpr auto kTurnMax = std::chrono::milliseconds(20);  // how late `done` may be asked
constexpr auto kAskTimeout = std::chrono::seconds(60);
constexpr auto kIdleMax = std::chrono::seconds(60);  // below the hub's kHttpIdleTimeout
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kHttp = "HTTP/1.1 ";

struct Exchange {
  RequestText request;
  AnswerHandler handler;
};

// What gets no answer any more, and has not been told so.
struct Lost {
  AnswerHandler handler;
  Answer none;
};

enum class Stage : std::uint8_t {
  waiting,  // for its turn to connect
  connecting,
  handshaking,
  idle,
  writing,
  reading,
  answering,  // a handler runs
  failed,
};

// A message whose head is there: how long it is.
struct Framing {
  int status = 0;
  std::size_t head_bytes = 0;
  std::size_t body_bytes = 0;
};

struct Client {
  Client(const Endpoint& to, Identity as) : endpoint(to), identity(std::move(as)) {}
  Endpoint endpoint;
  Identity identity;
  std::unique_ptr<Descriptor> socket;
  channel::SslHandle session;
  Stage stage = Stage::waiting;
  std::deque<Exchange> queue;  // the front one is on the wire unless the stage is before idle
  std::size_t written = 0;
  std::string input;
  Steady::time_point used;  // when it became idle
};

Result<channel::SslContextHandle> client_context(const std::string& anchors) {
  channel::SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (context && SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
      SSL_CTX_load_verify_file(context.get(), anchors.c_str()) == 1) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
  }
  return Failure(ErrorCode::crypto_failed)
      .at(anchors)
      .because(pki::drain_openssl_errors("SSL_CTX"));
}

// The value of a field in a message's head; empty when it is not there.
std::string_view field_of(std::string_view head, std::string_view name) {
  std::size_t at = head.find("\r\n");
  while (at != std::string_view::npos) {  // a line each turn
    const std::size_t begin = at + 2;
    at = head.find("\r\n", begin);
    if (at == std::string_view::npos) break;
    const std::string_view line = head.substr(begin, at - begin);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos ||
        !channel::equal_without_case(line.substr(0, colon), name))
      continue;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    return value == std::string_view::npos ? std::string_view() : line.substr(value);
  }
  return {};
}

// Nothing while the head is not whole.
std::optional<Framing> framing_of(std::string_view input) {
  const std::size_t end = input.find(kHeadEnd);
  if (end == std::string_view::npos || !input.starts_with(kHttp)) return std::nullopt;
  Framing framing;
  framing.head_bytes = end + kHeadEnd.size();
  const std::string_view status = input.substr(kHttp.size(), 3);
  std::from_chars(status.data(), status.data() + status.size(), framing.status);
  const std::string_view length = field_of(input.substr(0, framing.head_bytes), "Content-Length");
  std::from_chars(length.data(), length.data() + length.size(), framing.body_bytes);
  return framing;
}

}  // namespace

std::string_view Answer::field(std::string_view name) const {
  return field_of(head, name);
}

RequestText make_request(std::string_view method, std::string_view target,
                         std::string_view content_type, std::string_view body) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  if (!content_type.empty()) text.append("Content-Type: ").append(content_type).append("\r\n");
  if (method != "GET" && method != "HEAD")
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  text.append("\r\n").append(body);
  return std::make_shared<const std::string>(std::move(text));
}

struct ClientLoop::Parts {
  Parts(channel::SslContextHandle tls, int poll) : context(std::move(tls)), epoll(poll) {}

  void start(Connection number);
  void start_waiting();
  void reopen(Connection number, Client& client);
  void advance(Connection number);
  bool step(Connection number, Client& client);
  bool shake(Connection number, Client& client);
  bool write(Connection number, Client& client);
  bool read(Connection number, Client& client);
  bool take_answer(Client& client);
  bool is_stalled(Connection number, Client& client, int result, const char* step);
  void fail(Connection number, Client& client, std::string why);
  void lose(AnswerHandler handler, std::string why);
  void tell_lost();
  void run_timers();
  void wait();

  channel::SslContextHandle context;
  Descriptor epoll;
  std::deque<Client> clients;  // stay where they are while handlers add more
  std::deque<Connection> unstarted;
  std::size_t handshakes_max = 64;
  std::size_t handshakes = 0;
  std::size_t ready = 0;
  std::size_t failed = 0;
  std::string first_failure;
  std::deque<Lost> lost;  // in the order of their failures
  std::multimap<Steady::time_point, std::function<void()>> timers;
  std::string scratch = std::string(kReadBytes, '\0');
};

void ClientLoop::Parts::start_waiting() {
  while (handshakes < handshakes_max && !unstarted.empty()) {  // one fewer each turn
    const Connection number = unstarted.front();
    unstarted.pop_front();
    ++handshakes;
    start(number);
  }
}

void ClientLoop::Parts::start(Connection number) {
  Client& client = clients[number];
  client.stage = Stage::connecting;
  client.socket = std::make_unique<Descriptor>(
      ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(client.endpoint.port);
  if (client.socket->get() < 0 ||
      inet_pton(AF_INET, client.endpoint.address.c_str(), &address.sin_addr) != 1)
    return fail(number, client, "no socket to " + client.endpoint.address);
  const int descriptor = client.socket->get();
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(descriptor, to, sizeof address) != 0 && errno != EINPROGRESS)
    return fail(number, client, std::string("connect: ") + std::strerror(errno));
  client.session.reset(SSL_new(context.get()));
  SSL* session = client.session.get();
  X509* chain_certificate = client.identity.issuer.get();
  STACK_OF(X509)* chain = sk_X509_new_null();
  const pki::BorrowedStackHandle holder(chain);
  const bool is_set = session && chain && sk_X509_push(chain, chain_certificate) == 1 &&
                      SSL_use_cert_and_key(session, client.identity.certificate.get(),
                                           client.identity.key.get(), chain, 1) == 1 &&
                      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session),
                                                    client.endpoint.address.c_str()) == 1 &&
                      SSL_set_fd(session, descriptor) == 1;
  if (!is_set) return fail(number, client, pki::drain_openssl_errors("SSL"));
  SSL_set_connect_state(session);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = number;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    return fail(number, client, std::string("epoll: ") + std::strerror(errno));
}

void ClientLoop::Parts::fail(Connection number, Client& client, std::string why) {
  if (client.stage < Stage::idle) {
    --handshakes;
  } else {
    --ready;
  }
  client.stage = Stage::failed;
  client.session.reset();
  client.socket.reset();
  ++failed;
  if (first_failure.empty()) first_failure = "connection " + std::to_string(number) + ": " + why;
  for (Exchange& exchange : std::exchange(client.queue, {})) lose(std::move(exchange.handler), why);
}

void ClientLoop::Parts::lose(AnswerHandler handler, std::string why) {
  Answer none;
  none.failure = std::move(why);
  none.at = Steady::now();
  lost.push_back(Lost{std::move(handler), std::move(none)});
}

// What a handler sends, and loses in its turn, is told in the next turn: they do not nest.
void ClientLoop::Parts::tell_lost() {
  for (const Lost& one : std::exchange(lost, {})) one.handler(one.none);
}

// A server closes what was idle for long: better to knock again than to lose a request to that.
void ClientLoop::Parts::reopen(Connection number, Client& client) {
  client.stage = Stage::waiting;
  client.session.reset();
  client.socket.reset();
  --ready;
  unstarted.push_back(number);
  start_waiting();
}

// Whether the client has to wait for its socket; otherwise it has failed.
bool ClientLoop::Parts::is_stalled(Connection number, Client& client, int result,
                                   const char* step) {
  const int error = SSL_get_error(client.session.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
  const int system = errno;
  std::string why = pki::drain_openssl_errors(step);
  if (error == SSL_ERROR_ZERO_RETURN) {
    why += ": closed by the server";
  } else if (error != SSL_ERROR_SSL) {
    why += system == 0 ? ": the connection ended" : std::string(": ") + std::strerror(system);
  }
  fail(number, client, std::move(why));
  return false;
}

bool ClientLoop::Parts::shake(Connection number, Client& client) {
  client.stage = Stage::handshaking;
  const int result = SSL_do_handshake(client.session.get());
  if (result != 1) {
    is_stalled(number, client, result, "handshake");
    start_waiting();
    return false;
  }
  client.stage = Stage::idle;
  client.used = Steady::now();
  --handshakes;
  ++ready;
  start_waiting();
  return true;
}

bool ClientLoop::Parts::write(Connection number, Client& client) {
  const std::string& text = *client.queue.front().request;
  while (client.written < text.size()) {
    const auto left = std::min<std::size_t>(text.size() - client.written, 1 << 30);
    const int result =
        SSL_write(client.session.get(), text.data() + client.written, static_cast<int>(left));
    if (result <= 0) {
      is_stalled(number, client, result, "write");
      return false;
    }
    client.written += static_cast<std::size_t>(result);
  }
  client.stage = Stage::reading;
  return true;
}

// Handles the answer that is whole; false when it is not.
bool ClientLoop::Parts::take_answer(Client& client) {
  const auto framing = framing_of(client.input);
  if (!framing || client.input.size() < framing->head_bytes + framing->body_bytes) return false;
  const std::string message = std::exchange(client.input, {});
  Exchange done = std::move(client.queue.front());
  client.queue.pop_front();
  client.stage = Stage::answering;
  Answer answer;
  answer.status = framing->status;
  answer.head = std::string_view(message).substr(0, framing->head_bytes);
  answer.body = std::string_view(message).substr(framing->head_bytes, framing->body_bytes);
  answer.at = Steady::now();
  done.handler(answer);
  client.stage = Stage::idle;
  client.used = answer.at;
  return true;
}

bool ClientLoop::Parts::read(Connection number, Client& client) {
  while (client.stage == Stage::reading) {  // ends with the answer, a wait or a failure
    const int result = SSL_read(client.session.get(), scratch.data(), kReadBytes);
    if (result <= 0) {
      is_stalled(number, client, result, "read");
      return false;
    }
    client.input.append(scratch.data(), static_cast<std::size_t>(result));
    if (take_answer(client)) return true;
  }
  return false;
}

// One move; false when the client has to wait or is at its end.
bool ClientLoop::Parts::step(Connection number, Client& client) {
  switch (client.stage) {
    case Stage::connecting:
    case Stage::handshaking:
      return shake(number, client);
    case Stage::idle:
      if (client.queue.empty()) return false;
      client.written = 0;
      client.stage = Stage::writing;
      return true;
    case Stage::writing:
      return write(number, client);
    case Stage::reading:
      return read(number, client);
    case Stage::waiting:
    case Stage::answering:
    case Stage::failed:
      return false;
  }
  return false;
}

void ClientLoop::Parts::advance(Connection number) {
  Client& client = clients[number];
  while (step(number, client)) {  // every move is one towards a wait
  }
}

void ClientLoop::Parts::run_timers() {
  while (!timers.empty() && timers.begin()->first <= Steady::now()) {  // each is taken out
    const auto action = std::move(timers.begin()->second);
    timers.erase(timers.begin());
    action();
  }
}

void ClientLoop::Parts::wait() {
  std::chrono::nanoseconds left = kTurnMax;
  if (!timers.empty())
    left = std::clamp<std::chrono::nanoseconds>(timers.begin()->first - Steady::now(),
                                                std::chrono::nanoseconds::zero(), kTurnMax);
  if (!lost.empty()) left = std::chrono::nanoseconds::zero();
  timespec timeout{};
  timeout.tv_nsec = static_cast<long>(left.count());
  std::array<epoll_event, kEventsMax> events{};
  const int count = epoll_pwait2(epoll.get(), events.data(), kEventsMax, &timeout, nullptr);
  for (int i = 0; i < count; ++i) advance(events[static_cast<std::size_t>(i)].data.u64);
}

ClientLoop::ClientLoop(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ClientLoop::~ClientLoop() = default;

Result<std::unique_ptr<ClientLoop>> ClientLoop::make(const std::string& anchors) {
  TRUC_TRY(auto context, client_context(anchors));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return Failure(ErrorCode::internal).because("no epoll");
  return std::unique_ptr<ClientLoop>(
      new ClientLoop(std::make_unique<Parts>(std::move(context), epoll)));
}

ClientLoop::Connection ClientLoop::connect(const Endpoint& endpoint, const Identity& identity) {
  const Connection number = parts_->clients.size();
  parts_->clients.emplace_back(endpoint, identity);
  parts_->unstarted.push_back(number);
  parts_->start_waiting();
  return number;
}

void ClientLoop::limit_handshakes(std::size_t max) {
  parts_->handshakes_max = max;
}
std::size_t ClientLoop::ready() const {
  return parts_->ready;
}
std::size_t ClientLoop::failed() const {
  return parts_->failed;
}
const std::string& ClientLoop::first_failure() const {
  return parts_->first_failure;
}

void ClientLoop::send(Connection connection, RequestText request, AnswerHandler handler) {
  Client& client = parts_->clients[connection];
  if (client.stage == Stage::failed)
    return parts_->lose(std::move(handler), "the connection is lost");
  client.queue.push_back(Exchange{std::move(request), std::move(handler)});
  if (client.stage != Stage::idle) return;
  if (Steady::now() - client.used > kIdleMax) return parts_->reopen(connection, client);
  parts_->advance(connection);
}

std::size_t ClientLoop::waiting(Connection connection) const {
  return parts_->clients[connection].queue.size();
}

void ClientLoop::at(Steady::time_point when, std::function<void()> action) {
  parts_->timers.emplace(when, std::move(action));
}

Result<void> ClientLoop::run_until(const std::function<bool()>& done, Steady::time_point deadline) {
  while (!done()) {
    if (Steady::now() >= deadline) return Failure(ErrorCode::deadline_exceeded);
    parts_->run_timers();
    parts_->tell_lost();
    parts_->wait();
  }
  return success();
}

Result<ClientLoop::Reply> ClientLoop::ask(Connection connection, RequestText request) {
  struct Got {
    bool is_there = false;
    Reply reply;
    std::string failure;
  };
  const auto got = std::make_shared<Got>();
  send(connection, std::move(request), [got](const Answer& answer) {
    *got = Got{true, Reply{answer.status, std::string(answer.body)}, answer.failure};
  });
  TRUC_TRY(run_until([&] { return got->is_there; }, Steady::now() + kAskTimeout));
  if (got->reply.status != 0) return std::move(got->reply);
  return Failure(ErrorCode::peer_unreachable).because(got->failure);
}

}  // namespace truc::bench
