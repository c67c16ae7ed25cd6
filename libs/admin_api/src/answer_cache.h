// Answers that are given again for as long as they hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tidemark/base/mutex.h"
#include "tidemark/data_store/change_watch.h"
#include "tidemark/http/message.h"
#include "tidemark/http/shortcut.h"

namespace tidemark::admin_api {

/// A reply, and what it was read from; nullopt if it must not be given again.
struct TrackedReply {
  http::Reply reply;
  std::optional<data_store::Dependencies> read_from;
};

/// Gives the answer that was computed last, after the watch has confirmed that it still holds:
/// every reply is what a computation that began after the request would have made of it. Of many
/// that ask for an answer that has to be computed, one computes. Thread-safe.
class AnswerCache final : public http::Shortcut {
 public:
  /// What the kept answers may take together, about.
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20U;

  /// `watch` must outlive the cache.
  explicit AnswerCache(data_store::ChangeWatch& watch, std::size_t max_bytes = kMaxBytes);
  ~AnswerCache() override;

  bool TryAnswer(http::Request& request, Done& done) override;
  void Send() override;

  /// For the handler thread: computes the reply, and keeps it if it may be given again.
  http::Reply Compute(const http::Request& request, const std::function<TrackedReply()>& compute);

 private:
  struct State;

  std::shared_ptr<State> state_;  // The watch's threads hold on to it.
};

/// The tag of a reply that anybody who has the same body has: weak, for it says nothing of headers.
void AddEntityTag(http::Reply& reply);

/// The reply as it goes to whoever has named the tags of what he has in If-None-Match: 304 without
/// a body if the reply's is one of them (RFC 9110 13.1.2).
http::Reply Condition(const http::Request& request, http::Reply reply);

}  // namespace tidemark::admin_api
