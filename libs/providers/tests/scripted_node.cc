#include "scripted_node.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tidemark::providers {
namespace {

/// Reads one request into `head` and `body`; false once the connection has ended.
bool ReadRequest(int socket, std::string& buffer, std::string& head, std::string& body) {
  constexpr std::string_view kLengthName = "Content-Length: ";
  std::size_t head_end = 0;
  std::size_t length = 0;
  for (;;) {
    head_end = buffer.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::size_t at = buffer.find(kLengthName);
      length = at < head_end ? std::stoul(buffer.substr(at + kLengthName.size())) : 0;
      if (buffer.size() >= head_end + 4 + length) break;
    }
    char bytes[4096];
    const ssize_t got = ::recv(socket, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer.append(bytes, static_cast<std::size_t>(got));
  }
  head = buffer.substr(0, head_end + 2);
  body = buffer.substr(head_end + 4, length);
  buffer.erase(0, head_end + 4 + length);
  return true;
}

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

ScriptedNode::ScriptedNode(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no port to listen on");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { Accept(); });
}

ScriptedNode::~ScriptedNode() {
  is_ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const MutexLock lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  changed_.NotifyAll();
  threads_.clear();
  const MutexLock lock(mutex_);
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

std::string ScriptedNode::url() const { return "http://" + name(); }

std::string ScriptedNode::name() const { return fmt::format("127.0.0.1:{}", port_); }

std::vector<SeenRequest> ScriptedNode::requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

bool ScriptedNode::WaitForRequests(std::size_t count) const {
  const Deadline deadline = Deadline::After(std::chrono::seconds(10));
  const MutexLock lock(mutex_);
  while (requests_.size() < count && !deadline.HasPassed()) changed_.WaitUntil(mutex_, deadline);
  return requests_.size() >= count;
}

void ScriptedNode::Accept() {
  for (;;) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    ++connection_count_;
    {
      const MutexLock lock(mutex_);
      sockets_.push_back(socket);
    }
    threads_.emplace_back([this, socket] { Serve(socket); });
  }
}

void ScriptedNode::Serve(int socket) {
  std::string buffer;
  std::string head;
  std::string body;
  while (!is_ending_ && ReadRequest(socket, buffer, head, body)) {
    const int under_way = ++under_way_;
    int highest = concurrency_max_;
    while (under_way > highest && !concurrency_max_.compare_exchange_weak(highest, under_way)) {
    }
    const bool goes_on = Answer(socket, head, body);
    --under_way_;
    if (!goes_on) break;
  }
  ::shutdown(socket, SHUT_RDWR);
}

bool ScriptedNode::Answer(int socket, const std::string& head, const std::string& body) {
  SeenRequest request{.head = head, .body = Json::parse(body)};
  int number = 0;
  {
    const MutexLock lock(mutex_);
    requests_.push_back(request);
    number = static_cast<int>(requests_.size());
  }
  changed_.NotifyAll();
  const Scripted scripted = script_(request, number);
  if (scripted.ending == Scripted::Ending::kDrop) return false;
  if (scripted.ending == Scripted::Ending::kHang) {
    const MutexLock lock(mutex_);
    while (!is_ending_) changed_.Wait(mutex_);
    return false;
  }
  std::string text = fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", scripted.status,
                                 scripted.body.size(), scripted.extra_headers, scripted.body);
  if (scripted.ending == Scripted::Ending::kHalf)
    text.resize(text.size() - scripted.body.size() / 2);
  return SendAll(socket, text) && scripted.ending == Scripted::Ending::kWhole;
}

Scripted AnswerEach(const SeenRequest& request,
                    const std::function<Json(const Json& call)>& answer_call) {
  if (!request.body.is_array()) return {.body = answer_call(request.body).dump()};
  Json answers = Json::array();
  for (const Json& call : request.body) answers.push_back(answer_call(call));
  return {.body = answers.dump()};
}

FixtureChain::FixtureChain(const std::vector<EvmFixture>& blocks) {
  for (const EvmFixture& block : blocks) {
    blocks_[block.number().value] = block;
    for (const Json& receipt : block.receipts) receipts_[receipt["transactionHash"]] = receipt;
  }
}

FixtureChain FixtureChain::Repeating(const EvmFixture& fixture, std::uint64_t count) {
  const std::string text = AnswerOf(fixture).dump();
  const std::string number = fixture.block["number"];
  std::vector<EvmFixture> blocks;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string copy = text;
    const std::string next = fmt::format("{:#x}", fixture.number().value + i);
    for (std::size_t at = 0; (at = copy.find(number, at)) != std::string::npos;) {
      copy.replace(at, number.size(), next);
      at += next.size();
    }
    // Another hash for each block and transaction, told by its first digits.
    const std::string mark = fmt::format("{:08x}", i);
    for (const char* key : {R"("blockHash":"0x)", R"("hash":"0x)", R"("transactionHash":"0x)"}) {
      const std::string_view name = key;
      for (std::size_t at = 0; (at = copy.find(name, at)) != std::string::npos;) {
        at += name.size();
        copy.replace(at, mark.size(), mark);
      }
    }
    const Json json = Json::parse(copy);
    blocks.push_back({.block = json[0]["result"], .receipts = json[1]["result"]});
  }
  return FixtureChain(blocks);
}

Json FixtureChain::AnswerCall(const Json& call) const {
  const int id = call.at("id");
  const std::string method = call.at("method");
  const std::string first = call.at("params").at(0);
  if (method == "eth_getTransactionReceipt") {
    const auto receipt = receipts_.find(first);
    return ResultElement(id, receipt == receipts_.end() ? Json() : receipt->second);
  }
  auto block = blocks_.end();
  if (first == "latest" || first == "finalized") {
    if (!blocks_.empty()) block = std::prev(blocks_.end());
  } else {
    block = blocks_.find(std::stoull(first, nullptr, 16));
  }
  if (block == blocks_.end()) return ResultElement(id, nullptr);
  return ResultElement(
      id, method == "eth_getBlockReceipts" ? block->second.receipts : block->second.block);
}

Scripted FixtureChain::Answer(const SeenRequest& request) const {
  return AnswerEach(request, [this](const Json& call) { return AnswerCall(call); });
}

}  // namespace tidemark::providers
