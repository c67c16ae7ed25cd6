#include "exchange.h"

#include "kept_memory.h"

namespace tidemark::http {
namespace {

// What most requests need; of what has room for more, the memory is given back.
constexpr std::size_t kKeptHeaders = 32;
constexpr std::size_t kKeptTextBytes = 1024;
constexpr std::size_t kKeptBodyBytes = 4096;

}  // namespace

bool BodyShare::TryGrowTo(std::size_t bytes, std::atomic<std::size_t>& taken,
                          std::size_t max_bytes) {
  const std::size_t more = bytes - bytes_;
  if (taken.fetch_add(more) + more > max_bytes) {
    taken -= more;
    return false;
  }
  taken_ = &taken;
  bytes_ = bytes;
  return true;
}

void BodyShare::LetGo() {
  if (taken_ != nullptr) *taken_ -= bytes_;
  taken_ = nullptr;
  bytes_ = 0;
}

void Exchange::Clear() {
  head = {};
  request.method = Method::kGet;
  Empty(request.path, kKeptTextBytes);
  request.path_params.clear();
  request.query.clear();
  Empty(request.headers, kKeptHeaders);
  Empty(request.body, kKeptBodyBytes);
  request.request_id.clear();
  request.deadline = Deadline::Never();
  request.route.reset();
  request.held.reset();
  Empty(method_text, kKeptTextBytes);
  method.reset();
  is_http10 = keeps_open = wants_continue = false;
  body.reset();
  body_share.LetGo();
  head_ended_at = {};
  status = 0;
  size_bytes = 0;
}

}  // namespace tidemark::http
