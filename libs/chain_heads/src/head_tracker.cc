#include "head_tracker.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "stored_head.h"
#include "tidemark/base/back_off.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"

namespace tidemark::chain_heads {
namespace {

// Of one round's calls together. Short, because a stopping poller waits for it.
constexpr std::chrono::milliseconds kDatabaseTimeout{1'000};

bool CanBeAsked(const HeadProvider& provider) { return provider.source != nullptr; }

bool AreSame(const std::vector<HeadProvider>& a, const std::vector<HeadProvider>& b) {
  return std::ranges::equal(a, b, [](const HeadProvider& x, const HeadProvider& y) {
    return x.name == y.name && x.source == y.source;
  });
}

/// Why nobody is asked about a network.
HeadProblem NobodyToAsk(const std::vector<HeadProvider>& providers) {
  if (providers.empty()) {
    return {.code = HeadProblemCode::kNoProvider,
            .detail = "no provider is configured for the network"};
  }
  return providers.front().problem.value_or(
      HeadProblem{.code = HeadProblemCode::kProviderUnsupported,
                  .detail = fmt::format("{} cannot be asked", providers.front().name)});
}

std::size_t IndexOf(HeadTag tag) { return tag == HeadTag::kLatest ? 0 : 1; }

}  // namespace

HeadTracker::HeadTracker(const HeadPollerOptions& options, std::string owner,
                         metadata_db::MetadataStore& store, const Clock& clock)
    : options_(options), owner_(std::move(owner)), store_(store), clock_(clock) {
  options_.lease = std::max(options_.lease, 3 * options_.poll_interval);
}

void HeadTracker::SetProviders(const std::vector<HeadProvider>& providers) {
  std::map<std::string, std::vector<HeadProvider>> by_network;
  for (const HeadProvider& provider : providers) by_network[provider.network].push_back(provider);

  const MutexLock lock(mutex_);
  knows_providers_ = true;
  for (const auto& [network, unused] : by_network) networks_.try_emplace(network);
  for (auto& [network, state] : networks_) {
    std::vector<HeadProvider>& current = by_network[network];
    if (AreSame(state.providers, current)) continue;
    state.providers = std::move(current);
    // Somebody has changed something: what failed before may work now.
    for (TagState& tag : state.tags) {
      tag.failures = 0;
      tag.due = SteadyTime::min();
    }
  }
}

std::vector<LookTask> HeadTracker::Plan() {
  const Deadline deadline = Deadline::After(kDatabaseTimeout);
  const auto claims = ClaimNetworks(NetworksToClaim(), deadline);
  const auto rows = ReadRows(deadline);

  std::vector<LookTask> tasks;
  const MutexLock lock(mutex_);
  if (rows) TakeRows(*rows);
  for (auto entry = networks_.begin(); entry != networks_.end();) {
    auto& [name, network] = *entry;
    const auto claim = claims.find(name);
    network.claim = claim == claims.end() ? Claim::kUnknown : claim->second;
    if (network.claim == Claim::kTheirs) {
      for (TagState& tag : network.tags) {
        if (tag.stored) tag.seen.reset();
      }
    }
    if (auto task = PlanNetwork(name, network)) tasks.push_back(std::move(*task));
    const bool is_known = std::ranges::any_of(network.tags, [](const TagState& tag) {
      return (tag.stored && tag.stored->head) || (tag.seen && tag.seen->head);
    });
    const bool is_gone = network.providers.empty() && !network.is_looking && !is_known;
    entry = is_gone ? networks_.erase(entry) : std::next(entry);
  }
  return tasks;
}

std::vector<std::string> HeadTracker::NetworksToClaim() const {
  const MutexLock lock(mutex_);
  std::vector<std::string> networks;
  for (const auto& [name, network] : networks_) {
    if (std::ranges::any_of(network.providers, CanBeAsked)) networks.push_back(name);
  }
  return networks;
}

std::map<std::string, HeadTracker::Claim> HeadTracker::ClaimNetworks(
    const std::vector<std::string>& networks, Deadline deadline) {
  std::map<std::string, Claim> claims;
  for (const std::string& network : networks) {
    if (store_.is_read_only()) {
      claims[network] = Claim::kUnstored;
      continue;
    }
    const auto is_ours = store_.LeaseChainHead(network, owner_, options_.lease, deadline);
    if (is_ours) {
      claims[network] = *is_ours ? Claim::kOurs : Claim::kTheirs;
    } else if (is_ours.error().code != ErrorCode::kUnavailable) {
      claims[network] = Claim::kUnstored;
    } else {
      // Asking without the lease would let every server ask, just when things go badly.
      Log(LogLevel::kDebug, "chain_head_lease_unknown", {{"cause", is_ours.error().message}});
      break;
    }
  }
  return claims;
}

std::optional<std::vector<metadata_db::ChainHeadRow>> HeadTracker::ReadRows(Deadline deadline) {
  if (store_.is_read_only()) return std::nullopt;
  const auto reader = store_.OpenReader(deadline);
  if (!reader) return std::nullopt;
  auto rows = (*reader)->ListChainHeads();
  if (!rows) return std::nullopt;
  return std::move(*rows);
}

void HeadTracker::TakeRows(const std::vector<metadata_db::ChainHeadRow>& rows) {
  for (auto& [name, network] : networks_) {
    for (TagState& tag : network.tags) tag.stored.reset();
  }
  for (const metadata_db::ChainHeadRow& row : rows) {
    networks_[row.network].tags[IndexOf(row.tag)].stored = FromRow(row);
  }
}

std::optional<LookTask> HeadTracker::PlanNetwork(const std::string& network, NetworkState& state) {
  if (state.claim != Claim::kOurs && state.claim != Claim::kUnstored) return std::nullopt;
  if (state.is_looking) return std::nullopt;
  LookTask task{.network = network, .providers = {}, .tags = {}};
  std::ranges::copy_if(state.providers, std::back_inserter(task.providers), CanBeAsked);
  if (task.providers.empty()) return std::nullopt;
  const SteadyTime now = clock_.SteadyNow();
  for (const HeadTag tag : kHeadTags) {
    const TagState& tag_state = state.tags[IndexOf(tag)];
    if (tag_state.due <= now) task.tags.push_back({.tag = tag, .preferred = tag_state.preferred});
  }
  if (task.tags.empty()) return std::nullopt;
  state.is_looking = true;
  return task;
}

void HeadTracker::Finish(const LookTask& task, const std::vector<TagOutcome>& outcomes) {
  bool is_stored = false;
  {
    const MutexLock lock(mutex_);
    const auto network = networks_.find(task.network);
    if (network == networks_.end()) return;
    is_stored = network->second.claim == Claim::kOurs;
    for (const TagOutcome& outcome : outcomes) {
      TakeOutcome(task.network, network->second.tags[IndexOf(outcome.tag)], outcome);
    }
  }
  if (is_stored) StoreOutcomes(task.network, outcomes);
  const MutexLock lock(mutex_);
  if (const auto network = networks_.find(task.network); network != networks_.end()) {
    network->second.is_looking = false;
  }
}

void HeadTracker::StoreOutcomes(const std::string& network,
                                const std::vector<TagOutcome>& outcomes) {
  const Deadline deadline = Deadline::After(kDatabaseTimeout);
  for (const TagOutcome& outcome : outcomes) {
    const Status stored = store_.PutChainHead(ToRow(network, outcome), deadline);
    // The next look stores again; until then the board has it from memory.
    if (!stored) {
      Log(LogLevel::kDebug, "chain_head_not_stored",
          {{"network", network}, {"cause", stored.error().message}});
    }
  }
}

void HeadTracker::TakeOutcome(const std::string& network, TagState& state,
                              const TagOutcome& outcome) {
  HeadReport report{.head = std::nullopt,
                    .source = outcome.source,
                    .checked_at = outcome.at,
                    .problem = std::nullopt};
  if (const auto* head = std::get_if<ChainHead>(&outcome.found)) {
    report.head = ObservedHead{.head = *head, .observed_at = outcome.at};
    state.preferred = outcome.source;
  } else {
    report.problem = std::get<HeadProblem>(outcome.found);
    const auto& before = state.seen ? state.seen : state.stored;
    if (before) report.head = before->head;
  }
  const bool has_failed =
      report.problem && report.problem->code == HeadProblemCode::kProviderUnreachable;
  if (has_failed) {
    ++state.failures;
    const BackOffPolicy policy{.base = 2 * options_.poll_interval, .max = options_.back_off_max};
    state.due = clock_.SteadyNow() + JitteredBackOff(policy, state.failures, RandomU64());
  }
  if (has_failed && state.failures == 1) {
    Log(LogLevel::kWarning, "chain_head_unknown",
        {{"network", network}, {"head", ToString(outcome.tag)}, {"cause", report.problem->detail}});
  }
  if (!has_failed && state.failures > 0) {
    Log(LogLevel::kInfo, "chain_head_known",
        {{"network", network}, {"head", ToString(outcome.tag)}, {"source", outcome.source}});
    state.failures = 0;
    state.due = SteadyTime::min();
  }
  state.seen = std::move(report);
}

void HeadTracker::ReleaseLeases() {
  std::vector<std::string> networks;
  {
    const MutexLock lock(mutex_);
    for (const auto& [name, network] : networks_) {
      if (network.claim == Claim::kOurs) networks.push_back(name);
    }
  }
  const Deadline deadline = Deadline::After(kDatabaseTimeout / 2);
  for (const std::string& network : networks) {
    // A lease cannot be given back, but it can be made to end now.
    constexpr std::chrono::milliseconds kShortest{1};
    if (!store_.LeaseChainHead(network, owner_, kShortest, deadline)) return;
  }
}

std::vector<NetworkHeads> HeadTracker::List() const {
  const MutexLock lock(mutex_);
  std::vector<NetworkHeads> heads;
  heads.reserve(networks_.size());
  for (const auto& [name, network] : networks_) heads.push_back(HeadsOf(name, network));
  return heads;
}

std::optional<NetworkHeads> HeadTracker::Find(std::string_view network) const {
  const MutexLock lock(mutex_);
  const auto found = networks_.find(network);
  if (found == networks_.end()) return std::nullopt;
  return HeadsOf(found->first, found->second);
}

NetworkHeads HeadTracker::HeadsOf(const std::string& name, const NetworkState& network) const {
  return {.network = name,
          .latest = ReportOf(network, network.tags[IndexOf(HeadTag::kLatest)]),
          .finalized = ReportOf(network, network.tags[IndexOf(HeadTag::kFinalized)])};
}

HeadReport HeadTracker::ReportOf(const NetworkState& network, const TagState& tag) const {
  HeadReport report;
  if (tag.seen) {
    report = *tag.seen;
  } else if (tag.stored) {
    report = *tag.stored;
  } else {
    report.problem = {.code = HeadProblemCode::kNotAskedYet,
                      .detail = "the first look is still to come"};
  }
  // Nobody keeps such a head up to date, whatever the last look said.
  if (knows_providers_ && std::ranges::none_of(network.providers, CanBeAsked)) {
    report.problem = NobodyToAsk(network.providers);
  }
  return report;
}

}  // namespace tidemark::chain_heads
