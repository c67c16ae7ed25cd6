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

/// A provider of any kind. `${VAR}` in a text stands for an environment variable.
struct Provider {
  std::string name;
  std::string kind;                    // "evm-rpc", "firehose", "solana", "static".
  std::optional<std::string> network;  // Absent for static ones.
  /// A JSON object with every field that its file has, secrets and unknown ones included: kind and
  /// network first, then in the order of the file. A name within the file does not count.
  std::string fields_json;

  friend bool operator==(const Provider&, const Provider&) = default;
};

/// A provider from a JSON object; nulls count as absent, and so does a "name". Whether it could
/// work is not looked at: see ProviderRegistry::Put. Errors: kInvalidArgument, naming the field
/// that is missing or of a wrong type; no error quotes a value, which may be a secret.
Result<Provider> MakeProvider(std::string_view name, std::string_view fields_json);
/// The same from the text of a TOML file.
/// Errors: kCorruption, naming the line or the field.
Result<Provider> ParseProviderFile(std::string_view name, std::string_view toml);

/// What an evm-rpc provider says that a program needs to ask it.
struct EvmRpcFields {
  std::string url;
  std::optional<std::string> auth_header = std::nullopt;
  std::optional<std::string> auth_token = std::nullopt;
  std::optional<std::uint32_t> rate_limit_per_minute = std::nullopt;
  std::optional<std::uint32_t> concurrent_request_limit = std::nullopt;
  std::optional<std::uint32_t> rpc_batch_size = std::nullopt;
  std::optional<bool> fetch_receipts_per_tx = std::nullopt;
  std::optional<std::uint32_t> timeout_s = std::nullopt;

  friend bool operator==(const EvmRpcFields&, const EvmRpcFields&) = default;
};

/// Errors: kInvalidArgument for a provider of another kind.
Result<EvmRpcFields> ReadEvmRpcFields(const Provider& provider);

/// Thread-safe. Blocks on the store.
class ProviderRegistry {
 public:
  ProviderRegistry() = default;
  ProviderRegistry(const ProviderRegistry&) = delete;
  ProviderRegistry& operator=(const ProviderRegistry&) = delete;
  virtual ~ProviderRegistry() = default;

  /// Writes `<name>.toml`, durably, over one that is there.
  /// Errors: kInvalidArgument for what no worker could use: another kind than the four, an empty
  /// network, an evm-rpc URL that is not http or https or that holds credentials, control
  /// characters; kUnavailable.
  virtual Status Put(const Provider& provider) = 0;
  /// By name, as written: variables are not replaced. A file that cannot be read is left out and
  /// logged, once for each reason.
  virtual Result<std::vector<Provider>> List() = 0;
  /// Errors: kNotFound, kUnavailable, kCorruption.
  virtual Result<Provider> Get(std::string_view name) = 0;
  /// Whether or not its file can be read.
  /// Errors: kNotFound, kUnavailable.
  virtual Status Remove(std::string_view name) = 0;
  /// Providers of a kind and network (of any network without one) that could work, with their
  /// variables replaced, in random order. One that could not, for example for want of a variable,
  /// is left out and logged likewise.
  virtual Result<std::vector<Provider>> Find(std::string_view kind,
                                             std::optional<std::string_view> network) = 0;
};

/// `files` must outlive the result, and has the provider files at its root.
std::unique_ptr<ProviderRegistry> MakeProviderRegistry(object_store::ObjectStore& files);

}  // namespace tidemark::dataset_store
