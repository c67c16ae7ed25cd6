// What is known of every network's heads, and which look is due.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "look.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/mutex.h"
#include "tidemark/chain_heads/chain_heads.h"
#include "tidemark/chain_heads/head_poller.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::chain_heads {

/// Thread-safe. Plan, Finish and ReleaseLeases wait for the database, for at most a second; List
/// and Find never do.
class HeadTracker final : public HeadBoard {
 public:
  /// `owner` names this poller among all that share the database.
  HeadTracker(const HeadPollerOptions& options, std::string owner,
              metadata_db::MetadataStore& store, const Clock& clock);

  /// The providers that there are now.
  void SetProviders(const std::vector<HeadProvider>& providers);

  /// One round: renews the claims on networks, reads what other pollers have stored, and yields the
  /// looks that are due. Each must be given to Finish; until then its network has no other. Called
  /// by one thread, once an interval: what did not fail is due every time.
  std::vector<LookTask> Plan();

  /// Takes what a look found, and stores it. `outcomes` is empty if the look was interrupted.
  void Finish(const LookTask& task, const std::vector<TagOutcome>& outcomes);

  /// Lets other pollers have this one's networks.
  void ReleaseLeases();

  std::vector<NetworkHeads> List() const override;
  std::optional<NetworkHeads> Find(std::string_view network) const override;

 private:
  /// Who asks about a network.
  enum class Claim : std::uint8_t {
    kUnknown,   // The database does not say, so nobody here asks.
    kOurs,      // This poller: it has the lease.
    kTheirs,    // Another one; its rows are read.
    kUnstored,  // This poller for itself: the database keeps no heads.
  };

  struct TagState {
    std::string preferred;                          // Provider that answered last.
    std::uint64_t failures = 0;                     // In a row.
    SteadyTime due = SteadyTime::min();             // Of the next look.
    std::optional<HeadReport> seen = std::nullopt;  // By this poller, since it has the network.
    std::optional<HeadReport> stored = std::nullopt;
  };

  struct NetworkState {
    std::vector<HeadProvider> providers;
    Claim claim = Claim::kUnknown;
    bool is_looking = false;
    std::array<TagState, kHeadTags.size()> tags;  // In the order of kHeadTags.
  };

  using Networks = std::map<std::string, NetworkState, std::less<>>;

  std::vector<std::string> NetworksToClaim() const;
  std::map<std::string, Claim> ClaimNetworks(const std::vector<std::string>& networks,
                                             Deadline deadline);
  std::optional<std::vector<metadata_db::ChainHeadRow>> ReadRows(Deadline deadline);
  void TakeRows(const std::vector<metadata_db::ChainHeadRow>& rows) TIDEMARK_REQUIRES(mutex_);
  std::optional<LookTask> PlanNetwork(const std::string& network, NetworkState& state)
      TIDEMARK_REQUIRES(mutex_);
  void TakeOutcome(const std::string& network, TagState& state, const TagOutcome& outcome)
      TIDEMARK_REQUIRES(mutex_);
  void StoreOutcomes(const std::string& network, const std::vector<TagOutcome>& outcomes);
  HeadReport ReportOf(const NetworkState& network, const TagState& tag) const
      TIDEMARK_REQUIRES(mutex_);
  NetworkHeads HeadsOf(const std::string& name, const NetworkState& network) const
      TIDEMARK_REQUIRES(mutex_);

  HeadPollerOptions options_;
  std::string owner_;
  metadata_db::MetadataStore& store_;
  const Clock& clock_;

  mutable Mutex mutex_;
  bool knows_providers_ TIDEMARK_GUARDED_BY(mutex_) = false;
  Networks networks_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::chain_heads
