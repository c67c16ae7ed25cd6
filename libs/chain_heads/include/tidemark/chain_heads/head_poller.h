// The loop that asks providers for chain heads, and a board of what it knows.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/chain_heads/chain_heads.h"

namespace tidemark::metadata_db {
class MetadataStore;
}
namespace tidemark::providers {
class BlockSource;
}

namespace tidemark::chain_heads {

/// A configured provider.
struct HeadProvider {
  std::string name;
  std::string network;
  /// The same one for as long as the provider's configuration is the same. Null if the provider
  /// cannot be asked.
  std::shared_ptr<providers::BlockSource> source = nullptr;
  std::optional<HeadProblem> problem = std::nullopt;  // Why it cannot be asked.
};

/// Where the poller learns of providers. Used by one thread.
class HeadProviders {
 public:
  HeadProviders() = default;
  HeadProviders(const HeadProviders&) = delete;
  HeadProviders& operator=(const HeadProviders&) = delete;
  virtual ~HeadProviders() = default;

  /// Every provider that is configured now, of whatever kind, the preferred ones first.
  /// Errors: kUnavailable.
  virtual Result<std::vector<HeadProvider>> List() = 0;
};

struct HeadPollerOptions {
  std::chrono::milliseconds poll_interval{1'000};
  /// How long one provider may take to say one head.
  std::chrono::milliseconds look_timeout{5'000};
  /// How long a network stays with a poller that no longer renews its claim. At least three
  /// intervals, whatever is said here.
  std::chrono::milliseconds lease{5'000};
  /// Back-off after failed looks: doubled from the interval, with full jitter, up to this.
  std::chrono::milliseconds back_off_max{60'000};
  /// How soon a provider that was added, changed or removed is noticed.
  std::chrono::milliseconds provider_refresh{5'000};
};

/// Keeps the heads of every network with a provider up to date. However many pollers share one
/// database, each network is asked about by one of them, the holder of a lease; the others read
/// what it stores. Over a database that keeps no heads a poller asks for itself and remembers.
class HeadPoller {
 public:
  /// Begins at once and waits for nothing. Everything referred to must outlive the poller.
  static std::unique_ptr<HeadPoller> Start(const HeadPollerOptions& options,
                                           metadata_db::MetadataStore& store,
                                           HeadProviders& providers, const Clock& clock);

  HeadPoller(const HeadPoller&) = delete;
  HeadPoller& operator=(const HeadPoller&) = delete;
  /// Stops as Stop does.
  ~HeadPoller();

  HeadBoard& board();

  /// Interrupts every look and gives the leases back, so that another poller need not wait for
  /// their end. Blocks until all threads have ended: well under two seconds, unless the place where
  /// providers are configured stalls. May be called twice.
  void Stop();

 private:
  struct Impl;
  explicit HeadPoller(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::chain_heads
