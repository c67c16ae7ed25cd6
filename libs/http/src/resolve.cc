#include "resolve.h"

#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace tidemark::http {
namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;
using Endpoints = std::vector<Endpoint>;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// Blocks for as long as the system's resolver likes.
Result<Endpoints> AskSystem(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code != 0) {
    return MakeError(ErrorCode::kUnavailable,
                     std::string("the name cannot be resolved (") + ::gai_strerror(code) + ")");
  }
  const std::unique_ptr<addrinfo, FreeAddresses> owned(list);
  Endpoints endpoints;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.resize(entry->ai_addrlen);
    endpoint.port(port);
    endpoints.push_back(endpoint);
  }
  if (endpoints.empty()) return MakeError(ErrorCode::kUnavailable, "the name has no address");
  return endpoints;
}

struct Lookup {
  std::mutex mutex;
  std::condition_variable_any done;
  std::optional<Result<Endpoints>> result;
};

}  // namespace

Result<Endpoints> Resolve(const std::string& host, std::uint16_t port, const WaitLimit& limit) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (!error) return Endpoints{Endpoint(address, port)};

  // getaddrinfo can neither be given a time limit nor be interrupted. So it has a thread of its
  // own, which is left behind if the caller cannot wait; it ends by the resolver's own limits.
  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host, port] {
    Result<Endpoints> result = AskSystem(host, port);
    const std::lock_guard lock(lookup->mutex);
    lookup->result = std::move(result);
    lookup->done.notify_all();
  }).detach();

  std::unique_lock lock(lookup->mutex);
  lookup->done.wait_for(lock, limit.stop, limit.deadline.Remaining(),
                        [&] { return lookup->result.has_value(); });
  std::optional<Result<Endpoints>> result = std::move(lookup->result);
  if (result) return *std::move(result);
  return MakeError(ErrorCode::kUnavailable,
                   std::string(limit.Reason()) + " while resolving the name");
}

}  // namespace tidemark::http
