#include "evm_transaction.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "hex_members.h"

namespace tidemark::providers {
namespace {

// Transaction types of Ethereum, and the one of the OP stack.
constexpr std::int32_t kLegacy = 0;
constexpr std::int32_t kAccessList = 1;
constexpr std::int32_t kBlob = 3;
constexpr std::int32_t kSetCode = 4;
constexpr std::int32_t kDeposit = 126;

/// A transaction with what must be seen before its columns are known.
struct Draft : PlacedTransaction {
  std::optional<Hash32> signature_r;
  std::optional<Hash32> signature_s;
  std::optional<std::uint64_t> v;
  std::optional<std::uint64_t> y_parity;
};

bool ReadInto256(JsonValue& value, Hash32& out) {
  const auto digits = HexDigits(value);
  const auto number = digits ? ParseHexU256(*digits) : std::nullopt;
  if (number) out.bytes = *number;
  return number.has_value();
}

template <auto Field, class Out>
bool ReadSignaturePart(JsonValue& value, Out& out, std::string& /*why*/) {
  if constexpr (requires { (out.*Field).emplace(); }) {
    return ReadInto256(value, (out.*Field).emplace());
  } else {
    return ReadInto256(value, out.*Field);
  }
}

bool ReadWei(JsonValue& value, Draft& out, std::string& /*why*/) {
  const auto digits = HexDigits(value);
  const auto number = digits ? ParseHexU256(*digits) : std::nullopt;
  if (number) out.value = DecimalText(*number);
  return number.has_value();
}

bool ReadHashes(JsonValue& value, std::vector<Hash32>& out) {
  JsonArray array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto next : array) {
    JsonValue element;
    if (std::move(next).get(element) != simdjson::SUCCESS ||
        !ReadInto(element, out.emplace_back())) {
      return false;
    }
  }
  return true;
}

bool ReadStorageKeys(JsonValue& value, EvmAccessListEntry& out, std::string& /*why*/) {
  return ReadHashes(value, out.storage_keys);
}

constexpr auto kAccessListMembers = MakeMembers<EvmAccessListEntry>({
    {"address", Presence::kRequired, ReadField<&EvmAccessListEntry::address>},
    {"storageKeys", Presence::kRequired, ReadStorageKeys},
});

// EIP-7702 lets an authorization name any chain below 2^256 and any parity below 2^8. One that is
// out of bounds has no effect but is part of its block, so anybody can put one there: it must not
// stop the block. Both are stored as the nearest that their column holds.
bool ReadAuthorizedChain(JsonValue& value, EvmAuthorization& out, std::string& /*why*/) {
  const auto digits = HexDigits(value);
  if (!digits || !ParseHexU256(*digits)) return false;
  out.chain_id = ParseHexU64(*digits).value_or(std::numeric_limits<std::uint64_t>::max());
  return true;
}

bool ReadAuthorizedParity(JsonValue& value, EvmAuthorization& out, std::string& /*why*/) {
  std::uint64_t parity = 0;
  if (!ReadInto(value, parity)) return false;
  out.y_parity = parity != 0;
  return true;
}

constexpr auto kAuthorizationMembers = MakeMembers<EvmAuthorization>({
    {"chainId", Presence::kRequired, ReadAuthorizedChain},
    {"address", Presence::kRequired, ReadField<&EvmAuthorization::address>},
    {"nonce", Presence::kRequired, ReadField<&EvmAuthorization::nonce>},
    {"yParity", Presence::kRequired, ReadAuthorizedParity},
    {"r", Presence::kRequired, ReadSignaturePart<&EvmAuthorization::r>},
    {"s", Presence::kRequired, ReadSignaturePart<&EvmAuthorization::s>},
});

template <const auto& Members, class Element>
bool ReadObjects(JsonValue& value, std::optional<std::vector<Element>>& out, std::string& why) {
  out.emplace();
  JsonArray array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto next : array) {
    JsonObject object;
    if (next.get_object().get(object) != simdjson::SUCCESS) return false;
    if (!Members.Read(object, out->emplace_back(), why)) return false;
  }
  return true;
}

bool ReadAccessList(JsonValue& value, Draft& out, std::string& why) {
  return ReadObjects<kAccessListMembers>(value, out.access_list, why);
}

bool ReadAuthorizations(JsonValue& value, Draft& out, std::string& why) {
  return ReadObjects<kAuthorizationMembers>(value, out.authorization_list, why);
}

bool ReadBlobHashes(JsonValue& value, Draft& out, std::string& /*why*/) {
  return ReadHashes(value, out.blob_versioned_hashes.emplace());
}

constexpr auto kTransactionMembers = MakeMembers<Draft>({
    {"accessList", Presence::kOptional, ReadAccessList},
    {"authorizationList", Presence::kOptional, ReadAuthorizations},
    {"blobVersionedHashes", Presence::kOptional, ReadBlobHashes},
    {"blockHash", Presence::kRequired, ReadField<&Draft::block_hash>},
    {"blockNumber", Presence::kRequired, ReadField<&Draft::block_number>},
    {"chainId", Presence::kOptional, ReadField<&Draft::chain_id>},
    {"from", Presence::kRequired, ReadField<&Draft::from>},
    {"gas", Presence::kRequired, ReadField<&Draft::gas_limit>},
    {"gasPrice", Presence::kOptional, ReadField<&Draft::gas_price>},
    {"hash", Presence::kRequired, ReadField<&Draft::hash>},
    {"input", Presence::kRequired, ReadField<&Draft::input>},
    {"maxFeePerBlobGas", Presence::kOptional, ReadField<&Draft::max_fee_per_blob_gas>},
    {"maxFeePerGas", Presence::kOptional, ReadField<&Draft::max_fee_per_gas>},
    {"maxPriorityFeePerGas", Presence::kOptional, ReadField<&Draft::max_priority_fee_per_gas>},
    {"nonce", Presence::kRequired, ReadField<&Draft::nonce>},
    {"r", Presence::kOptional, ReadSignaturePart<&Draft::signature_r>},
    {"s", Presence::kOptional, ReadSignaturePart<&Draft::signature_s>},
    {"to", Presence::kOptional, ReadField<&Draft::to>},
    {"transactionIndex", Presence::kRequired, ReadField<&Draft::index>},
    // Nodes from before EIP-2718 write no type.
    {"type", Presence::kOptional, ReadField<&Draft::type>},
    {"v", Presence::kOptional, ReadField<&Draft::v>},
    {"value", Presence::kRequired, ReadWei},
    {"yParity", Presence::kOptional, ReadField<&Draft::y_parity>},
});

bool IsEthereumType(std::int32_t type) { return type <= kSetCode; }

/// The parity bit in any of v's three ages: 0 and 1, 27 and 28, and 35 + 2 * chain + parity.
std::optional<bool> ParityOf(std::uint64_t v) {
  if (v <= 1) return v == 1;
  if (v == 27 || v == 28) return v == 28;
  if (v >= 35) return (v - 35) % 2 == 1;
  return std::nullopt;
}

bool FinishSignature(Draft& draft, std::string& why) {
  const bool is_signed = draft.signature_r && draft.signature_s && (draft.v || draft.y_parity);
  if (!is_signed && IsEthereumType(draft.type)) {
    why = "the signature is missing";
    return false;
  }
  // Other chains have transactions that nobody signed; their columns are zero.
  draft.r = draft.signature_r.value_or(Hash32{});
  draft.s = draft.signature_s.value_or(Hash32{});

  const auto parity = ParityOf(draft.y_parity.value_or(draft.v.value_or(0)));
  if (!parity || (draft.y_parity && *draft.y_parity > 1)) {
    why = "the signature's parity cannot be read";
    return false;
  }
  draft.v_parity = *parity;
  // A node that predates the chainId member still tells the chain, by EIP-155.
  if (!draft.chain_id && draft.type == kLegacy && draft.v && *draft.v >= 35) {
    draft.chain_id = (*draft.v - 35) / 2;
  }
  return true;
}

// Amp's columns: the effective price that nodes add as gasPrice to the later types is left out, and
// the earlier ones have their price as the fee cap.
bool FinishFees(Draft& draft, std::string& why) {
  if (draft.type == kLegacy || draft.type == kAccessList) {
    draft.max_fee_per_gas = draft.gas_price;
    draft.max_priority_fee_per_gas.reset();
    if (!draft.gas_price) why = "\"gasPrice\" is missing";
    return draft.gas_price.has_value();
  }
  draft.gas_price.reset();
  if (draft.type == kDeposit && !draft.max_fee_per_gas) draft.max_fee_per_gas = 0;
  if (!IsEthereumType(draft.type)) return true;
  if (!draft.max_fee_per_gas) why = "\"maxFeePerGas\" is missing";
  if (!draft.max_priority_fee_per_gas) why = "\"maxPriorityFeePerGas\" is missing";
  return draft.max_fee_per_gas && draft.max_priority_fee_per_gas;
}

bool FinishLists(Draft& draft, std::string& why) {
  if (draft.type == kLegacy) draft.access_list.reset();
  if (draft.type > kLegacy && IsEthereumType(draft.type) && !draft.access_list) {
    draft.access_list.emplace();
  }
  if (draft.type != kBlob) {
    draft.blob_versioned_hashes.reset();
    draft.max_fee_per_blob_gas.reset();
  } else if (!draft.blob_versioned_hashes || !draft.max_fee_per_blob_gas) {
    why = "\"blobVersionedHashes\" or \"maxFeePerBlobGas\" is missing";
    return false;
  }
  if (draft.type != kSetCode) {
    draft.authorization_list.reset();
  } else if (!draft.authorization_list) {
    why = "\"authorizationList\" is missing";
    return false;
  }
  return true;
}

}  // namespace

bool ReadTransaction(JsonObject& object, PlacedTransaction& transaction, std::string& why) {
  Draft draft;
  if (!kTransactionMembers.Read(object, draft, why)) return false;
  if (!FinishSignature(draft, why) || !FinishFees(draft, why) || !FinishLists(draft, why)) {
    return false;
  }
  transaction = static_cast<PlacedTransaction&&>(draft);
  return true;
}

}  // namespace tidemark::providers
