#include "connection.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "ascii.h"
#include "head_scanner.h"
#include "parse_step.h"
#include "reply_text.h"

namespace tidemark::http {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::request_parser<beast_http::string_body>;

constexpr std::size_t kReadBytes = 4096;
// What an idle connection keeps at hand: enough for a request without a body, mostly.
constexpr std::size_t kFirstReadBytes = 1024;
// A reply this large keeps its buffer for the next; a larger one gives the memory back.
constexpr std::size_t kKeptOutBytes = 256U << 10U;
constexpr std::chrono::milliseconds kLingerTime{2000};

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::optional<Method> ToMethod(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
      return Method::kGet;
    case beast_http::verb::head:
      return Method::kHead;
    case beast_http::verb::post:
      return Method::kPost;
    case beast_http::verb::put:
      return Method::kPut;
    case beast_http::verb::delete_:
      return Method::kDelete;
    case beast_http::verb::options:
      return Method::kOptions;
    default:
      return std::nullopt;
  }
}

/// Part of what all bodies together may take, until it is let go.
class BodyShare {
 public:
  BodyShare() = default;
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() {
    if (taken_ != nullptr) *taken_ -= bytes_;
  }

  /// False: there is not as much left.
  bool TryGrowTo(std::size_t bytes, std::atomic<std::size_t>& taken, std::size_t max_bytes) {
    const std::size_t more = bytes - bytes_;
    if (taken.fetch_add(more) + more > max_bytes) {
      taken -= more;
      return false;
    }
    taken_ = &taken;
    bytes_ = bytes;
    return true;
  }

 private:
  std::atomic<std::size_t>* taken_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace

/// A reply as it has gone out.
struct Connection::Sent {
  int status = 0;
  std::size_t size_bytes = 0;
  bool is_whole = false;
};

/// One request and what is known of it so far.
struct Connection::Exchange {
  Parser parser;
  HeadScanner head;
  Request request;
  BodyShare body_share;
  std::optional<Method> method;  // Absent for one that Method has no name for.
  std::optional<Refusal> refusal;
  SteadyTime head_ended_at;  // If there is an observer.

  void Take(ParseStep step);
  /// Goes over from the parser's view of the head to ours.
  void TakeHead(const ServerOptions& options);
};

void Connection::Exchange::Take(ParseStep step) {
  switch (step) {
    case ParseStep::kDone:
    case ParseStep::kNeedsMore:
      break;
    case ParseStep::kTooLarge:
      refusal = {413, "the request's body is too large"};
      break;
    case ParseStep::kMalformed:
      refusal = {400, "the request is not valid HTTP/1.1"};
      break;
  }
}

void Connection::Exchange::TakeHead(const ServerOptions& options) {
  const auto& message = parser.get();
  method = ToMethod(message.method());
  request.method = method.value_or(Method::kGet);
  for (const auto& field : message.base()) {
    request.headers.push_back({.name = std::string(View(field.name_string())),
                               .value = std::string(View(field.value()))});
  }
  const RequestLine line{.method = method,
                         .target = View(message.target()),
                         .is_http10 = message.version() < 11,
                         .has_body = !parser.is_done()};
  const auto checked = CheckRequest(line, options, request);
  if (!refusal) refusal = checked;  // The earlier one is why the head is not whole.
}

Connection::Connection(Socket socket, LoopState& loop)
    : socket_(std::move(socket)),
      loop_(loop),
      parts_(loop.parts),
      buffer_(parts_.options.max_header_bytes + kReadBytes) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);  // For WriteAtOnce.
  Enter(Phase::kIdle);
}

Awaitable<void> Connection::TurnAway() {
  Request request;
  request.request_id = ChooseRequestId(request);
  const Refusal refusal{503, "the server has too many connections"};
  const Reply reply = Refuse(request, refusal);
  const ReplyFrame frame{.method = Method::kGet,
                         .connection = ConnectionHeader::kClose,
                         .request_id = request.request_id,
                         .date = loop_.date};
  std::string out;
  AppendReply(out, reply, frame);
  if (co_await Write(out)) co_await Linger();
  CloseNow();
}

// Each coroutine that another one waits for costs a request about as much as its parser does, so
// what a request usually takes is in this one, and in functions that do not wait.
Awaitable<void> Connection::Serve() {
  bool is_open = true;
  while (is_open) {
    Exchange exchange;
    Enter(Phase::kIdle);
    HeadStep step = TakeHead(exchange);
    while (step == HeadStep::kNeedsMore) {
      const auto [error, size_bytes] = co_await socket_.async_read_some(Space(), kAsTuple);
      buffer_.commit(size_bytes);
      step = error ? EndHead(exchange) : TakeHead(exchange);
    }
    if (step == HeadStep::kNobody) break;
    if (parts_.observer) exchange.head_ended_at = std::chrono::steady_clock::now();
    exchange.TakeHead(parts_.options);
    if (!exchange.refusal && !exchange.parser.is_done()) {
      const bool is_there = co_await ReadBody(exchange);
      if (!is_there) break;
    }

    Request& request = exchange.request;
    std::optional<Reply> reply = AnswerAtOnce(exchange);
    SharedReply prepared;
    if (!reply && MayTakeShortcut(exchange)) {
      ShortcutInbox::Waiter waiter(socket_.get_executor());
      co_await TakeShortcut(request, waiter);
      prepared = std::move(waiter.reply);
    }
    if (!reply && !prepared) reply = co_await RunHandler(request);
    if (!reply && !prepared) reply = Refuse(request, {503, "the server is busy"});

    const bool keeps_open =
        prepared ? PrintReply(exchange, *prepared) : PrintReply(exchange, *reply);
    Sent sent{.status = prepared ? prepared->status() : reply->status,
              .size_bytes = loop_.out.size()};
    const std::size_t sent_bytes = WriteAtOnce(loop_.out);
    sent.is_whole = sent_bytes == loop_.out.size();
    if (!sent.is_whole) {
      const std::string rest = loop_.out.substr(sent_bytes);
      sent.is_whole = co_await Write(rest);
    }
    if (parts_.observer) Tell(exchange, sent);
    if (loop_.out.capacity() > kKeptOutBytes) loop_.out = std::string();
    if (sent.is_whole && !keeps_open) co_await Linger();
    is_open = sent.is_whole && keeps_open;
  }
  CloseNow();
}

// Into the loop's buffer. Yields whether the connection may stay open after it.
bool Connection::PrintReply(const Exchange& exchange, const auto& reply) {
  // After a refusal it is unknown where the next request would start.
  const bool keeps_open = !exchange.refusal && exchange.parser.keep_alive() && !loop_.is_stopping;
  ReplyFrame frame{.method = exchange.request.method,
                   .connection = ConnectionHeader::kNone,
                   .request_id = exchange.request.request_id,
                   .date = loop_.date};
  if (!keeps_open) {
    frame.connection = ConnectionHeader::kClose;
  } else if (exchange.parser.get().version() < 11) {
    frame.connection = ConnectionHeader::kKeepAlive;
  }
  loop_.out.clear();
  AppendReply(loop_.out, reply, frame);
  return keeps_open;
}

// Looks at what has come so far.
Connection::HeadStep Connection::TakeHead(Exchange& exchange) {
  const ServerOptions& options = parts_.options;
  if (phase_ == Phase::kIdle) SkipEmptyLines();

  HeadScanner& head = exchange.head;
  head.Scan(Buffered());
  if (head.is_malformed()) {
    exchange.refusal = {400, "the request is not HTTP/1.1"};
    return HeadStep::kDone;
  }
  if (head.size_bytes().value_or(buffer_.size()) > options.max_header_bytes) {
    // The longest thing in a first line is the target.
    const bool is_target =
        head.first_line_bytes().value_or(buffer_.size()) > options.max_target_bytes;
    exchange.refusal = is_target ? Refusal{414, "the URL is too long"}
                                 : Refusal{431, "the request's headers are too large"};
    return HeadStep::kDone;
  }
  if (const auto size_bytes = head.size_bytes()) {
    exchange.parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
    exchange.parser.body_limit(options.max_body_bytes);
    exchange.Take(ParseHead(exchange.parser, buffer_, *size_bytes));
    return HeadStep::kDone;
  }

  if (phase_ == Phase::kIdle && buffer_.size() != 0) Enter(Phase::kHead);
  const bool is_unwanted = loop_.is_stopping && phase_ == Phase::kIdle;
  return is_unwanted ? HeadStep::kNobody : HeadStep::kNeedsMore;
}

// No more of it comes.
Connection::HeadStep Connection::EndHead(Exchange& exchange) const {
  if (!has_timed_out_ || phase_ == Phase::kIdle) return HeadStep::kNobody;
  exchange.refusal = {408, "the request's head did not come in time"};
  return HeadStep::kDone;
}

// False if there is nobody to answer.
Awaitable<bool> Connection::ReadBody(Exchange& exchange) {
  Parser& parser = exchange.parser;
  const ServerOptions& options = parts_.options;
  Enter(Phase::kBody);
  const auto expect = exchange.request.FindHeader("Expect");
  if (expect && EqualsIgnoringCase(*expect, "100-continue") && buffer_.size() == 0) {
    if (!co_await Write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
    Enter(Phase::kBody);
  }

  for (;;) {
    const ParseStep step = ParseBody(parser, buffer_);
    if (!exchange.body_share.TryGrowTo(parser.get().body().size(), parts_.body_bytes,
                                       options.max_body_bytes_at_once)) {
      exchange.refusal = {503, "the server is busy with other requests' bodies"};
      break;
    }
    exchange.Take(step);
    if (step != ParseStep::kNeedsMore) break;
    if (co_await ReadMore()) continue;
    if (!has_timed_out_) co_return false;
    exchange.refusal = {408, "the request's body did not come in time"};
    break;
  }
  exchange.request.body = std::move(parser.get().body());
  co_return true;
}

boost::asio::mutable_buffer Connection::Space() {
  const std::size_t wanted_bytes = phase_ == Phase::kIdle ? kFirstReadBytes : kReadBytes;
  return buffer_.prepare(std::min(wanted_bytes, buffer_.max_size() - buffer_.size()));
}

// False if no more came: closed, reset, stopped or timed out.
Awaitable<bool> Connection::ReadMore() {
  const auto [error, size_bytes] = co_await socket_.async_read_some(Space(), kAsTuple);
  buffer_.commit(size_bytes);
  co_return !error;
}

// Nullopt if it has to be asked for. From here on the request has its deadline.
std::optional<Reply> Connection::AnswerAtOnce(Exchange& exchange) {
  Request& request = exchange.request;
  if (exchange.refusal) return Refuse(request, *exchange.refusal);
  if (!exchange.method) return parts_.router.RefuseMethod(request);
  Enter(Phase::kHandler);
  request.deadline = Deadline::After(parts_.options.request_timeout);
  return std::nullopt;
}

bool Connection::MayTakeShortcut(const Exchange& exchange) const {
  return parts_.shortcut != nullptr &&
         (exchange.method == Method::kGet || exchange.method == Method::kHead);
}

// There is no reply if the request has to go to its handler.
Awaitable<void> Connection::TakeShortcut(Request& request, ShortcutInbox::Waiter& waiter) {
  auto initiate = [this, &request, &waiter](auto resume) {
    waiter.resume = std::move(resume);
    Shortcut::Done done = [this, &waiter](SharedReply reply) {
      loop_.inbox.Deliver(waiter, std::move(reply));
    };
    parts_.shortcut->TryAnswer(request, done) ? SendSoon() : done(nullptr);
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(std::move(initiate),
                                                                             kUseAwaitable);
}

// After whatever else is ready now.
void Connection::SendSoon() {
  if (std::exchange(loop_.will_send, true)) return;
  asio::post(socket_.get_executor(), [&loop = loop_] {
    loop.will_send = false;
    loop.parts.shortcut->Send();
  });
}

// Nullopt if no thread of the pool was free in time.
Awaitable<std::optional<Reply>> Connection::RunHandler(Request& request) {
  auto initiate = [this, &request](auto resume) {
    HandlerPool::Job job = [this, &request,
                            resume = std::move(resume)](HandlerPool::Turn turn) mutable {
      std::optional<Reply> reply;
      if (turn == HandlerPool::Turn::kRun && !request.deadline.HasPassed()) {
        reply = parts_.router.Dispatch(request);
      }
      request.held.reset();
      asio::post(socket_.get_executor(),
                 [resume = std::move(resume), reply = std::move(reply)]() mutable {
                   std::move(resume)(std::move(reply));
                 });
    };
    if (!parts_.pool.TrySubmit(job)) job(HandlerPool::Turn::kDropped);
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(std::optional<Reply>)>(
      std::move(initiate), kUseAwaitable);
}

// Yields how much the kernel has taken without waiting: nothing if it fails, for whatever reason.
std::size_t Connection::WriteAtOnce(std::string_view bytes) {
  boost::system::error_code error;
  return socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
}

// False if the client is gone, or reads too slowly.
Awaitable<bool> Connection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    Enter(Phase::kWrite);  // Each time, for the limit is on a reader who takes nothing.
    const auto [error, size_bytes] =
        co_await socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()), kAsTuple);
    if (error) co_return false;
    bytes.remove_prefix(size_bytes);
  }
  co_return true;
}

void Connection::Tell(const Exchange& exchange, const Sent& sent) {
  const auto now = std::chrono::steady_clock::now();
  parts_.observer(Served{.request = exchange.request,
                         .method = View(exchange.parser.get().method_string()),
                         .status = sent.status,
                         .size_bytes = sent.size_bytes,
                         .duration = now - exchange.head_ended_at,
                         .is_whole = sent.is_whole});
}

// Closing a socket with unread bytes in it resets the connection, and a reset can overtake the
// reply that was just sent. So the rest is read first, for a while.
Awaitable<void> Connection::Linger() {
  if (loop_.is_stopping) co_return;
  Enter(Phase::kLinger);
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  do {
    buffer_.clear();
  } while (co_await ReadMore());
}

void Connection::CheckTimeout(SteadyTime now) {
  if (now < expires_at_) return;
  has_timed_out_ = true;
  boost::system::error_code ignored;
  if (phase_ == Phase::kHead || phase_ == Phase::kBody) {
    socket_.cancel(ignored);  // The reader wakes up and answers 408.
    return;
  }
  if (phase_ == Phase::kWrite) {
    // Otherwise the kernel would keep what was not read, and go on offering it.
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  }
  CloseNow();
}

void Connection::CloseSoon() {
  if (phase_ == Phase::kIdle || phase_ == Phase::kLinger) CloseNow();
}

void Connection::CloseNow() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Connection::Enter(Phase phase) {
  phase_ = phase;
  has_timed_out_ = false;
  expires_at_ = phase == Phase::kHandler ? SteadyTime::max()
                                         : std::chrono::steady_clock::now() + TimeLimit(phase);
}

std::chrono::milliseconds Connection::TimeLimit(Phase phase) const {
  const ServerOptions& options = parts_.options;
  switch (phase) {
    case Phase::kIdle:
      return options.idle_timeout;
    case Phase::kHead:
      return options.header_timeout;
    case Phase::kBody:
      return options.body_timeout;
    case Phase::kHandler:
      return options.request_timeout;
    case Phase::kWrite:
      return options.write_timeout;
    case Phase::kLinger:
      return kLingerTime;
  }
  return kLingerTime;
}

std::string_view Connection::Buffered() const {
  const auto data = buffer_.cdata();
  return {static_cast<const char*>(data.data()), data.size()};
}

// Some clients end a body with a line end too many (RFC 9112 2.2).
void Connection::SkipEmptyLines() {
  while (Buffered().starts_with("\r\n")) buffer_.consume(2);
}

Reply Connection::Refuse(const Request& request, Refusal refusal) const {
  Reply reply = parts_.router.Refuse(request, refusal.status, refusal.message);
  if (refusal.status == 503) reply.headers.push_back({.name = "Retry-After", .value = "1"});
  return reply;
}

}  // namespace tidemark::http
