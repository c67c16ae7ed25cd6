// Asks a node for what a worker asks it for, and throws the answers away: no worker can be faster.
//
// usage: bare_client PORT FIRST_BLOCK LAST_BLOCK CONNECTIONS BLOCKS_PER_REQUEST
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace {

[[noreturn]] void Fail(std::string_view what) {
  fmt::print(stderr, "bare_client: {}\n", what);
  std::exit(1);
}

struct Blocks {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::string Request(const Blocks& blocks) {
  std::string body = "[";
  for (std::uint64_t block = blocks.first; block <= blocks.last; ++block) {
    if (body.size() > 1) body += ',';
    body += fmt::format(
        R"({{"jsonrpc":"2.0","id":{},"method":"eth_getBlockByNumber","params":["{:#x}",true]}},)"
        R"({{"jsonrpc":"2.0","id":{},"method":"eth_getBlockReceipts","params":["{:#x}"]}})",
        2 * block, block, 2 * block + 1, block);
  }
  body += ']';
  return fmt::format(
      "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
      "content-length: {}\r\n\r\n{}",
      body.size(), body);
}

int Connect(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Fail("cannot connect");
  }
  return socket;
}

/// Yields the size of the answer's body.
std::size_t Exchange(int socket, std::string_view request) {
  while (!request.empty()) {
    const ssize_t sent = ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent <= 0) Fail("the node has gone");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::array<char, 1U << 18U> buffer;
  std::string head;
  std::size_t received = 0;
  std::size_t size = 0;
  std::size_t head_size = 0;
  while (head_size == 0 || received < head_size + size) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) Fail("the node has gone");
    received += static_cast<std::size_t>(got);
    if (head_size > 0) continue;
    head.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = head.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    head_size = end + 4;
    constexpr std::string_view kLength = "content-length: ";
    size = std::strtoull(head.c_str() + head.find(kLength) + kLength.size(), nullptr, 10);
  }
  return size;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) Fail("usage: bare_client PORT FIRST LAST CONNECTIONS BLOCKS_PER_REQUEST");
  std::array<std::uint64_t, 5> numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = std::strtoull(argv[i + 1], nullptr, 10);
  }
  const std::uint64_t last = numbers[2];
  const std::uint64_t each = numbers[4];
  std::atomic<std::uint64_t> next = numbers[1];
  std::atomic<std::uint64_t> bytes = 0;
  const auto fetch = [&] {
    const int socket = Connect(static_cast<std::uint16_t>(numbers[0]));
    for (std::uint64_t at = next.fetch_add(each); at <= last; at = next.fetch_add(each)) {
      bytes += Exchange(socket, Request({.first = at, .last = std::min(at + each - 1, last)}));
    }
    ::close(socket);
  };
  std::vector<std::jthread> threads;
  for (std::uint64_t i = 0; i < numbers[3]; ++i) threads.emplace_back(fetch);
  threads.clear();
  fmt::print("{}\n", bytes.load());
}
