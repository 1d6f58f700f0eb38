#include "pki/channel/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "pki/channel/head.hpp"
#include "pki/channel/request_parser.hpp"
#include "pki/channel/text.hpp"
#include "schemas/base/check.hpp"

namespace truc::channel {
namespace {

namespace beast = boost::beast;

constexpr std::size_t kReadBytes = 16 * limits::kKiB;
constexpr std::size_t kInputBytesMax = 2 * limits::kHttpHeaderBytesMax;
constexpr std::size_t kDrainBytesMax = 1 * limits::kMiB;
constexpr std::size_t kJoinedBytesMax = 16 * limits::kKiB;  // head and body leave in one TLS record
static_assert(kInputBytesMax >= kReadBytes + limits::kHttpHeaderBytesMax);

std::string_view text_of(const beast::flat_buffer& buffer) {
  const auto bytes = buffer.cdata();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

// Whoever only fetches gets an answer at once: to look for its leaving costs more than the answer.
bool may_wait(const Request& request) {
  return request.method == Method::get && request.target.parameter("wait").has_value();
}

// An exception of the handler ends here, except that of a cancelled coroutine's next wait.
asio::awaitable<Response> call(const Handler& handler, Request& request, telemetry::Log& log) {
  Failure failure(ErrorCode::internal);
  try {
    Response response = co_await handler(request);
    co_return response;
  } catch (const boost::system::system_error& error) {
    const bool stopped = error.code() == asio::error::operation_aborted;
    failure = Failure(stopped ? ErrorCode::cancelled : ErrorCode::internal).because(error.what());
  } catch (const std::exception& error) {
    failure = Failure(ErrorCode::internal).because(error.what());
  }
  if (failure.code() == ErrorCode::internal) {
    log.error("http.handler_failed", {{"method", to_text(request.method)},
                                      {"path", request.target.path},
                                      {"peer", request.peer->text()},
                                      {"failure", failure}});
  }
  co_return to_response(failure);
}

}  // namespace

struct Connection::Impl {
  Impl(std::unique_ptr<TlsStream> tls, std::string address, std::unique_ptr<Seats::Seat> place,
       ServerParts& server)
      : stream(std::move(tls)),
        peer_address(std::move(address)),
        unadmitted(std::move(place)),
        parts(server) {}

  // The body of the request that is being answered.
  class Body final : public BodyReader {
   public:
    Body(Impl& connection, RequestParser& parser)
        : connection_(connection),
          parser_(parser),
          owes_continue_(parser.expects_continue() && !parser.is_done()) {}

    asio::awaitable<Result<std::string>> read_some(std::size_t max) override;
    std::optional<std::uint64_t> length() const override { return parser_.length(); }

    // Whether what is unread can be skipped, so that the next request is found behind it.
    After after() const;
    bool is_done() const { return parser_.is_done(); }

   private:
    asio::awaitable<Result<std::string>> read_piece(std::size_t max);
    asio::awaitable<Result<void>> send_continue();
    // What has arrived buys the time for the rest.
    Steady::time_point deadline();

    Impl& connection_;
    RequestParser& parser_;
    std::optional<Steady::time_point> began_;  // the first read
    std::uint64_t received_ = 0;
    bool owes_continue_;
    bool broken_ = false;
  };

  enum class Head : std::uint8_t { complete, none };

  asio::awaitable<After> exchange();
  asio::awaitable<Result<Head>> read_head(RequestParser& parser);
  asio::awaitable<After> answer(RequestParser& parser);
  asio::awaitable<std::optional<Response>> respond(Request& request, Body& body);
  asio::awaitable<std::optional<Response>> watched(Request& request);
  asio::awaitable<void> peer_gone();
  asio::awaitable<After> refuse_head(Failure failure);
  asio::awaitable<After> refuse(Failure failure);
  asio::awaitable<Result<void>> write(const Response& response, Method method, After after);
  asio::awaitable<Result<void>> write_source(const Response& response);
  // What leaves buys the time for it. Failure: deadline_exceeded.
  Result<void> limit_write(Steady::time_point began, std::uint64_t bytes);
  asio::awaitable<After> drain(Body& body);
  asio::awaitable<Result<std::size_t>> fill(std::size_t most);
  bool is_still_trusted();
  void report_refused(const Failure& failure);

  std::unique_ptr<TlsStream> stream;
  const std::string peer_address;
  std::unique_ptr<Seats::Seat> unadmitted;  // until it runs
  ServerParts& parts;
  beast::flat_buffer input{kInputBytesMax};
  bool interruptible = true;  // nothing of a request has arrived
  Farewell farewell = Farewell::brief;
};

Connection::Connection(std::unique_ptr<TlsStream> stream, std::string peer_address,
                       std::unique_ptr<Seats::Seat> place, ServerParts& parts)
    : impl_(std::make_unique<Impl>(std::move(stream), std::move(peer_address), std::move(place),
                                   parts)) {}

Connection::~Connection() = default;

void Connection::stop() {
  if (impl_->interruptible) impl_->stream->expire();
}

asio::awaitable<Result<void>> Connection::run() {
  Impl& self = *impl_;
  // Given back here, not by the destructor: that may run after the server is gone.
  auto unadmitted = std::move(self.unadmitted);
  self.stream->limit(self.parts.timeouts.handshake);
  Result<void> shaken = co_await self.stream->handshake();
  if (!shaken) {
    if (self.parts.stopping) co_return success();
    self.report_refused(shaken.error());
    co_await self.stream->linger();
    co_return success();
  }
  auto seat = self.parts.admission.enter(*self.stream->peer());
  if (!seat) {
    self.report_refused(seat.error());
    co_await self.refuse(seat.error());
  } else {
    unadmitted.reset();
    After after = After::keep;
    while (after == After::keep && !self.parts.stopping) after = co_await self.exchange();
  }
  co_await self.stream->close(self.farewell);
  co_return success();
}

void Connection::Impl::report_refused(const Failure& failure) {
  parts.log.warn("tls.refused", {{"address", peer_address}, {"failure", failure}});
  parts.probe.handshake_refused(failure);
}

// Reads more input behind what is there.
asio::awaitable<Result<std::size_t>> Connection::Impl::fill(std::size_t most) {
  const std::size_t room = std::min(most, input.max_size() - input.size());
  if (room == 0)
    co_return Failure(ErrorCode::malformed_request).at("body").found("an endless line");
  const auto space = input.prepare(room);
  Result<std::size_t> got = co_await stream->read_some(space);
  if (got) input.commit(got.value());
  co_return got;
}

// Head::none when the connection ended, or was asked to, before a request began.
asio::awaitable<Result<Connection::Impl::Head>> Connection::Impl::read_head(RequestParser& parser) {
  if (input.size() == 0) {
    // A kept connection waits with little memory: there are many of them, and mostly idle.
    constexpr std::size_t kFirstBytes = 512;
    input.clear();
    input.shrink_to_fit();
    stream->limit(parts.timeouts.idle);
    Result<std::size_t> first = co_await fill(kFirstBytes);
    if (!first || first.value() == 0) co_return Head::none;
  }
  interruptible = false;
  stream->limit(parts.timeouts.header);
  while (true) {  // ends with the head, at its limit, or at the deadline
    Result<std::size_t> taken = parser.take_head(text_of(input));
    if (!taken) co_return std::move(taken).error();
    input.consume(taken.value());
    if (parser.has_head()) co_return Head::complete;
    Result<std::size_t> more = co_await fill(kReadBytes);
    if (!more) co_return std::move(more).error();
    if (more.value() == 0)
      co_return Failure(ErrorCode::malformed_request).at("header").found("an end");
  }
}

asio::awaitable<After> Connection::Impl::exchange() {
  RequestParser parser;
  interruptible = true;
  Result<Head> head = co_await read_head(parser);
  interruptible = false;
  After after = After::close;
  if (!head) {
    after = co_await refuse_head(head.error());
  } else if (head.value() == Head::complete) {
    after = co_await answer(parser);
  }
  co_return after;
}

// A head that stopped coming gets no answer: nobody is known to listen.
asio::awaitable<After> Connection::Impl::refuse_head(Failure failure) {
  const auto code = failure.code();
  const bool answerable =
      code == ErrorCode::malformed_request || code == ErrorCode::header_too_large;
  if (answerable || code == ErrorCode::deadline_exceeded) parts.probe.head_refused(failure);
  if (!answerable) co_return After::close;
  const After after = co_await refuse(std::move(failure));
  co_return after;
}

// For a request whose end cannot be found, or that may not be made at all.
asio::awaitable<After> Connection::Impl::refuse(Failure failure) {
  const Response response = to_response(failure);
  Result<void> told = co_await write(response, Method::get, After::close);
  farewell = told ? Farewell::patient : Farewell::brief;
  co_return After::close;
}

asio::awaitable<After> Connection::Impl::answer(RequestParser& parser) {
  const auto began = Steady::now();
  Body body(*this, parser);
  Result<Request> request = parser.request();
  const Method method = request ? request.value().method : Method::get;
  std::optional<Response> response;
  if (request) {
    response = co_await respond(request.value(), body);
    if (!response) co_return After::close;
  } else {
    response = to_response(request.error());
    if (request.error().code() == ErrorCode::method_not_allowed) {
      response->headers.set("Allow", "GET, HEAD, POST, PUT, DELETE");
    }
  }
  const auto wish = response->headers.find("Connection");
  const bool close = !parser.keeps_alive() || parts.stopping || body.after() == After::close ||
                     (wish && equal_without_case(*wish, "close"));
  After after = close ? After::close : After::keep;
  if (!parser.is_done()) farewell = Farewell::patient;
  Result<void> written = co_await write(*response, method, after);
  parts.probe.answered(method, response->status, Steady::now() - began);
  if (!written) co_return After::close;
  if (after == After::close) co_return after;
  after = co_await drain(body);
  if (after == After::keep) farewell = Farewell::brief;
  co_return after;
}

// The peer gets no answer but the end: it comes again, and the handshake tells it why.
bool Connection::Impl::is_still_trusted() {
  const auto judged = stream->judge_again(*parts.tls->current());
  if (!judged) report_refused(judged.error());
  return judged.has_value();
}

// Nothing when the peer went away, or lost our trust, before there was an answer.
asio::awaitable<std::optional<Response>> Connection::Impl::respond(Request& request, Body& body) {
  if (!is_still_trusted()) co_return std::nullopt;
  request.peer = stream->peer();
  request.peer_address = peer_address;
  request.body = &body;
  std::optional<Response> response;
  if (may_wait(request) && body.is_done()) {
    response = co_await watched(request);
  } else {
    response = co_await call(parts.handler, request, parts.log);
  }
  // The handler may have waited while the certificate was revoked.
  if (response && !is_still_trusted()) response.reset();
  co_return response;
}

// A long poll ends with its peer. Other work is short, and better done than left in the middle.
asio::awaitable<std::optional<Response>> Connection::Impl::watched(Request& request) {
  using namespace asio::experimental::awaitable_operators;
  auto handled = call(parts.handler, request, parts.log);
  auto left = peer_gone();
  std::variant<Response, std::monostate> first = co_await (std::move(handled) || std::move(left));
  if (auto* response = std::get_if<Response>(&first)) co_return std::move(*response);
  parts.log.debug("http.peer_left",
                  {{"peer", request.peer->text()}, {"path", request.target.path}});
  co_return std::nullopt;
}

asio::awaitable<void> Connection::Impl::peer_gone() {
  constexpr auto kLookAgain = std::chrono::seconds(1);
  const auto strand = co_await asio::this_coro::executor;
  asio::steady_timer pause(strand);
  while (true) {  // ends when the peer has left, or is cancelled by the answer
    co_await stream->wait_readable();
    // The answer came first: the next wait would end with an exception.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    if (stream->peer_has_left()) co_return;
    pause.expires_after(kLookAgain);  // bytes of a next request wait: the socket stays readable
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<Result<void>> Connection::Impl::write(const Response& response, Method method,
                                                      After after) {
  const auto began = Steady::now();
  stream->limit(began + parts.timeouts.write, parts.timeouts.write);
  Result<std::string> head = answer_head(response, after);
  if (!head) {
    parts.log.error("http.handler_failed", {{"failure", head.error()}});
    const Response instead = to_response(head.error());
    Result<void> told = co_await write(instead, method, After::close);
    if (!told) co_return told;
    co_return head.error();  // the connection must not go on: it has said that it closes
  }
  std::string& text = head.value();
  const bool bodiless = method == Method::head || body_length(response) == 0;
  const std::string& body = response.shared_body ? *response.shared_body : response.body;
  const bool from_source = response.source && !response.shared_body;
  const bool joined = !bodiless && !from_source && body.size() <= kJoinedBytesMax;
  if (joined) text += body;
  Result<void> written = co_await stream->write(text);
  if (!written || bodiless || joined) co_return written;
  if (from_source) {
    written = co_await write_source(response);
  } else {
    written = limit_write(began, body.size());
    if (written) written = co_await stream->write(body);
  }
  co_return written;
}

Result<void> Connection::Impl::limit_write(Steady::time_point began, std::uint64_t bytes) {
  const auto& timeouts = parts.timeouts;
  const auto earned = std::chrono::milliseconds(bytes * 1'000 / timeouts.body_rate_min);
  const auto deadline = began + timeouts.write + earned;
  // A write that never waits is never cut off by the watchdog.
  if (Steady::now() >= deadline) return Failure(ErrorCode::deadline_exceeded).at("answer");
  stream->limit(deadline, timeouts.write);
  return success();
}

// A source that fails or lies about its length cuts the connection, so that the peer sees an answer
// that is not whole, never one that looks whole.
asio::awaitable<Result<void>> Connection::Impl::write_source(const Response& response) {
  const auto began = Steady::now();
  std::uint64_t left = response.source_length;
  while (left > 0) {
    Result<std::string> piece = co_await response.source();
    if (piece && (piece.value().empty() || piece.value().size() > left)) {
      piece = Failure(ErrorCode::internal).because("a source of another length than stated");
    }
    if (!piece) {
      parts.log.error("http.answer_cut", {{"left", left}, {"failure", piece.error()}});
      co_return std::move(piece).error();
    }
    left -= piece.value().size();
    Result<void> written = limit_write(began, response.source_length - left);
    if (written) written = co_await stream->write(piece.value());
    if (!written) co_return written;
  }
  co_return success();
}

asio::awaitable<After> Connection::Impl::drain(Body& body) {
  std::size_t drained = 0;
  while (drained <= kDrainBytesMax) {
    Result<std::string> piece = co_await body.read_some(kReadBytes);
    if (!piece) co_return After::close;
    if (piece.value().empty()) co_return After::keep;
    drained += piece.value().size();
  }
  co_return After::close;
}

After Connection::Impl::Body::after() const {
  if (broken_) return After::close;
  if (parser_.is_done()) return After::keep;
  // A peer that was never told to continue may send its body or not: no way to know what comes.
  if (owes_continue_) return After::close;
  const auto remaining = parser_.remaining();
  return remaining && *remaining > kDrainBytesMax ? After::close : After::keep;
}

asio::awaitable<Result<void>> Connection::Impl::Body::send_continue() {
  owes_continue_ = false;
  connection_.stream->limit(Steady::time_point::max(), connection_.parts.timeouts.write);
  Result<void> written = co_await connection_.stream->write("HTTP/1.1 100 Continue\r\n\r\n");
  co_return written;
}

asio::awaitable<Result<std::string>> Connection::Impl::Body::read_some(std::size_t max) {
  if (broken_) co_return Failure(ErrorCode::body_truncated);
  if (parser_.is_done() || max == 0) co_return std::string();
  if (owes_continue_) {
    Result<void> told = co_await send_continue();
    if (!told) broken_ = true;
  }
  Result<std::string> piece = Failure(ErrorCode::body_truncated);
  if (!broken_) piece = co_await read_piece(max);
  if (!piece) broken_ = true;
  co_return piece;
}

Steady::time_point Connection::Impl::Body::deadline() {
  const auto& timeouts = connection_.parts.timeouts;
  if (!began_) began_ = Steady::now();
  const auto earned = std::chrono::milliseconds(received_ * 1'000 / timeouts.body_rate_min);
  return *began_ + timeouts.body_idle + earned;
}

asio::awaitable<Result<std::string>> Connection::Impl::Body::read_piece(std::size_t max) {
  connection_.stream->limit(deadline(), connection_.parts.timeouts.body_idle);
  std::string piece;
  while (true) {  // every turn waits for more within body_idle, or ends
    piece.resize(std::clamp<std::size_t>(connection_.input.size(), 1, std::min(max, kReadBytes)));
    auto taken = parser_.take_body(text_of(connection_.input), piece);
    if (!taken) co_return std::move(taken).error();
    connection_.input.consume(taken.value().used);
    if (taken.value().written > 0 || parser_.is_done()) {
      piece.resize(taken.value().written);
      received_ += piece.size();
      co_return piece;
    }
    // A peer that always has one octet ready never lets the watchdog find a read that waits.
    if (Steady::now() >= deadline()) co_return Failure(ErrorCode::deadline_exceeded).at("body");
    Result<std::size_t> more = co_await connection_.fill(kReadBytes);
    const bool gone = more ? more.value() == 0 : more.error().code() == ErrorCode::peer_unreachable;
    if (gone) co_return Failure(ErrorCode::body_truncated).at("body");
    if (!more) co_return std::move(more).error();
  }
}

}  // namespace truc::channel
