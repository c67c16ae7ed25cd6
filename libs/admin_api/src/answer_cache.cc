// An answer's life. What makes it right:
//   1. An answer is kept with the latest look of the watch that had ended before its computation
//      began. The computation saw all that this look saw, so only later looks can contradict it.
//   2. It is given to a request only after a look that began when the request was there, and if
//      none of the looks since the one of rule 1 tells of a change of what it was read from. Or if
//      its computation began when the request was there: computations are counted.
//   3. A request that finds it changed, or not there, computes it, unless somebody is computing it
//      already: then it waits for that, and goes by rule 2 again. By the second half of that rule
//      it waits for two computations at most, however fast the table changes.
#include "answer_cache.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "metrics.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/base/sha256.h"

namespace tidemark::admin_api {
namespace {

using data_store::ChangeWatch;
using data_store::Dependencies;
using http::Reply;
using http::Request;

/// What a request is for. Nothing else of a query is read, and no path has a NUL.
void SetKey(std::string& key, const Request& request) {
  key = request.path;
  const auto include = request.query.find("include");
  if (include != request.query.end()) key.append(1, '\0').append(include->second);
}

std::string KeyOf(const Request& request) {
  std::string key;
  SetKey(key, request);
  return key;
}

/// Whether a request is for an answer that depends on nothing but the database: one that tells of
/// heads or of the time that has passed does not hold until the next look.
bool MayBeKept(const Request& request) {
  const std::string_view path = request.path;
  const bool is_progress = path.ends_with("/progress") || path.ends_with("/sync-progress");
  if (!is_progress || !path.contains("/versions/")) return false;
  return std::ranges::all_of(request.query, [](const auto& parameter) {
    return parameter.first != "include" || parameter.second.empty() || parameter.second == "gaps";
  });
}

/// Whether a value of If-None-Match lists the tag, weak or strong, or stands for any.
bool ListsTag(std::string_view list, std::string_view tag) {
  constexpr std::string_view kWeak = "W/";
  if (list == "*") return true;
  tag.remove_prefix(kWeak.size());
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
    item = item.substr(0, item.find_last_not_of(" \t") + 1);
    if (item.starts_with(kWeak)) item.remove_prefix(kWeak.size());
    if (item == tag) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

/// Whether the request names the tag of this reply as one that it has.
bool NamesTagOf(const Request& request, const Reply& reply) {
  if (reply.status != 200) return false;
  const auto known = request.FindHeader("If-None-Match");
  if (!known) return false;
  const auto tag = std::ranges::find(reply.headers, "ETag", &http::Header::name);
  return tag != reply.headers.end() && ListsTag(*known, tag->value);
}

Reply NotModified(const Reply& reply) {
  return {.status = 304, .content_type = reply.content_type, .body = {}, .headers = reply.headers};
}

struct Answer {
  Reply reply;
  Dependencies read_from;
  ChangeWatch::Look since = 0;
  std::uint64_t computation = 0;
};

/// Of one reply and its places in the cache, about.
std::size_t SizeOf(const std::string& key, const Answer& answer) {
  constexpr std::size_t kOverhead = 1024;
  return kOverhead + (2 * key.size()) + answer.reply.body.size();
}

// A handler that took all of a request's time would leave none to say that the database is down.
Deadline HalfWayTo(Deadline deadline) {
  if (deadline.is_never()) return deadline;
  const SteadyTime now = std::chrono::steady_clock::now();
  return Deadline::At(now + ((deadline.time() - now) / 2));
}

}  // namespace

struct AnswerCache::State : std::enable_shared_from_this<State> {
  /// A request on its way to an answer.
  struct Asker {
    Request* request = nullptr;
    Done done;
    std::string key;
    std::uint64_t computations = 0;  // That had begun before the request was there.
  };
  using AskerPtr = std::unique_ptr<Asker>;

  State(ChangeWatch& change_watch, std::size_t max) : watch(change_watch), max_bytes(max) {}

  void Confirm(AskerPtr asker);
  void Continue(AskerPtr asker);
  void Keep(const std::string& key, std::shared_ptr<const Answer> answer);
  void EndComputation(const std::string& key);

  bool IsKnown(const std::string& key) TIDEMARK_REQUIRES(mutex) {
    return answers.contains(key) || computations.contains(key);
  }
  std::shared_ptr<const Answer> Find(const std::string& key) TIDEMARK_REQUIRES(mutex);
  void Drop(const std::string& key) TIDEMARK_REQUIRES(mutex);
  std::shared_ptr<void> BeginComputation(const std::string& key) TIDEMARK_REQUIRES(mutex);
  AskerPtr TakeSpare() TIDEMARK_REQUIRES(mutex);

  ChangeWatch& watch;
  const std::size_t max_bytes;
  std::atomic<std::uint64_t> computations_begun = 0;

  struct Kept {
    std::shared_ptr<const Answer> answer;
    std::list<std::string>::iterator place;  // In `by_use`.
  };

  Mutex mutex;
  std::unordered_map<std::string, Kept> answers TIDEMARK_GUARDED_BY(mutex);
  std::list<std::string> by_use TIDEMARK_GUARDED_BY(mutex);  // The one that was used last first.
  std::size_t bytes TIDEMARK_GUARDED_BY(mutex) = 0;
  // Have had their answer; kept for the next, for they come and go with every request.
  std::vector<AskerPtr> spare TIDEMARK_GUARDED_BY(mutex);
  // Being computed, and who waits for that.
  std::unordered_map<std::string, std::vector<AskerPtr>> computations TIDEMARK_GUARDED_BY(mutex);
};

std::shared_ptr<const Answer> AnswerCache::State::Find(const std::string& key) {
  const auto found = answers.find(key);
  if (found == answers.end()) return nullptr;
  by_use.splice(by_use.begin(), by_use, found->second.place);
  return found->second.answer;
}

void AnswerCache::State::Drop(const std::string& key) {
  const auto found = answers.find(key);
  if (found == answers.end()) return;
  bytes -= SizeOf(key, *found->second.answer);
  by_use.erase(found->second.place);
  answers.erase(found);
}

void AnswerCache::State::Keep(const std::string& key, std::shared_ptr<const Answer> answer) {
  const MutexLock lock(mutex);
  Drop(key);
  bytes += SizeOf(key, *answer);
  by_use.push_front(key);
  answers.emplace(key, Kept{.answer = std::move(answer), .place = by_use.begin()});
  while (bytes > max_bytes) Drop(std::string(by_use.back()));
}

// The computation ends with the result.
std::shared_ptr<void> AnswerCache::State::BeginComputation(const std::string& key) {
  computations.try_emplace(key);
  return {nullptr, [self = shared_from_this(), key](void*) { self->EndComputation(key); }};
}

void AnswerCache::State::EndComputation(const std::string& key) {
  std::vector<AskerPtr> askers;
  bool is_kept = false;
  {
    const MutexLock lock(mutex);
    askers = std::move(computations.at(key));
    computations.erase(key);
    is_kept = answers.contains(key);
  }
  for (AskerPtr& asker : askers) {
    // A failure is nobody else's answer, and to try one after the other would take too long.
    is_kept ? Continue(std::move(asker)) : asker->done(std::nullopt);
  }
}

AnswerCache::State::AskerPtr AnswerCache::State::TakeSpare() {
  if (spare.empty()) return std::make_unique<Asker>();
  AskerPtr asker = std::move(spare.back());
  spare.pop_back();
  return asker;
}

void AnswerCache::State::Confirm(AskerPtr asker) {
  const Deadline deadline = HalfWayTo(asker->request->deadline);
  watch.Confirm(deadline, [self = shared_from_this(),
                           asker = std::move(asker)](const Status& confirmed) mutable {
    if (confirmed) return self->Continue(std::move(asker));
    asker->done(std::nullopt);
  });
}

void AnswerCache::State::Continue(AskerPtr asker) {
  std::shared_ptr<const Answer> answer;
  Request& request = *asker->request;
  Done done;
  {
    const MutexLock lock(mutex);
    answer = Find(asker->key);
    const bool is_younger = answer && answer->computation > asker->computations;
    if (answer && !is_younger && !watch.IsUnchanged(answer->read_from, answer->since)) {
      Drop(asker->key);
      answer.reset();
    }
    if (!answer) {
      const auto computation = computations.find(asker->key);
      if (computation != computations.end()) {
        computation->second.push_back(std::move(asker));
        return;
      }
      request.held = BeginComputation(asker->key);
    }
    done = std::move(asker->done);
    spare.push_back(std::move(asker));
  }
  if (!answer) return done(std::nullopt);
  done(Counted(NamesTagOf(request, answer->reply) ? NotModified(answer->reply) : answer->reply));
}

AnswerCache::AnswerCache(ChangeWatch& watch, std::size_t max_bytes)
    : state_(std::make_shared<State>(watch, max_bytes)) {}

AnswerCache::~AnswerCache() = default;

bool AnswerCache::TryAnswer(Request& request, Done& done) {
  if (!MayBeKept(request)) return false;
  State& state = *state_;
  State::AskerPtr asker;
  {
    const MutexLock lock(state.mutex);
    asker = state.TakeSpare();
    SetKey(asker->key, request);
    if (!state.IsKnown(asker->key)) {
      request.held = state.BeginComputation(asker->key);
      state.spare.push_back(std::move(asker));
      return false;
    }
  }
  asker->request = &request;
  asker->computations = state.computations_begun;
  asker->done = std::move(done);
  state.Confirm(std::move(asker));
  return true;
}

Reply AnswerCache::Compute(const Request& request, const std::function<TrackedReply()>& compute) {
  const std::uint64_t computation = ++state_->computations_begun;
  const ChangeWatch::Look since = state_->watch.latest();
  TrackedReply computed = compute();
  if (computed.read_from && MayBeKept(request)) {
    state_->Keep(KeyOf(request),
                 std::make_shared<const Answer>(Answer{.reply = computed.reply,
                                                       .read_from = *std::move(computed.read_from),
                                                       .since = since,
                                                       .computation = computation}));
  }
  return std::move(computed.reply);
}

std::shared_ptr<AnswerCache> MakeAnswerCache(ChangeWatch& watch) {
  return std::make_shared<AnswerCache>(watch);
}

std::shared_ptr<http::Shortcut> AsShortcut(std::shared_ptr<AnswerCache> answers) { return answers; }

void AddEntityTag(Reply& reply) {
  constexpr std::size_t kDigits = 32;
  reply.headers.push_back({"ETag", "W/\"" + Sha256Hex(reply.body).substr(0, kDigits) + "\""});
  reply.headers.push_back({"Cache-Control", "private, no-cache"});
  reply.headers.push_back({"Access-Control-Expose-Headers", "ETag"});
}

Reply Condition(const Request& request, Reply reply) {
  return NamesTagOf(request, reply) ? NotModified(reply) : std::move(reply);
}

}  // namespace tidemark::admin_api
