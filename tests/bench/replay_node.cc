// A node that answers from memory what record_chain.py has recorded, so that a benchmark measures
// who asks. Says where it listens on standard output, and runs until it is killed.
//
// usage: replay_node FOLDER
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

namespace {

using Element = simdjson::dom::element;

[[noreturn]] void Fail(const std::string& what) {
  fmt::print(stderr, "replay_node: {}\n", what);
  std::exit(1);
}

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  if (lines.empty()) Fail(path + " is not there, or empty");
  return lines;
}

std::string_view TextOf(Element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// As it was given.
std::string IdOf(Element call) {
  std::uint64_t number = 0;
  if (call["id"].get(number) == simdjson::SUCCESS) return fmt::to_string(number);
  return fmt::format("\"{}\"", TextOf(call, "id"));
}

class Recording {
 public:
  explicit Recording(const std::string& folder)
      : blocks_(ReadLines(folder + "/blocks.jsonl")),
        headers_(ReadLines(folder + "/headers.jsonl")),
        receipts_(ReadLines(folder + "/receipts.jsonl")),
        logs_(ReadLines(folder + "/logs.jsonl")) {
    if (headers_.size() != blocks_.size() || receipts_.size() != blocks_.size() ||
        logs_.size() != blocks_.size()) {
      Fail(folder + " is no whole recording");
    }
    for (const std::string& line : ReadLines(folder + "/scalars.jsonl")) {
      const auto tab = line.find('\t');
      scalars_.emplace(line.substr(0, tab), line.substr(tab + 1));
    }
    simdjson::dom::parser parser;
    first_ = NumberOf(TextOf(parser.parse(blocks_.front()).value(), "number"));
    for (const std::string& line : receipts_) IndexReceipts(line);
  }

  /// Appends the result of one call; false if there is no such method.
  bool AppendResult(std::string_view method, Element call, std::string& out) const {
    if (method == "eth_getBlockByNumber") {
      const bool is_full = call["params"].at(1).get_bool().value();
      AppendBlock(ParamText(call), is_full ? blocks_ : headers_, out);
    } else if (method == "eth_getBlockReceipts") {
      AppendBlock(ParamText(call), receipts_, out);
    } else if (method == "eth_getLogs") {
      AppendLogs(call["params"].at(0).value(), out);
    } else if (method == "eth_getTransactionReceipt") {
      const auto found = receipt_by_transaction_.find(std::string(ParamText(call)));
      out += found == receipt_by_transaction_.end() ? "null" : found->second;
    } else {
      const auto found = scalars_.find(std::string(method));
      if (found == scalars_.end()) return false;
      out += found->second;
    }
    return true;
  }

 private:
  void IndexReceipts(const std::string& line) {
    simdjson::ondemand::parser parser;
    const simdjson::padded_string text(line);
    auto document = parser.iterate(text);
    for (auto receipt : document.get_array()) {
      simdjson::ondemand::object object = receipt.get_object().value();
      const std::string_view hash = object["transactionHash"].get_string().value();
      object.reset().value();
      receipt_by_transaction_.emplace(hash, object.raw_json().value());
    }
  }

  static std::string_view ParamText(Element call) {
    std::string_view text;
    return call["params"].at(0).get(text) == simdjson::SUCCESS ? text : std::string_view();
  }

  std::uint64_t last() const { return first_ + blocks_.size() - 1; }

  std::uint64_t NumberOf(std::string_view tag) const {
    if (tag.starts_with("0x")) return std::strtoull(std::string(tag).c_str(), nullptr, 16);
    return last();  // latest, safe, finalized
  }

  void AppendBlock(std::string_view tag, const std::vector<std::string>& lines,
                   std::string& out) const {
    const std::uint64_t number = NumberOf(tag);
    out += number < first_ || number > last() ? "null" : lines[number - first_];
  }

  void AppendLogs(Element filter, std::string& out) const {
    const std::uint64_t from = std::max(NumberOf(TextOf(filter, "fromBlock")), first_);
    const std::uint64_t to = std::min(NumberOf(TextOf(filter, "toBlock")), last());
    out += '[';
    for (std::uint64_t number = from; number <= to; ++number) {
      const std::string& line = logs_[number - first_];
      const auto items = std::string_view(line).substr(1, line.size() - 2);
      if (out.back() != '[' && !items.empty()) out += ',';
      out += items;
    }
    out += ']';
  }

  std::vector<std::string> blocks_;
  std::vector<std::string> headers_;
  std::vector<std::string> receipts_;
  std::vector<std::string> logs_;
  std::unordered_map<std::string, std::string> scalars_;
  std::unordered_map<std::string, std::string> receipt_by_transaction_;
  std::uint64_t first_ = 0;
};

/// One client, on a thread of its own.
class Connection {
 public:
  Connection(const Recording& recording, int socket) : recording_(recording), socket_(socket) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  void Serve() {
    while (const auto body = ReadRequest()) {
      answer_.clear();
      Answer(*body);
      const std::string head = fmt::format(
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
          answer_.size());
      input_.erase(0, consumed_);
      if (!Send(head) || !Send(answer_)) return;
    }
  }

 private:
  /// The body of the next request, which lies in the input; nothing once the client has gone.
  std::optional<simdjson::padded_string> ReadRequest() {
    for (;;) {
      if (const auto end = input_.find("\r\n\r\n"); end != std::string::npos) {
        const std::size_t size = ContentLength(std::string_view(input_).substr(0, end));
        consumed_ = end + 4 + size;
        if (input_.size() >= consumed_)
          return simdjson::padded_string(input_.data() + end + 4, size);
      }
      std::array<char, 65536> buffer;
      const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (got <= 0) return std::nullopt;
      input_.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  static std::size_t ContentLength(std::string_view head) {
    std::string lower(head);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view kName = "content-length:";
    const auto at = lower.find(kName);
    if (at == std::string::npos) Fail("a request without a content-length");
    return std::strtoull(lower.c_str() + at + kName.size(), nullptr, 10);
  }

  void Answer(const simdjson::padded_string& body) {
    Element root;
    if (parser_.parse(body).get(root) != simdjson::SUCCESS) Fail("a request that is no JSON");
    simdjson::dom::array calls;
    if (root.get(calls) != simdjson::SUCCESS) return AnswerCall(root);
    answer_ += '[';
    for (const Element call : calls) {
      if (answer_.back() != '[') answer_ += ',';
      AnswerCall(call);
    }
    answer_ += ']';
  }

  void AnswerCall(Element call) {
    const std::string id = IdOf(call);
    const std::string_view method = TextOf(call, "method");
    const std::size_t before = answer_.size();
    answer_ += R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":)";
    if (recording_.AppendResult(method, call, answer_)) {
      answer_ += '}';
      return;
    }
    fmt::print(stderr, "replay_node: {} was not recorded\n", method);
    answer_.resize(before);
    answer_ += R"({"jsonrpc":"2.0","id":)" + id +
               R"(,"error":{"code":-32601,"message":"Method not found"}})";
  }

  bool Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  const Recording& recording_;
  const int socket_;
  std::string input_;
  std::size_t consumed_ = 0;
  std::string answer_;
  simdjson::dom::parser parser_;
};

/// On a port of the kernel's choice, which it prints.
int Listen() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Where BBR is the default it paces answers on the loopback interface to a crawl.
  constexpr std::string_view kReno = "reno";
  if (::setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, kReno.data(), kReno.size()) != 0) {
    Fail(std::string("TCP_CONGESTION: ") + std::strerror(errno));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, size) != 0 || ::listen(listener, 512) != 0 ||
      ::getsockname(listener, generic, &size) != 0) {
    Fail(std::string("cannot listen: ") + std::strerror(errno));
  }
  fmt::print("http://127.0.0.1:{}\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

[[noreturn]] void Serve(const char* folder) {
  const Recording recording(folder);
  const int listener = Listen();
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread([&recording, socket] { Connection(recording, socket).Serve(); }).detach();
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) Fail("usage: replay_node FOLDER");
    Serve(argv[1]);
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    return 1;
  }
}
