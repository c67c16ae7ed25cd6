#include "tidemark/dataset_store/provider_registry.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "environment.h"
#include "provider_fields.h"
#include "provider_toml.h"
#include "tidemark/base/log.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/random.h"
#include "tidemark/model/names.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::dataset_store {
namespace {

constexpr std::string_view kExtension = ".toml";
constexpr std::uint64_t kMaxFileBytes = 64U << 10U;

std::string FileOf(std::string_view name) { return fmt::format("{}{}", name, kExtension); }

Result<Provider> Expand(const Provider& provider) {
  TIDEMARK_TRY(const auto fields, CopyFields(provider.fields_json, ExpandVariables));
  TIDEMARK_TRY(auto expanded, MakeProvider(provider.name, fields));
  // A variable may hold anything.
  TIDEMARK_TRY(CheckUsable(expanded));
  return expanded;
}

std::unexpected<Error> NoProvider(std::string_view name) {
  return MakeError(ErrorCode::kNotFound, fmt::format("there is no provider '{}'", name));
}

/// Says once why a provider is left out, however often it is looked at: the chain heads do so each
/// second. Thread-safe.
class LeftOutLog {
 public:
  void LeaveOut(std::string_view name, const Error& error) TIDEMARK_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      std::string& reason = reasons_[std::string(name)];
      if (reason == error.message) return;
      reason = error.message;
    }
    Log(LogLevel::kWarning, "provider_left_out", {{"provider", name}, {"reason", error.message}});
  }
  void TakeIn(std::string_view name) TIDEMARK_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    reasons_.erase(std::string(name));
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::string> reasons_ TIDEMARK_GUARDED_BY(mutex_);
};

class FileRegistry final : public ProviderRegistry {
 public:
  explicit FileRegistry(object_store::ObjectStore& files) : files_(files) {}

  Status Put(const Provider& provider) override {
    TIDEMARK_TRY(CheckUsable(provider));
    TIDEMARK_TRY(const auto text, PrintToml(provider.fields_json));
    if (text.size() > kMaxFileBytes) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("a provider may have {} bytes, this one has {}", kMaxFileBytes, text.size()));
    }
    return files_.Put(FileOf(provider.name), text, object_store::IfExists::kReplace);
  }

  Result<std::vector<Provider>> List() override {
    TIDEMARK_TRY(const auto objects, files_.List(""));
    std::vector<Provider> providers;
    for (const auto& object : objects) {
      std::string_view name = object.path;
      if (!name.ends_with(kExtension) || name.contains('/')) continue;
      name.remove_suffix(kExtension.size());
      if (!IsProviderName(name)) {
        unreadable_.LeaveOut(name,
                             {ErrorCode::kCorruption, "the file is not named like a provider"});
        continue;
      }
      auto provider = Get(name);
      if (provider) {
        unreadable_.TakeIn(name);
        providers.push_back(*std::move(provider));
      } else if (provider.error().code == ErrorCode::kUnavailable) {
        // Not to know a provider is not the same as not to have it.
        return std::unexpected(std::move(provider).error());
      } else {
        unreadable_.LeaveOut(name, provider.error());
      }
    }
    return providers;
  }

  Result<Provider> Get(std::string_view name) override {
    if (!IsProviderName(name)) return NoProvider(name);
    auto text = files_.Read(FileOf(name), kMaxFileBytes);
    if (!text && text.error().code == ErrorCode::kNotFound) return NoProvider(name);
    if (!text && text.error().code == ErrorCode::kInvalidArgument) {
      return MakeError(ErrorCode::kCorruption,
                       fmt::format("its file has more than {} bytes", kMaxFileBytes));
    }
    if (!text) return std::unexpected(std::move(text).error());
    return ParseProviderFile(name, *text);
  }

  Status Remove(std::string_view name) override {
    if (!IsProviderName(name)) return NoProvider(name);
    const auto file = files_.Head(FileOf(name));
    if (!file && file.error().code == ErrorCode::kNotFound) return NoProvider(name);
    if (!file) return std::unexpected(file.error());
    return files_.Delete(FileOf(name));
  }

  Result<std::vector<Provider>> Find(std::string_view kind,
                                     std::optional<std::string_view> network) override {
    TIDEMARK_TRY(const auto all, List());
    std::vector<Provider> matching;
    for (const Provider& provider : all) {
      if (provider.kind != kind) continue;
      auto expanded = Expand(provider);
      if (!expanded) {
        unusable_.LeaveOut(provider.name, expanded.error());
        continue;
      }
      unusable_.TakeIn(provider.name);
      if (!network || expanded->network == *network) matching.push_back(*std::move(expanded));
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
  LeftOutLog unreadable_;
  LeftOutLog unusable_;
};

}  // namespace

// The grammar is that of a dataset's name.
bool IsProviderName(std::string_view text) { return MakeDatasetName("_", text).has_value(); }

std::unique_ptr<ProviderRegistry> MakeProviderRegistry(object_store::ObjectStore& files) {
  return std::make_unique<FileRegistry>(files);
}

}  // namespace tidemark::dataset_store
