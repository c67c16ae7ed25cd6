#include "connection.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ascii.h"
#include "exchange.h"
#include "kept_memory.h"
#include "reply_text.h"

namespace tidemark::http {
namespace {

constexpr std::size_t kReadBytes = 16U << 10U;
// What one connection may do, reads and requests, before the others have had their turn.
constexpr int kStepsATurn = 64;
// What has room in this much keeps its memory for the next; larger memory is given back.
constexpr std::size_t kKeptInputBytes = 1024;
constexpr std::size_t kKeptOutBytes = 256U << 10U;
constexpr std::size_t kMaxSpare = 1024;
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::optional<Method> ToMethod(std::string_view text) {
  for (const Method method : {Method::kGet, Method::kHead, Method::kPost, Method::kPut,
                              Method::kDelete, Method::kOptions}) {
    if (text == ToString(method)) return method;
  }
  return std::nullopt;
}

/// Yields how much the kernel has taken without waiting; nullopt if the client is gone.
std::optional<std::size_t> Write(const FileDescriptor& socket, std::string_view bytes) {
  const ssize_t sent = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  return std::nullopt;
}

}  // namespace

LoopState::LoopState(ServerParts& server_parts) : parts(server_parts), in(kReadBytes) {}
LoopState::~LoopState() = default;

Connection::Connection(FileDescriptor socket, Kind kind, LoopState& loop)
    : loop_(loop), parts_(loop.parts), socket_(std::move(socket)), kind_(kind) {}

Connection::~Connection() = default;

void Connection::Start(Connections::iterator place) {
  place_ = place;
  Enter(Phase::kIdle);
  if (loop_.events.Add(socket_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this)) {
    End();
  } else if (kind_ == Kind::kTurnedAway) {
    Refuse({503, "the server has too many connections"});
  }
}

void Connection::OnReady(std::uint32_t events) {
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) may_read_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) input_ends_ = true;
  if (phase_ == Phase::kWrite) WriteOn();
  Advance();
}

void Connection::Advance() {
  input_ = kept_;
  input_is_kept_ = true;
  for (int steps = 0; is_reading(); ++steps) {
    if (steps == kStepsATurn) {
      if (!UnfinishedHook::is_linked()) loop_.unfinished.push_back(*this);
      loop_.events.HasMoreToDo();
      break;
    }
    if (TakeInput()) continue;
    if (!may_read_) {
      if (loop_.is_stopping) CloseSoon();
      break;
    }
    Read();
  }
  KeepInput();
}

bool Connection::is_reading() const {
  return phase_ != Phase::kHandler && phase_ != Phase::kWrite && phase_ != Phase::kEnded;
}

bool Connection::TakeInput() {
  if (phase_ == Phase::kBody) return TakeBody();
  if (phase_ != Phase::kLinger) return TakeHead();
  input_ = {};
  return false;
}

void Connection::KeepInput() {
  if (input_is_kept_) {
    kept_.erase(0, kept_.size() - input_.size());
  } else {
    kept_ = input_;
  }
  if (kept_.empty()) Empty(kept_, kKeptInputBytes);
  input_ = kept_;
  input_is_kept_ = true;
}

// Adds to the input, or ends the connection: then there is nobody who waits for an answer.
void Connection::Read() {
  KeepInput();
  std::vector<char>& in = loop_.in;
  const ssize_t size_bytes = ::recv(socket_.number(), in.data(), in.size(), 0);
  if (size_bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    may_read_ = false;
    return;
  }
  if (size_bytes <= 0) {
    CloseNow();
    return;
  }
  const std::string_view read(in.data(), static_cast<std::size_t>(size_bytes));
  // Less than there is room for was all that there is, and we are told when more comes.
  may_read_ = input_ends_ || read.size() == in.size();
  if (kept_.empty()) {
    input_ = read;
    input_is_kept_ = false;
  } else {
    kept_.append(read);
    input_ = kept_;
  }
}

bool Connection::TakeHead() {
  const ServerOptions& options = parts_.options;
  // Some clients end a body with a line end too many (RFC 9112 2.2).
  while (phase_ == Phase::kIdle && input_.starts_with("\r\n")) input_.remove_prefix(2);
  if (input_.empty() || (phase_ == Phase::kIdle && input_ == "\r")) return false;

  HeadScanner& head = exchange().head;
  head.Scan(input_);
  if (head.is_malformed()) {
    Refuse({400, "the request is not HTTP/1.1"});
    return true;
  }
  if (head.size_bytes().value_or(input_.size()) > options.max_header_bytes) {
    // The longest thing in a first line is the target.
    const bool is_target =
        head.first_line_bytes().value_or(input_.size()) > options.max_target_bytes;
    Refuse(is_target ? Refusal{414, "the URL is too long"}
                     : Refusal{431, "the request's headers are too large"});
    return true;
  }
  if (const auto size_bytes = head.size_bytes()) {
    const std::string_view whole = input_.substr(0, *size_bytes);
    input_.remove_prefix(*size_bytes);
    EndHead(whole);
    return true;
  }
  if (phase_ == Phase::kIdle) Enter(Phase::kHead);
  return false;
}

void Connection::EndHead(std::string_view text) {
  Exchange& exchange = *exchange_;
  RequestHead head;
  const bool is_sound = ParseHead(text, head, exchange.request.headers);
  exchange.method_text = head.method;
  exchange.method = ToMethod(head.method);
  exchange.request.method = exchange.method.value_or(Method::kGet);
  exchange.is_http10 = head.is_http10;
  exchange.wants_continue = head.wants_continue;
  exchange.head_ended_at = loop_.events.now();
  const RequestLine line{.method = exchange.method,
                         .target = head.target,
                         .is_http10 = head.is_http10,
                         .has_body = head.has_body()};
  // Also of one that is malformed, whose path and id may be known.
  const auto refusal = CheckRequest(line, parts_.options, exchange.request);
  if (!is_sound) return Refuse({400, "the request is not valid HTTP/1.1"});
  if (refusal) return Refuse(*refusal);
  exchange.keeps_open = head.keeps_open;
  if (!head.has_body()) return Answer();

  exchange.body = std::make_unique<BodyReader>(
      head, BodyReader::Limits{.max_body_bytes = parts_.options.max_body_bytes,
                               .max_line_bytes = parts_.options.max_header_bytes});
  Enter(Phase::kBody);
}

bool Connection::TakeBody() {
  Exchange& exchange = *exchange_;
  const bool has_come = !input_.empty();
  const ParseStep step = exchange.body->Take(input_);
  if (!exchange.body_share.TryGrowTo(exchange.body->body().size(), parts_.body_bytes,
                                     parts_.options.max_body_bytes_at_once)) {
    Refuse({503, "the server is busy with other requests' bodies"});
    return true;
  }
  switch (step) {
    case ParseStep::kDone:
      exchange.request.body = std::move(exchange.body->body());
      Answer();
      return true;
    case ParseStep::kTooLarge:
      Refuse({413, "the request's body is too large"});
      return true;
    case ParseStep::kMalformed:
      Refuse({400, "the request is not valid HTTP/1.1"});
      return true;
    case ParseStep::kNeedsMore:
      break;
  }
  if (std::exchange(exchange.wants_continue, false) && !has_come) {
    // One who has no room for it is not told: he may send it all the same (RFC 9110 10.1.1).
    const auto sent = Write(socket_, kContinue);
    if (sent != kContinue.size() && sent != 0) {
      CloseNow();
      return true;
    }
  }
  return false;
}

// From here on the request has its deadline.
void Connection::Answer() {
  Exchange& exchange = *exchange_;
  Request& request = exchange.request;
  if (!exchange.method) {
    const Reply reply = parts_.router.RefuseMethod(request);
    return SendReply(reply, reply.status);
  }
  Enter(Phase::kHandler);
  request.deadline = Deadline::At(loop_.events.now() + parts_.options.request_timeout);
  const bool is_reading_method =
      exchange.method == Method::kGet || exchange.method == Method::kHead;
  const bool may_take_shortcut = is_reading_method && parts_.shortcut != nullptr;
  may_take_shortcut ? AskShortcut() : RunHandler();
}

void Connection::AskShortcut() {
  Shortcut::Done done = [this](SharedReply reply) {
    if (loop_.events.IsOnItsThread() && loop_.is_sending) return OnShortcut(reply);
    loop_.events.Post([this, reply = std::move(reply)] { OnShortcut(reply); });
  };
  // One that is given while it is being asked for is posted: nothing here is ready for it.
  const bool is_sending = std::exchange(loop_.is_sending, false);
  if (parts_.shortcut->TryAnswer(exchange_->request, done)) {
    loop_.will_send = true;
  } else {
    RunHandler();
  }
  loop_.is_sending = is_sending;
}

void Connection::OnShortcut(const SharedReply& reply) {
  if (!reply) return RunHandler();
  SendReply(*reply, reply->status());
  Advance();
}

void Connection::RunHandler() {
  Request& request = exchange_->request;
  HandlerPool::Job job = [this, &request](HandlerPool::Turn turn) {
    std::optional<Reply> reply;
    if (turn == HandlerPool::Turn::kRun && !request.deadline.HasPassed()) {
      reply = parts_.router.Dispatch(request);
    }
    request.held.reset();
    loop_.events.Post([this, reply = std::move(reply)]() mutable { OnHandled(std::move(reply)); });
  };
  if (!parts_.pool.TrySubmit(job)) job(HandlerPool::Turn::kDropped);
}

// No reply: no thread of the pool was free in time.
void Connection::OnHandled(std::optional<Reply> reply) {
  if (!reply) reply = RefusalReply({503, "the server is busy"});
  SendReply(*reply, reply->status);
  Advance();
}

// After a refusal it is unknown where the next request would start.
void Connection::Refuse(Refusal refusal) {
  Request& request = exchange().request;
  if (request.request_id.empty()) request.request_id = ChooseRequestId(request);
  // One whose head is not whole.
  if (exchange_->head_ended_at == SteadyTime()) exchange_->head_ended_at = loop_.events.now();
  exchange_->keeps_open = false;
  SendReply(RefusalReply(refusal), refusal.status);
}

Reply Connection::RefusalReply(Refusal refusal) {
  Reply reply = parts_.router.Refuse(exchange_->request, refusal.status, refusal.message);
  if (refusal.status == 503) reply.headers.push_back({.name = "Retry-After", .value = "1"});
  return reply;
}

void Connection::SendReply(const auto& reply, int status) {
  Exchange& exchange = *exchange_;
  exchange.keeps_open = exchange.keeps_open && !loop_.is_stopping;
  ReplyFrame frame{.method = exchange.request.method,
                   .connection = ConnectionHeader::kNone,
                   .request_id = exchange.request.request_id,
                   .date = loop_.date};
  if (!exchange.keeps_open) {
    frame.connection = ConnectionHeader::kClose;
  } else if (exchange.is_http10) {
    frame.connection = ConnectionHeader::kKeepAlive;
  }
  std::string& out = loop_.out;
  out.clear();
  AppendReply(out, reply, frame);
  exchange.status = status;
  exchange.size_bytes = out.size();

  const auto sent = Write(socket_, out);
  if (sent == out.size()) {
    EndReply(true);
  } else if (!sent) {
    EndReply(false);
  } else {
    unsent_ = std::move(out);
    unsent_begin_ = *sent;
    Enter(Phase::kWrite);
    WriteOn();
  }
  Empty(out, kKeptOutBytes);
}

// Until all is taken, or no more is: then we are told when there is room.
void Connection::WriteOn() {
  while (unsent_begin_ < unsent_.size()) {
    const auto sent = Write(socket_, std::string_view(unsent_).substr(unsent_begin_));
    if (!sent) break;
    if (*sent == 0) return;
    unsent_begin_ += *sent;
    Enter(Phase::kWrite);  // Each time, for the limit is on a reader who takes nothing.
  }
  const bool is_whole = unsent_begin_ == unsent_.size();
  Empty(unsent_, 0);
  EndReply(is_whole);
}

void Connection::EndReply(bool is_whole) {
  if (parts_.observer && kind_ == Kind::kServed) Tell(is_whole);
  const bool keeps_open = exchange_->keeps_open;
  exchange_->Clear();
  if (loop_.spare.size() < kMaxSpare) loop_.spare.push_back(std::move(exchange_));
  exchange_.reset();
  Enter(Phase::kIdle);
  if (!is_whole) {
    CloseNow();
  } else if (!keeps_open) {
    Linger();
  }
}

void Connection::Tell(bool is_whole) {
  const auto now = std::chrono::steady_clock::now();
  parts_.observer(Served{.request = exchange_->request,
                         .method = exchange_->method_text,
                         .status = exchange_->status,
                         .size_bytes = exchange_->size_bytes,
                         .duration = now - exchange_->head_ended_at,
                         .is_whole = is_whole});
}

// Closing a socket with unread bytes in it resets the connection, and a reset can overtake the
// reply that was just sent. So the rest is read first, for a while.
void Connection::Linger() {
  if (loop_.is_stopping) return CloseNow();
  Enter(Phase::kLinger);
  ::shutdown(socket_.number(), SHUT_WR);
}

void Connection::CheckTimeout(SteadyTime now) {
  if (now < expires_at_) return;
  switch (phase_) {
    case Phase::kHead:
      Refuse({408, "the request's head did not come in time"});
      return Advance();
    case Phase::kBody:
      Refuse({408, "the request's body did not come in time"});
      return Advance();
    case Phase::kWrite: {
      // Otherwise the kernel would keep what was not read, and go on offering it.
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return CloseNow();
    }
    case Phase::kIdle:
    case Phase::kHandler:
    case Phase::kLinger:
    case Phase::kEnded:
      return CloseNow();
  }
}

void Connection::CloseSoon() {
  if (phase_ == Phase::kIdle || phase_ == Phase::kLinger) CloseNow();
}

// While somebody else works on its request, the connection has to be there for the answer.
void Connection::CloseNow() {
  if (socket_.is_open()) loop_.events.Remove(socket_);
  socket_.Close();
  if (phase_ == Phase::kWrite) {
    Empty(unsent_, 0);
    EndReply(false);
  } else if (phase_ != Phase::kHandler && phase_ != Phase::kEnded) {
    End();
  }
}

void Connection::End() {
  phase_ = Phase::kEnded;
  UnfinishedHook::unlink();
  // Not only when the turn ends: somebody else may be about to take the place.
  kind_ == Kind::kServed ? --parts_.served_count : --loop_.turned_away_count;
  loop_.open_count.Add(-1);
  loop_.ended.splice(loop_.ended.end(), loop_.connections, place_);
}

Exchange& Connection::exchange() {
  if (exchange_) return *exchange_;
  if (loop_.spare.empty()) {
    exchange_ = std::make_unique<Exchange>();
  } else {
    exchange_ = std::move(loop_.spare.back());
    loop_.spare.pop_back();
  }
  return *exchange_;
}

void Connection::Enter(Phase phase) {
  phase_ = phase;
  expires_at_ =
      phase == Phase::kHandler ? SteadyTime::max() : loop_.events.now() + TimeLimit(phase);
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
    case Phase::kEnded:
      return kLingerTime;
  }
  return kLingerTime;
}

}  // namespace tidemark::http
