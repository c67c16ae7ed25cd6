#include "tidemark/dataset_store/provider_registry.h"

#include <utility>

#include <fmt/format.h>

#include "environment.h"
#include "provider_file.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::dataset_store {
namespace {

constexpr std::string_view kExtension = ".toml";
constexpr std::uint64_t kMaxFileBytes = 64U << 10U;

std::string FileOf(std::string_view name) { return fmt::format("{}{}", name, kExtension); }

Result<Provider> Expand(Provider provider) {
  for (std::string* text : {&provider.network, &provider.url}) {
    TIDEMARK_TRY(*text, ExpandVariables(*text));
  }
  for (auto* text : {&provider.auth_header, &provider.auth_token}) {
    if (*text) {
      TIDEMARK_TRY(*text, ExpandVariables(**text));
    }
  }
  // A variable may hold anything.
  TIDEMARK_TRY(CheckProvider(provider));
  return provider;
}

void LogLeftOut(std::string_view name, const Error& error) {
  Log(LogLevel::kWarning, "provider_left_out", {{"provider", name}, {"reason", error.message}});
}

class FileRegistry final : public ProviderRegistry {
 public:
  explicit FileRegistry(object_store::ObjectStore& files) : files_(files) {}

  Status Put(const Provider& provider) override {
    TIDEMARK_TRY(CheckProvider(provider));
    return files_.Put(FileOf(provider.name), PrintProvider(provider),
                      object_store::IfExists::kReplace);
  }

  Result<std::vector<Provider>> List() override {
    TIDEMARK_TRY(const auto objects, files_.List(""));
    std::vector<Provider> providers;
    for (const auto& object : objects) {
      std::string_view name = object.path;
      if (!name.ends_with(kExtension) || name.contains('/')) continue;
      name.remove_suffix(kExtension.size());
      if (!IsProviderName(name)) {
        LogLeftOut(name, {ErrorCode::kCorruption, "the file is not named like a provider"});
        continue;
      }
      auto provider = Get(name);
      if (provider) {
        providers.push_back(*std::move(provider));
      } else if (provider.error().code == ErrorCode::kUnavailable) {
        // Not to know a provider is not the same as not to have it.
        return std::unexpected(std::move(provider).error());
      } else {
        LogLeftOut(name, provider.error());
      }
    }
    return providers;
  }

  Result<Provider> Get(std::string_view name) override {
    const auto absent = [&] {
      return MakeError(ErrorCode::kNotFound, fmt::format("there is no provider '{}'", name));
    };
    if (!IsProviderName(name)) return absent();
    auto text = files_.Read(FileOf(name), kMaxFileBytes);
    if (!text && text.error().code == ErrorCode::kNotFound) return absent();
    if (!text && text.error().code == ErrorCode::kInvalidArgument) {
      return MakeError(ErrorCode::kCorruption,
                       fmt::format("its file has more than {} bytes", kMaxFileBytes));
    }
    if (!text) return std::unexpected(std::move(text).error());
    return ParseProvider(name, *text);
  }

  Result<std::vector<Provider>> Find(std::string_view kind, std::string_view network) override {
    TIDEMARK_TRY(auto all, List());
    std::vector<Provider> matching;
    for (Provider& provider : all) {
      std::string name = provider.name;
      auto expanded = Expand(std::move(provider));
      if (!expanded) {
        LogLeftOut(name, expanded.error());
      } else if (expanded->kind == kind && expanded->network == network) {
        matching.push_back(*std::move(expanded));
      }
    }
    Shuffle(matching);
    return matching;
  }

 private:
  static void Shuffle(std::vector<Provider>& providers) {
    for (std::size_t left = providers.size(); left > 1; --left) {
      std::swap(providers[left - 1], providers[RandomU64() % left]);
    }
  }

  object_store::ObjectStore& files_;
};

}  // namespace

std::unique_ptr<ProviderRegistry> MakeProviderRegistry(object_store::ObjectStore& files) {
  return std::make_unique<FileRegistry>(files);
}

}  // namespace tidemark::dataset_store
