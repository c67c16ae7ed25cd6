#include "tidemark/chain_heads/head_poller.h"

#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "head_tracker.h"
#include "look.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/base/wait.h"

namespace tidemark::chain_heads {

struct HeadPoller::Impl {
  Impl(const HeadPollerOptions& poller_options, metadata_db::MetadataStore& store,
       HeadProviders& head_providers, const Clock& system_clock)
      : options(poller_options),
        providers(head_providers),
        clock(system_clock),
        tracker(options, fmt::format("{:016x}", RandomU64()), store, clock) {}

  void RefreshProviders(const std::stop_token& stop) {
    bool has_failed = false;
    while (!stop.stop_requested()) {
      const auto list = providers.List();
      if (list) {
        tracker.SetProviders(*list);
      } else if (!has_failed) {
        Log(LogLevel::kWarning, "providers_unreadable", {{"cause", list.error().message}});
      }
      has_failed = !list;
      WaitFor(options.provider_refresh, stop);
    }
  }

  void RunRounds(const std::stop_token& stop) {
    // One thread a look, so that a slow provider holds up nobody else's network.
    std::map<std::string, std::jthread> looks;
    while (!stop.stop_requested()) {
      const SteadyTime began = std::chrono::steady_clock::now();
      for (LookTask& task : tracker.Plan()) {
        std::jthread& thread = looks[task.network];
        thread = std::jthread([this, task = std::move(task)](const std::stop_token& look_stop) {
          tracker.Finish(task, Look(task, options.look_timeout, clock, look_stop));
        });
      }
      WaitUntil(began + options.poll_interval, stop);
    }
    // All are asked to stop before any is waited for.
    for (auto& [network, thread] : looks) thread.request_stop();
  }

  HeadPollerOptions options;
  HeadProviders& providers;
  const Clock& clock;
  HeadTracker tracker;
  std::jthread refresher;
  std::jthread rounds;
};

std::unique_ptr<HeadPoller> HeadPoller::Start(const HeadPollerOptions& options,
                                              metadata_db::MetadataStore& store,
                                              HeadProviders& providers, const Clock& clock) {
  auto impl = std::make_unique<Impl>(options, store, providers, clock);
  Impl& self = *impl;
  self.refresher =
      std::jthread([&self](const std::stop_token& stop) { self.RefreshProviders(stop); });
  self.rounds = std::jthread([&self](const std::stop_token& stop) { self.RunRounds(stop); });
  return std::unique_ptr<HeadPoller>(new HeadPoller(std::move(impl)));
}

HeadPoller::HeadPoller(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HeadPoller::~HeadPoller() { Stop(); }

HeadBoard& HeadPoller::board() { return impl_->tracker; }

void HeadPoller::Stop() {
  if (!impl_->rounds.joinable()) return;
  impl_->refresher.request_stop();
  impl_->rounds.request_stop();
  impl_->rounds.join();
  impl_->refresher.join();
  impl_->tracker.ReleaseLeases();
}

}  // namespace tidemark::chain_heads
