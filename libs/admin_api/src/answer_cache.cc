// An answer's life. What makes it right:
//   1. An answer is kept with the latest look of the watch that had ended before its computation
//      began. The computation saw all that this look saw, so only later looks can contradict it.
//   2. It is given to a request only after a look that began when the request was there, and if
//      none of the looks since the one of rule 1 tells of a change of what it was read from. Or if
//      its computation began when the request was there: computations are counted.
//   3. A request whose answer has changed, or is not there, computes it, unless somebody does so
//      already: then it waits for that, and goes by rule 2 again. By the second half of that rule
//      it waits for two computations at most, however fast the table changes.
//   4. Where no look succeeds, nothing is given, but to who has said how old an answer he takes:
//      then what was kept last is, with its age since a look has last confirmed it.
//   5. One look serves all requests that came together: it is asked for when the last is there.
#include "answer_cache.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <chrono>
#include <span>
#include <system_error>
#include <utility>

#include "metrics.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/base/metrics.h"
#include "tidemark/base/sha256.h"

namespace tidemark::admin_api {
namespace {

using data_store::ChangeWatch;
using data_store::Dependencies;
using http::PreparedReply;
using http::Reply;
using http::Request;
using http::SharedReply;

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
  const auto include = request.query.find("include");
  std::string_view rest = include != request.query.end() ? include->second : std::string_view();
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    if (part != "gaps" && part != "rows") return false;
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  return true;
}

/// Takes the first item of a comma list from its front, without the blanks around it.
std::string_view TakeItem(std::string_view& list) {
  constexpr std::string_view kBlanks = " \t";
  std::string_view item = list.substr(0, list.find(','));
  list.remove_prefix(std::min(item.size() + 1, list.size()));
  item.remove_prefix(std::min(item.find_first_not_of(kBlanks), item.size()));
  return item.substr(0, item.find_last_not_of(kBlanks) + 1);
}

/// Whether a value of If-None-Match lists the tag, weak or strong, or stands for any.
bool ListsTag(std::string_view list, std::string_view tag) {
  constexpr std::string_view kWeak = "W/";
  if (list == "*") return true;
  tag.remove_prefix(kWeak.size());
  while (!list.empty()) {
    std::string_view item = TakeItem(list);
    if (item.starts_with(kWeak)) item.remove_prefix(kWeak.size());
    if (item == tag) return true;
  }
  return false;
}

/// How old an answer may be that nobody can confirm (RFC 9111 5.2.1.2); nullopt if it must not be
/// given at all. Without a number it may be of any age.
std::optional<std::chrono::seconds> AcceptedAge(const Request& request) {
  constexpr std::string_view kMaxStale = "max-stale";
  constexpr std::chrono::seconds kAnyAge = std::chrono::seconds::max();
  const auto control = request.FindHeader("Cache-Control");
  std::string_view rest = control.value_or("");
  while (!rest.empty()) {
    std::string_view word = TakeItem(rest);
    const std::string_view name = word.substr(0, word.find('='));
    const bool is_it = std::ranges::equal(name, kMaxStale, [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == b;
    });
    if (!is_it) continue;
    word.remove_prefix(name.size());
    if (word.empty()) return kAnyAge;
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), seconds);
    if (end != word.data() + word.size()) return std::nullopt;
    // More than fits is any age (RFC 9111 1.2.2).
    if (error == std::errc::result_out_of_range) return kAnyAge;
    return error == std::errc() ? std::optional(std::chrono::seconds(seconds)) : std::nullopt;
  }
  return std::nullopt;
}

/// The reply's own tag; "" if it has none.
std::string_view TagOf(const Reply& reply) {
  const auto tag = std::ranges::find(reply.headers, "ETag", &http::Header::name);
  return reply.status == 200 && tag != reply.headers.end() ? tag->value : std::string_view();
}

/// Whether the request names this tag as one that it has.
bool Names(const Request& request, std::string_view tag) {
  if (tag.empty()) return false;
  const auto known = request.FindHeader("If-None-Match");
  return known && ListsTag(*known, tag);
}

Reply NotModified(const Reply& reply) {
  return {.status = 304, .content_type = reply.content_type, .body = {}, .headers = reply.headers};
}

/// Of all answer caches of this process.
struct AnswerCounts {
  Counter& hits = Requests("hit");
  Counter& misses = Requests("miss");
  Counter& stale = Requests("stale");
  Gauge& entries =
      ProcessMetrics().GetGauge({.name = "tidemark_cache_entries",
                                 .help = "Answers and indexes that are kept in memory.",
                                 .labels = {{"cache", "answers"}}});
  Gauge& bytes =
      ProcessMetrics().GetGauge({.name = "tidemark_cache_bytes",
                                 .help = "Memory that kept answers and indexes take, about.",
                                 .labels = {{"cache", "answers"}}});

  static Counter& Requests(std::string_view result) {
    return ProcessMetrics().GetCounter(
        {.name = "tidemark_cache_requests_total",
         .help = "Questions to answers and indexes that are kept, by result.",
         .labels = {{"cache", "answers"}, {"result", result}}});
  }
};

struct Answer {
  SharedReply whole;
  SharedReply not_modified;  // For who has it: the tag is the whole one's.
  std::string tag;
  Dependencies read_from;
  ChangeWatch::Look since = 0;
  std::uint64_t computation = 0;
  std::optional<std::size_t> route;  // As in Request.

  const SharedReply& For(const Request& request) const {
    return Names(request, tag) ? not_modified : whole;
  }
};

/// Of one reply and its places in the cache, about.
std::size_t SizeOf(const std::string& key, const Answer& answer) {
  constexpr std::size_t kOverhead = 1024;
  return kOverhead + (2 * key.size()) + answer.whole->size_bytes() +
         answer.not_modified->size_bytes();
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
    SharedReply reply;
  };

  /// Requests that one look confirms. What is beyond `count` is kept for the next ones, for they
  /// come and go with every request.
  struct Group {
    std::vector<Asker> askers;
    std::size_t count = 0;

    Asker& Add() {
      if (count == askers.size()) askers.emplace_back();
      return askers[count++];
    }
    std::span<Asker> all() { return std::span(askers).first(count); }
  };

  State(ChangeWatch& change_watch, std::size_t max) : watch(change_watch), max_bytes(max) {}

  /// An answer that is being computed.
  struct Computation {
    std::vector<Asker> askers;             // Who waits for that.
    std::shared_ptr<const Answer> answer;  // Once it is there, if it may be given to others.
  };

  struct Kept {
    std::shared_ptr<const Answer> answer;
    SteadyTime confirmed_at;                 // It held then.
    std::list<std::string>::iterator place;  // In `by_use`.
  };

  void Confirm();
  void AnswerAll(Group group, bool is_confirmed);
  bool Continue(Asker& asker);
  void GiveStale(Asker& asker);
  void Give(const Answer& answer, Asker& asker) const;
  void Keep(const std::string& key, std::shared_ptr<const Answer> answer, SteadyTime begun_at);
  void EndComputation(const std::string& key);

  Kept* Find(const std::string& key) TIDEMARK_REQUIRES(mutex);
  void Drop(const std::string& key) TIDEMARK_REQUIRES(mutex);
  std::shared_ptr<void> BeginComputation(const std::string& key) TIDEMARK_REQUIRES(mutex);

  ChangeWatch& watch;
  const std::size_t max_bytes;
  AnswerCounts counts;
  std::atomic<std::uint64_t> computations_begun = 0;

  // The threads that ask hold no lock for long, and seldom one that another thread wants.
  Mutex asking;
  Group next TIDEMARK_GUARDED_BY(asking);  // Not sent yet.
  std::vector<Group> spare TIDEMARK_GUARDED_BY(asking);

  Mutex mutex;
  std::unordered_map<std::string, Kept> answers TIDEMARK_GUARDED_BY(mutex);
  std::list<std::string> by_use TIDEMARK_GUARDED_BY(mutex);  // The one that was used last first.
  std::size_t bytes TIDEMARK_GUARDED_BY(mutex) = 0;
  std::unordered_map<std::string, Computation> computations TIDEMARK_GUARDED_BY(mutex);
};

auto AnswerCache::State::Find(const std::string& key) -> Kept* {
  const auto found = answers.find(key);
  if (found == answers.end()) return nullptr;
  by_use.splice(by_use.begin(), by_use, found->second.place);
  return &found->second;
}

void AnswerCache::State::Drop(const std::string& key) {
  const auto found = answers.find(key);
  if (found == answers.end()) return;
  bytes -= SizeOf(key, *found->second.answer);
  by_use.erase(found->second.place);
  answers.erase(found);
  counts.entries.Set(static_cast<std::int64_t>(answers.size()));
  counts.bytes.Set(static_cast<std::int64_t>(bytes));
}

void AnswerCache::State::Keep(const std::string& key, std::shared_ptr<const Answer> answer,
                              SteadyTime begun_at) {
  const MutexLock lock(mutex);
  Drop(key);
  bytes += SizeOf(key, *answer);
  const auto computation = computations.find(key);
  if (computation != computations.end()) computation->second.answer = answer;
  by_use.push_front(key);
  answers.emplace(
      key, Kept{.answer = std::move(answer), .confirmed_at = begun_at, .place = by_use.begin()});
  while (bytes > max_bytes) Drop(std::string(by_use.back()));
  counts.entries.Set(static_cast<std::int64_t>(answers.size()));
  counts.bytes.Set(static_cast<std::int64_t>(bytes));
}

// The computation ends with the result.
std::shared_ptr<void> AnswerCache::State::BeginComputation(const std::string& key) {
  computations.try_emplace(key);
  return {nullptr, [self = shared_from_this(), key](void*) { self->EndComputation(key); }};
}

void AnswerCache::State::EndComputation(const std::string& key) {
  Computation ended;
  {
    const MutexLock lock(mutex);
    ended = std::move(computations.at(key));
    computations.erase(key);
  }
  for (Asker& asker : ended.askers) {
    // A failure is nobody else's answer, and to try one after the other would take too long.
    bool is_over = true;
    if (ended.answer && ended.answer->computation > asker.computations) {
      Give(*ended.answer, asker);  // Whether it is still kept or not.
    } else if (ended.answer) {
      is_over = Continue(asker);
    }
    if (is_over) asker.done(std::move(asker.reply));
  }
}

void AnswerCache::State::Confirm() {
  Group group;
  {
    const MutexLock lock(asking);
    if (next.count == 0) return;
    std::swap(group, next);
    if (!spare.empty()) {
      std::swap(next, spare.back());
      spare.pop_back();
    }
  }
  if (watch.ConfirmAtOnce()) {
    AnswerAll(std::move(group), true);
    return;
  }
  Deadline deadline = Deadline::Never();
  for (const Asker& asker : group.all()) {
    if (asker.request->deadline.time() < deadline.time()) deadline = asker.request->deadline;
  }
  watch.Confirm(HalfWayTo(deadline), [self = shared_from_this(),
                                      group = std::move(group)](const Status& confirmed) mutable {
    self->AnswerAll(std::move(group), confirmed.has_value());
  });
}

// All are looked up before the first is told: whoever is told wakes up a thread, which then finds
// them all.
void AnswerCache::State::AnswerAll(Group group, bool is_confirmed) {
  for (Asker& asker : group.all()) {
    if (!is_confirmed) {
      GiveStale(asker);
    } else if (!Continue(asker)) {
      asker.request = nullptr;
    }
  }
  for (Asker& asker : group.all()) {
    if (asker.request != nullptr) std::exchange(asker.done, nullptr)(std::move(asker.reply));
  }
  group.count = 0;
  const MutexLock lock(asking);
  spare.push_back(std::move(group));
}

void AnswerCache::State::Give(const Answer& answer, Asker& asker) const {
  asker.request->route = answer.route;
  counts.hits.Add();
  asker.reply = answer.For(*asker.request);
  CountReply(asker.reply->status());
}

// Finds the asker's reply: none if it has to compute it. False: it waits for somebody who does, and
// has been moved away.
bool AnswerCache::State::Continue(Asker& asker) {
  Request& request = *asker.request;
  const MutexLock lock(mutex);
  if (Kept* const kept = Find(asker.key)) {
    const Answer& answer = *kept->answer;
    const SteadyTime looked_at = watch.latest_began_at();
    const bool is_unchanged = watch.IsUnchanged(answer.read_from, answer.since);
    if (is_unchanged) kept->confirmed_at = std::max(kept->confirmed_at, looked_at);
    if (is_unchanged || answer.computation > asker.computations) {
      Give(answer, asker);
      return true;
    }
  }
  const auto computation = computations.find(asker.key);
  if (computation == computations.end()) {
    request.held = BeginComputation(asker.key);
    return true;
  }
  computation->second.askers.push_back(std::move(asker));
  return false;
}

// There is no reply if nothing is kept that is young enough for the asker.
void AnswerCache::State::GiveStale(Asker& asker) {
  Request& request = *asker.request;
  const auto accepted = AcceptedAge(request);
  if (!accepted) return;
  const MutexLock lock(mutex);
  const Kept* const kept = Find(asker.key);
  if (kept == nullptr) return;
  const auto age = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                           kept->confirmed_at);
  if (age > *accepted) return;
  request.route = kept->answer->route;
  counts.stale.Add();
  asker.reply = std::make_shared<const PreparedReply>(
      *kept->answer->For(request),
      http::Header{.name = "Age", .value = std::to_string(age.count())});
  CountReply(asker.reply->status());
}

AnswerCache::AnswerCache(ChangeWatch& watch, std::size_t max_bytes)
    : state_(std::make_shared<State>(watch, max_bytes)) {}

AnswerCache::~AnswerCache() = default;

bool AnswerCache::TryAnswer(Request& request, Done& done) {
  if (!MayBeKept(request)) return false;
  const MutexLock lock(state_->asking);
  State::Asker& asker = state_->next.Add();
  SetKey(asker.key, request);
  asker.request = &request;
  asker.computations = state_->computations_begun;
  asker.done = std::move(done);
  return true;
}

void AnswerCache::Send() { state_->Confirm(); }

Reply AnswerCache::Compute(const Request& request, const std::function<TrackedReply()>& compute) {
  const std::uint64_t computation = ++state_->computations_begun;
  const ChangeWatch::Look since = state_->watch.latest();
  const SteadyTime begun_at = std::chrono::steady_clock::now();
  TrackedReply computed = compute();
  if (computed.read_from && MayBeKept(request)) {
    const Reply& reply = computed.reply;
    state_->Keep(KeyOf(request),
                 std::make_shared<const Answer>(Answer{
                     .whole = std::make_shared<const PreparedReply>(reply),
                     .not_modified = std::make_shared<const PreparedReply>(NotModified(reply)),
                     .tag = std::string(TagOf(reply)),
                     .read_from = *std::move(computed.read_from),
                     .since = since,
                     .computation = computation,
                     .route = request.route}),
                 begun_at);
  }
  if (MayBeKept(request)) state_->counts.misses.Add();
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
  reply.headers.push_back({"Access-Control-Expose-Headers", "ETag, Age"});
}

Reply Condition(const Request& request, Reply reply) {
  return Names(request, TagOf(reply)) ? NotModified(reply) : std::move(reply);
}

}  // namespace tidemark::admin_api
