#include "tidemark/base/failpoint.h"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <map>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/base/text.h"

namespace tidemark {
namespace {

using Action = FailpointOrder::Action;
using Kind = Failpoint::Kind;

constexpr const char* kVariable = "TIDEMARK_FAILPOINTS";
constexpr std::uint64_t kDurationMsMax = 60'000;

// Failpoints come to be before main, in an order that is nobody's.
constinit Failpoint* g_first = nullptr;

/// An order, and the seed if its hit was drawn.
struct ParsedOrder {
  FailpointOrder order;
  std::optional<std::uint64_t> seed;
};

/// `text` up to the first `separator`, and what follows it, if there is one.
struct Halves {
  std::string_view first;
  std::optional<std::string_view> second;
};

Halves Split(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {.first = text, .second = std::nullopt};
  return {.first = text.substr(0, at), .second = text.substr(at + 1)};
}

std::unexpected<Error> Invalid(std::string_view entry, std::string_view why) {
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("'{}': {}", entry, why));
}

std::optional<Action> ParseAction(std::string_view text) {
  for (const Action action : {Action::kKill, Action::kPause, Action::kDelay, Action::kThrow}) {
    if (text == ToString(action)) return action;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ParsePositive(std::string_view text) {
  const auto number = ParseDecimal<std::uint64_t>(text);
  return number && *number > 0 ? number : std::nullopt;
}

Status ReadAction(std::string_view entry, std::string_view text, FailpointOrder& order) {
  const auto [word, duration] = Split(text, ':');
  const auto action = ParseAction(word);
  if (!action) return Invalid(entry, "the action is kill, pause:MS, delay:MS or throw");
  order.action = *action;
  const bool lasts = *action == Action::kPause || *action == Action::kDelay;
  if (lasts != duration.has_value()) {
    return Invalid(entry, lasts ? "for how many milliseconds?" : "this action has no duration");
  }
  if (!lasts) return {};
  const auto milliseconds = ParsePositive(*duration);
  if (!milliseconds || *milliseconds > kDurationMsMax) {
    return Invalid(entry, fmt::format("a duration is 1 to {} milliseconds", kDurationMsMax));
  }
  order.duration = std::chrono::milliseconds(*milliseconds);
  return {};
}

Status ReadHit(std::string_view entry, std::string_view text, ParsedOrder& parsed) {
  constexpr std::string_view kForms = "a hit is N, random:MAX or random:MAX:SEED";
  const auto [first, rest] = Split(text, ':');
  if (first != "random") {
    const auto hit = ParsePositive(text);
    if (!hit) return Invalid(entry, kForms);
    parsed.order.hit = *hit;
    return {};
  }
  if (!rest) return Invalid(entry, kForms);
  const auto [most, seed] = Split(*rest, ':');
  const auto max = ParsePositive(most);
  if (!max) return Invalid(entry, kForms);
  parsed.seed = seed ? ParseDecimal<std::uint64_t>(*seed) : RandomU64();
  if (!parsed.seed) return Invalid(entry, kForms);
  // Not a distribution of the standard library, each of which draws differently.
  parsed.order.hit = 1 + std::mt19937_64(*parsed.seed)() % *max;
  return {};
}

std::vector<Failpoint*> FindFailpoints(std::string_view name) {
  std::vector<Failpoint*> found;
  for (Failpoint* each = g_first; each != nullptr; each = each->next()) {
    if (each->name() == name) found.push_back(each);
  }
  return found;
}

Result<std::map<std::string_view, ParsedOrder>> Parse(std::string_view text) {
  std::map<std::string_view, ParsedOrder> orders;
  std::optional<std::string_view> rest = text;
  while (rest) {
    const auto [entry, others] = Split(*rest, ';');
    rest = others;
    if (entry.empty()) continue;
    const auto [name, what] = Split(entry, '=');
    if (!what) return Invalid(entry, "an entry is NAME=ACTION");
    const auto [action, hit] = Split(*what, '@');
    ParsedOrder parsed;
    TIDEMARK_TRY(ReadAction(entry, action, parsed.order));
    if (hit) TIDEMARK_TRY(ReadHit(entry, *hit, parsed));
    const auto places = FindFailpoints(name);
    if (places.empty()) {
      return Invalid(entry, fmt::format("there is no failpoint '{}'; there are {}", name,
                                        fmt::join(FailpointNames(), ", ")));
    }
    const bool can_fail = std::ranges::all_of(
        places, [](const Failpoint* each) { return each->kind() == Kind::kMayFail; });
    if (parsed.order.action == Action::kThrow && !can_fail) {
      return Invalid(entry, "nothing can fail there: kill, pause or delay it");
    }
    if (!orders.emplace(name, parsed).second) return Invalid(entry, "this failpoint comes twice");
  }
  return orders;
}

/// Stops the process, and has the kernel continue it.
void PauseProcess(std::chrono::milliseconds duration) {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGCONT;
  timer_t timer = nullptr;
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
    Log(LogLevel::kError, "failpoint_without_timer");
    return;
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  itimerspec time = {};
  time.it_value.tv_sec = seconds.count();
  time.it_value.tv_nsec = std::chrono::nanoseconds(duration - seconds).count();
  if (::timer_settime(timer, 0, &time, nullptr) == 0) std::raise(SIGSTOP);
  ::timer_delete(timer);
}

}  // namespace

std::string_view ToString(FailpointOrder::Action action) {
  switch (action) {
    case Action::kKill:
      return "kill";
    case Action::kPause:
      return "pause";
    case Action::kDelay:
      return "delay";
    case Action::kThrow:
      return "throw";
  }
  return "kill";
}

Failpoint::Failpoint(std::string_view name, Kind kind) noexcept
    : name_(name), kind_(kind), next_(g_first) {
  g_first = this;
}

void Failpoint::Arm(const std::optional<FailpointOrder>& order) {
  order_ = order;
  hits_ = 0;
}

Status Failpoint::Hit() {
  if (!order_ || ++hits_ != order_->hit) return {};
  Log(LogLevel::kWarning, "failpoint_struck",
      {{"name", name_}, {"action", ToString(order_->action)}, {"hit", order_->hit}});
  switch (order_->action) {
    case Action::kKill:
      // Of all that would run at an exit, nothing does.
      std::raise(SIGKILL);
      break;
    case Action::kPause:
      PauseProcess(order_->duration);
      break;
    case Action::kDelay:
      std::this_thread::sleep_for(order_->duration);
      break;
    case Action::kThrow:
      return MakeError(ErrorCode::kUnavailable, fmt::format("failpoint {}", name_));
  }
  return {};
}

Status ArmFailpoints(std::string_view text) {
  TIDEMARK_TRY(const auto orders, Parse(text));
  for (Failpoint* each = g_first; each != nullptr; each = each->next()) {
    const auto found = orders.find(each->name());
    each->Arm(found == orders.end() ? std::nullopt : std::optional(found->second.order));
  }
  for (const auto& [name, parsed] : orders) {
    Log(LogLevel::kInfo, "failpoint_armed",
        {{"name", name},
         {"action", ToString(parsed.order.action)},
         {"hit", parsed.order.hit},
         {"seed", parsed.seed ? std::to_string(*parsed.seed) : "none"}});
  }
  return {};
}

Status ArmFailpointsFromEnvironment() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr) return {};
  Status armed = ArmFailpoints(text);
  if (!armed) return WithContext(kVariable, std::move(armed).error());
  return {};
}

std::vector<std::string_view> FailpointNames() {
  std::vector<std::string_view> names;
  for (const Failpoint* each = g_first; each != nullptr; each = each->next()) {
    names.push_back(each->name());
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

}  // namespace tidemark
