// Providers: where raw datasets read their blocks, one TOML file each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"

namespace tidemark::object_store {
class ObjectStore;
}

namespace tidemark::dataset_store {

/// One or more of a-z 0-9 _, not starting with a digit.
bool IsProviderName(std::string_view text);

/// A provider of kind evm-rpc. `${VAR}` in a text value stands for an environment variable.
struct Provider {
  std::string name;
  std::string kind;
  std::string network;
  std::string url;
  std::optional<std::string> auth_header = std::nullopt;
  std::optional<std::string> auth_token = std::nullopt;
  std::optional<std::uint32_t> rate_limit_per_minute = std::nullopt;
  std::optional<std::uint32_t> concurrent_request_limit = std::nullopt;
  std::optional<std::uint32_t> rpc_batch_size = std::nullopt;
  std::optional<bool> fetch_receipts_per_tx = std::nullopt;
  std::optional<std::uint32_t> timeout_s = std::nullopt;

  friend bool operator==(const Provider&, const Provider&) = default;
};

/// Thread-safe. Blocks on the store.
class ProviderRegistry {
 public:
  ProviderRegistry() = default;
  ProviderRegistry(const ProviderRegistry&) = delete;
  ProviderRegistry& operator=(const ProviderRegistry&) = delete;
  virtual ~ProviderRegistry() = default;

  /// Writes `<name>.toml`, over one that is there.
  /// Errors: kInvalidArgument (name, kind, network or URL); kUnavailable.
  virtual Status Put(const Provider& provider) = 0;
  /// By name, as written: variables are not replaced. A file that cannot be read is left out and
  /// logged.
  virtual Result<std::vector<Provider>> List() = 0;
  /// Errors: kNotFound, kUnavailable, kCorruption.
  virtual Result<Provider> Get(std::string_view name) = 0;
  /// Providers of a kind and network with their variables replaced, in random order. One with a
  /// variable that is not set is left out and logged.
  virtual Result<std::vector<Provider>> Find(std::string_view kind, std::string_view network) = 0;
};

/// `files` must outlive the result, and has the provider files at its root.
std::unique_ptr<ProviderRegistry> MakeProviderRegistry(object_store::ObjectStore& files);

}  // namespace tidemark::dataset_store
