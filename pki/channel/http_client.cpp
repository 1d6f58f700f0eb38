#include "pki/channel/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "pki/channel/head.hpp"
#include "pki/channel/run_on.hpp"
#include "pki/channel/tls_stream.hpp"

namespace truc::channel {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using Parser = http::response_parser<http::string_body>;
constexpr auto kWait = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kReadBytes = 16 * limits::kKiB;
constexpr std::size_t kJoinedBytesMax = 16 * limits::kKiB;
constexpr int kInterimAnswersMax = 8;  // 1xx answers before the real one
// A kept connection is given up before the server would close it under a request.
constexpr auto kKeptAgeMax = limits::kHttpIdleTimeout * 2 / 3;

struct Kept {
  std::unique_ptr<TlsStream> stream;
  Steady::time_point since;
};

// Name resolution runs on a thread that cannot be interrupted, so its waiter may leave earlier.
struct Resolution {
  explicit Resolution(const asio::any_io_executor& strand) : resolver(strand), ended(strand) {}
  Tcp::resolver resolver;
  asio::steady_timer ended;
  std::vector<Tcp::endpoint> endpoints;
  boost::system::error_code error = asio::error::timed_out;
};

// The failure of an exchange, and whether the server may be believed not to have begun to answer.
struct Exchange {
  Exchange(Result<ClientResponse> result) : answer(std::move(result)) {}
  Exchange(Failure failure) : answer(std::move(failure)) {}
  Result<ClientResponse> answer;
  bool silent = false;
  bool reusable = false;
};

// Everything here runs on one strand.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(asio::any_io_executor executor, ClientSettings settings, std::shared_ptr<TlsContext> tls)
      : strand_(asio::make_strand(std::move(executor))),
        settings_(std::move(settings)),
        tls_(std::move(tls)) {}

  const asio::any_io_executor& strand() const { return strand_; }
  asio::awaitable<Result<ClientResponse>> send(ClientRequest request);
  void close() { kept_.clear(); }
  std::string hub() const {
    const std::lock_guard lock(hub_mutex_);
    return hub_;
  }

 private:
  // One of connections_max, given back when it is destroyed.
  class Turn {
   public:
    explicit Turn(Pool& pool) : pool_(pool) {}
    ~Turn() { pool_.give_turn(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Pool& pool_;
  };
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& strand) : timer(strand) {}
    asio::steady_timer timer;
    bool granted = false;
  };

  asio::awaitable<Result<void>> take_turn(Steady::time_point deadline);
  asio::awaitable<Result<void>> wait_for_turn(Steady::time_point deadline);
  void give_turn();
  std::unique_ptr<TlsStream> take_kept();
  asio::awaitable<Result<ClientResponse>> send_in_turn(const ClientRequest& request,
                                                       const std::string& head,
                                                       Steady::time_point deadline);
  asio::awaitable<Exchange> exchange(TlsStream& stream, const ClientRequest& request,
                                     const std::string& head, Steady::time_point deadline);
  asio::awaitable<Result<std::unique_ptr<TlsStream>>> connect(Steady::time_point deadline);
  asio::awaitable<Result<std::vector<Tcp::endpoint>>> resolve(Steady::time_point deadline);
  asio::awaitable<Result<Tcp::socket>> dial(std::vector<Tcp::endpoint> endpoints,
                                            Steady::time_point deadline);
  std::string place() const { return settings_.host + ":" + std::to_string(settings_.port); }

  asio::any_io_executor strand_;
  const ClientSettings settings_;
  std::shared_ptr<TlsContext> tls_;
  std::size_t busy_ = 0;
  std::deque<std::shared_ptr<Waiter>> waiting_;
  std::vector<Kept> kept_;
  mutable std::mutex hub_mutex_;  // a leaf; guards hub_ only
  std::string hub_;
};

asio::awaitable<Result<void>> write_request(TlsStream& stream, const ClientRequest& request,
                                            const std::string& head) {
  const bool joined = request.body && request.body->size() <= kJoinedBytesMax;
  std::string first = head;
  if (joined) first += *request.body;
  Result<void> written = co_await stream.write(first);
  if (written && request.body && !joined) written = co_await stream.write(*request.body);
  co_return written;
}

Failure answer_failure(const beast::error_code& error, std::size_t body_max) {
  if (error == http::error::body_limit) {
    return Failure(ErrorCode::body_too_large)
        .at("answer")
        .expected("at most " + std::to_string(body_max) + " bytes");
  }
  return Failure(ErrorCode::peer_protocol).at("answer").because(error.message());
}

// Reads one whole message into `parser`. `begun` becomes true with its first byte.
asio::awaitable<Result<void>> read_message(TlsStream& stream, beast::flat_buffer& input,
                                           Parser& parser, std::size_t body_max, bool& begun) {
  while (!parser.is_done()) {  // every turn consumes input or waits within the request's deadline
    beast::error_code error;
    if (input.size() > 0) {
      begun = true;
      input.consume(parser.put(input.data(), error));
      if (error && error != http::error::need_more) co_return answer_failure(error, body_max);
      if (!error) continue;
    }
    if (input.size() == input.max_size()) {
      co_return answer_failure(http::error::buffer_overflow, body_max);
    }
    const auto space = input.prepare(std::min(kReadBytes, input.max_size() - input.size()));
    Result<std::size_t> got = co_await stream.read_some(space);
    if (!got) co_return std::move(got).error();
    if (got.value() > 0) {
      input.commit(got.value());
      continue;
    }
    if (!begun) co_return Failure(ErrorCode::peer_unreachable).because("closed without an answer");
    parser.put_eof(error);
    if (error) co_return answer_failure(error, body_max);
  }
  co_return success();
}

ClientResponse to_answer(Parser& parser) {
  ClientResponse answer;
  auto& message = parser.get();
  answer.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    answer.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  answer.body = std::move(message.body());
  return answer;
}

// A server may refuse before it has read the whole request: its answer counts, not our write.
asio::awaitable<Exchange> Pool::exchange(TlsStream& stream, const ClientRequest& request,
                                         const std::string& head, Steady::time_point deadline) {
  stream.limit(deadline, std::chrono::milliseconds::max());
  Result<void> written = co_await write_request(stream, request, head);
  if (!written && written.error().code() != ErrorCode::peer_unreachable) co_return written.error();
  beast::flat_buffer input(2 * limits::kHttpHeaderBytesMax);
  bool begun = false;
  for (int turn = 0; turn <= kInterimAnswersMax; ++turn) {
    Parser parser;
    parser.header_limit(limits::kHttpHeaderBytesMax);
    parser.body_limit(request.answer_bytes_max);
    parser.eager(true);
    parser.skip(request.method == Method::head);
    Result<void> read =
        co_await read_message(stream, input, parser, request.answer_bytes_max, begun);
    if (!read) {
      Exchange failed(read.error());
      failed.silent = !begun && read.error().code() == ErrorCode::peer_unreachable;
      co_return failed;
    }
    if (parser.get().result_int() < 200) continue;
    Exchange done{Result<ClientResponse>(to_answer(parser))};
    done.reusable = written && parser.keep_alive() && input.size() == 0;
    co_return done;
  }
  co_return Failure(ErrorCode::peer_protocol).at("answer").found("only interim answers");
}

asio::awaitable<Result<ClientResponse>> Pool::send(ClientRequest request) {
  const auto self = shared_from_this();
  const auto deadline = Steady::now() + request.timeout;
  const auto head = request_head(request, settings_);
  if (!head) co_return head.error();
  Result<void> turn = co_await take_turn(deadline);
  if (!turn) co_return std::move(turn).error();
  const Turn holder(*this);
  Result<ClientResponse> answer = co_await send_in_turn(request, head.value(), deadline);
  co_return answer;
}

asio::awaitable<Result<ClientResponse>> Pool::send_in_turn(const ClientRequest& request,
                                                           const std::string& head,
                                                           Steady::time_point deadline) {
  auto stream = take_kept();
  const bool kept = stream != nullptr;
  for (int attempt = kept ? 0 : 1; attempt < 2; ++attempt) {
    if (!stream) {
      Result<std::unique_ptr<TlsStream>> fresh = co_await connect(deadline);
      if (!fresh) co_return std::move(fresh).error();
      stream = std::move(fresh).value();
    }
    Exchange done = co_await exchange(*stream, request, head, deadline);
    if (done.reusable) kept_.push_back(Kept{std::move(stream), Steady::now()});
    const bool stale = done.silent && attempt == 0;
    if (!stale) co_return std::move(done.answer);
    stream.reset();
  }
  co_return Failure(ErrorCode::peer_unreachable).at(place());
}

asio::awaitable<Result<void>> Pool::take_turn(Steady::time_point deadline) {
  if (busy_ < settings_.connections_max && waiting_.empty()) {
    ++busy_;
    co_return success();
  }
  if (waiting_.size() >= settings_.waiting_max) {
    co_return Failure(ErrorCode::busy)
        .at(place())
        .because("too many requests wait for a connection");
  }
  Result<void> granted = co_await wait_for_turn(deadline);
  co_return granted;
}

asio::awaitable<Result<void>> Pool::wait_for_turn(Steady::time_point deadline) {
  auto waiter = std::make_shared<Waiter>(strand_);
  waiting_.push_back(waiter);
  waiter->timer.expires_at(deadline);
  const auto woken = co_await waiter->timer.async_wait(kWait);
  if (waiter->granted) co_return success();
  std::erase(waiting_, waiter);
  const bool late = !std::get<0>(woken);
  co_return Failure(late ? ErrorCode::deadline_exceeded : ErrorCode::cancelled).at(place());
}

// Passes the turn to who waits longest: busy_ then stays as it is.
void Pool::give_turn() {
  if (waiting_.empty()) {
    --busy_;
    return;
  }
  const auto next = waiting_.front();
  waiting_.pop_front();
  next->granted = true;
  next->timer.cancel();
}

// The newest one that still looks alive and was made with today's certificates.
std::unique_ptr<TlsStream> Pool::take_kept() {
  const auto current = tls_->current();
  while (!kept_.empty()) {
    Kept candidate = std::move(kept_.back());
    kept_.pop_back();
    const bool young = Steady::now() - candidate.since < kKeptAgeMax;
    const bool usable = young && candidate.stream->context() == current;
    if (usable && !candidate.stream->is_readable()) return std::move(candidate.stream);
  }
  return nullptr;
}

asio::awaitable<Result<std::unique_ptr<TlsStream>>> Pool::connect(Steady::time_point deadline) {
  const auto until = std::min(deadline, Steady::now() + settings_.connect_timeout);
  Result<std::vector<Tcp::endpoint>> endpoints = co_await resolve(until);
  if (!endpoints) co_return std::move(endpoints).error();
  Result<Tcp::socket> socket = co_await dial(std::move(endpoints).value(), until);
  if (!socket) co_return std::move(socket).error();
  auto made = TlsStream::make(std::move(socket).value(), tls_->current(), settings_.host);
  if (!made) co_return made;
  auto& stream = *made.value();
  stream.limit(until, std::chrono::milliseconds::max());
  Result<void> shaken = co_await stream.handshake();
  if (!shaken) co_return std::move(shaken).error();
  const std::lock_guard lock(hub_mutex_);
  hub_ = stream.peer()->hub.value_or("");
  co_return made;
}

asio::awaitable<Result<std::vector<Tcp::endpoint>>> Pool::resolve(Steady::time_point deadline) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(settings_.host, error);
  if (!error) co_return std::vector<Tcp::endpoint>(1, Tcp::endpoint(address, settings_.port));
  const auto resolution = std::make_shared<Resolution>(strand_);
  resolution->ended.expires_at(deadline);
  resolution->resolver.async_resolve(
      settings_.host, std::to_string(settings_.port),
      [resolution](const auto& failed, const Tcp::resolver::results_type& found) {
        resolution->error = failed;
        for (const auto& entry : found) resolution->endpoints.push_back(entry.endpoint());
        resolution->ended.cancel();
      });
  co_await resolution->ended.async_wait(kWait);
  if (resolution->error) {
    resolution->resolver.cancel();
    co_return Failure(ErrorCode::peer_unreachable)
        .at(settings_.host)
        .because("name resolution: " + resolution->error.message());
  }
  co_return std::move(resolution->endpoints);
}

// One address after the other, all within the deadline.
asio::awaitable<Result<Tcp::socket>> Pool::dial(std::vector<Tcp::endpoint> endpoints,
                                                Steady::time_point deadline) {
  boost::system::error_code last = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    Tcp::socket socket(strand_);
    auto cancel = [&socket] {
      boost::system::error_code ignored;
      socket.cancel(ignored);
    };
    const auto watchdog = std::make_shared<Watchdog>(strand_, cancel);
    struct Stop {
      ~Stop() { of.stop(); }
      Watchdog& of;
    } const stop{*watchdog};
    watchdog->set(deadline);
    const auto outcome = co_await socket.async_connect(endpoint, kWait);
    last = std::get<0>(outcome);
    if (!last) co_return std::move(socket);
    if (watchdog->expired()) co_return Failure(ErrorCode::deadline_exceeded).at(place());
    if (last == asio::error::operation_aborted) co_return Failure(ErrorCode::cancelled).at(place());
  }
  co_return Failure(ErrorCode::peer_unreachable).at(place()).because(last.message());
}

class Client final : public HttpClient {
 public:
  explicit Client(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
  // Sockets and timers are touched on their strand only, also at their end.
  ~Client() override {
    asio::post(pool_->strand(), [pool = pool_] { pool->close(); });
  }

  asio::awaitable<Result<ClientResponse>> send(ClientRequest request) override {
    try {
      auto work = pool_->send(std::move(request));
      Result<ClientResponse> answer = co_await run_on(pool_->strand(), std::move(work));
      co_return answer;
    } catch (const boost::system::system_error& error) {
      // A cancelled coroutine unwinds from its next wait.
      const bool stopped = error.code() == asio::error::operation_aborted;
      co_return Failure(stopped ? ErrorCode::cancelled : ErrorCode::internal).because(error.what());
    }
  }
  std::string hub() const override { return pool_->hub(); }

 private:
  std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<HttpClient> HttpClient::make(asio::any_io_executor executor,
                                             ClientSettings settings,
                                             std::shared_ptr<TlsContext> tls) {
  return std::make_unique<Client>(
      std::make_shared<Pool>(std::move(executor), std::move(settings), std::move(tls)));
}

}  // namespace truc::channel
