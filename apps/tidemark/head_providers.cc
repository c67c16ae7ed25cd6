#include "head_providers.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "block_sources.h"

namespace tidemark::app {
namespace {

using chain_heads::HeadProblem;
using chain_heads::HeadProblemCode;
using chain_heads::HeadProvider;
using dataset_store::Provider;

class RegistryHeadProviders final : public chain_heads::HeadProviders {
 public:
  explicit RegistryHeadProviders(dataset_store::ProviderRegistry& registry) : registry_(registry) {}

  Result<std::vector<HeadProvider>> List() override {
    TIDEMARK_TRY(const std::vector<Provider> written, registry_.List());
    // With their variables replaced, and in the order of their names, so that nothing seems to have
    // changed from one look to the next.
    TIDEMARK_TRY(const std::vector<Provider> found, registry_.Find(kEvmRpc, std::nullopt));
    std::map<std::string, Provider> usable;
    for (const Provider& provider : found) usable.emplace(provider.name, provider);
    std::erase_if(sources_, [&](const auto& entry) { return !usable.contains(entry.first); });

    std::vector<HeadProvider> providers;
    for (const Provider& provider : written) {
      if (!provider.network) continue;
      HeadProvider result{.name = provider.name, .network = *provider.network};
      const auto one = usable.find(provider.name);
      if (one == usable.end()) {
        result.problem = ProblemOf(provider);
      } else {
        result.network = one->second.network.value_or(result.network);
        Open(one->second, result);
      }
      providers.push_back(std::move(result));
    }
    return providers;
  }

 private:
  struct OpenSource {
    Provider provider;
    std::shared_ptr<providers::BlockSource> source;
  };

  /// Why a provider cannot be asked for heads.
  static HeadProblem ProblemOf(const Provider& provider) {
    if (provider.kind == kEvmRpc) {
      return {
          .code = HeadProblemCode::kProviderUnreachable,
          .detail = fmt::format("{}: its file cannot be used, the log says why", provider.name)};
    }
    return {.code = HeadProblemCode::kProviderUnsupported,
            .detail = fmt::format("{} is of kind {}; heads are asked only of {}", provider.name,
                                  provider.kind, kEvmRpc)};
  }

  /// Gives `result` the provider's source, or the reason that there is none.
  void Open(const Provider& provider, HeadProvider& result) {
    OpenSource& open = sources_[provider.name];
    if (open.source == nullptr || open.provider != provider) {
      open.provider = provider;
      auto source = MakeBlockSource(provider);
      if (!source) {
        sources_.erase(provider.name);
        result.problem =
            HeadProblem{.code = HeadProblemCode::kProviderUnreachable,
                        .detail = fmt::format("{}: {}", provider.name, source.error().message)};
        return;
      }
      open.source = *std::move(source);
    }
    result.source = open.source;
  }

  dataset_store::ProviderRegistry& registry_;
  std::map<std::string, OpenSource> sources_;  // By the provider's name.
};

}  // namespace

std::unique_ptr<chain_heads::HeadProviders> MakeHeadProviders(
    dataset_store::ProviderRegistry& registry) {
  return std::make_unique<RegistryHeadProviders>(registry);
}

}  // namespace tidemark::app
