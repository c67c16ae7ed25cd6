#include "rpc_answer.h"

#include <utility>

#include <fmt/format.h>

#include "evm_block_reader.h"
#include "evm_receipt_reader.h"
#include "hex_members.h"
#include "json_members.h"
#include "tidemark/base/text.h"

namespace tidemark::providers {
namespace {

constexpr const char* kBroken = "the answer is not JSON, or not all of it";

/// One element of an answer.
struct Element {
  std::span<const RpcCall> calls;
  std::optional<std::uint64_t> id;
  std::optional<RpcError> error;
  bool has_result = false;
  std::optional<RpcValue> result;  // Absent until the id is known.

  const RpcCall* FindCall() const {
    return id && *id >= 1 && *id <= calls.size() ? &calls[*id - 1] : nullptr;
  }
};

bool ReadErrorCode(JsonValue& value, RpcError& out, std::string& /*why*/) {
  // A code that is no number is the code of nothing we know.
  out.code = ParseDecimal<std::int64_t>(TokenText(value)).value_or(0);
  return true;
}

bool ReadErrorMessage(JsonValue& value, RpcError& out, std::string& /*why*/) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) out.message = text;
  return true;
}

constexpr auto kErrorMembers = MakeMembers<RpcError>({
    {"code", Presence::kOptional, ReadErrorCode},
    {"message", Presence::kOptional, ReadErrorMessage},
});

bool ReadError(JsonValue& value, Element& out, std::string& why) {
  RpcError& error = out.error.emplace();
  JsonObject object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return ReadErrorMessage(value, error, why);
  }
  return kErrorMembers.Read(object, error, why);
}

bool ReadId(JsonValue& value, Element& out, std::string& /*why*/) {
  out.id = ParseDecimal<std::uint64_t>(TokenText(value));
  return out.id.has_value();
}

template <class T, class ReadFunction>
bool ReadAs(Element& out, ReadFunction read) {
  return read(std::get<T>(out.result.emplace(std::in_place_type<T>)));
}

bool ReadResult(JsonValue& value, Element& out, std::string& why) {
  out.has_result = true;
  const RpcCall* call = out.FindCall();
  if (call == nullptr) return true;
  if (IsNull(value)) {
    out.result = NotThere{};
    return true;
  }
  if (call->method == RpcMethod::kChainId) {
    return ReadAs<ChainId>(out, [&](ChainId& id) { return ReadInto(value, id.value); });
  }
  if (call->method == RpcMethod::kBlockReceipts) {
    JsonArray array;
    return value.get_array().get(array) == simdjson::SUCCESS &&
           ReadAs<BlockReceipts>(out, [&](BlockReceipts& receipts) {
             return ReadReceipts(array, call->block, receipts, why);
           });
  }
  JsonObject object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  if (call->method == RpcMethod::kHead) {
    return ReadAs<ChainHead>(out, [&](ChainHead& head) { return ReadHead(object, head, why); });
  }
  if (call->method == RpcMethod::kBlock) {
    return ReadAs<EvmBlock>(
        out, [&](EvmBlock& block) { return ReadBlock(object, call->block, block, why); });
  }
  return ReadAs<BlockReceipts>(out, [&](BlockReceipts& receipts) {
    return ReadReceipt(object, call->block, receipts, why);
  });
}

constexpr auto kElementMembers = MakeMembers<Element>({
    {"error", Presence::kOptional, ReadError},
    {"id", Presence::kOptional, ReadId},
    {"result", Presence::kNullable, ReadResult},
});

bool ReadElement(JsonObject& object, Element& element, std::string& why) {
  if (!kElementMembers.Read(object, element, why)) {
    if (const RpcCall* call = element.FindCall()) {
      why = fmt::format("the answer to {} is wrong: {}", Describe(*call), why);
    }
    return false;
  }
  if (!element.has_result || element.result || element.FindCall() == nullptr) return true;
  // The id came after the result that it tells how to read: once more from the start.
  bool is_filled = false;
  return object.reset().get(is_filled) == simdjson::SUCCESS && ReadElement(object, element, why);
}

class Batch {
 public:
  explicit Batch(std::span<const RpcCall> calls) : calls_(calls), values_(calls.size()) {}

  /// nullopt to go on; else what the whole answer is.
  std::optional<RpcAnswer> Add(JsonObject& object) {
    Element element;
    element.calls = calls_;
    std::string why;
    if (!ReadElement(object, element, why)) return Contradiction{std::move(why)};
    const RpcCall* call = element.FindCall();
    if (element.error && !element.id) {
      // The node could not even read who asks. A single call is the only one it can mean.
      if (calls_.size() > 1) return BatchRefusal{std::move(*element.error)};
      call = calls_.data();
    }
    if (call == nullptr) return Contradiction{"an answer has the id of no call"};

    std::optional<RpcValue>& value = values_[static_cast<std::size_t>(call - calls_.data())];
    if (value) return Contradiction{fmt::format("{} was answered twice", Describe(*call))};
    if (element.error) {
      value = std::move(*element.error);
    } else if (element.result) {
      value = std::move(element.result);
    } else {
      return Contradiction{
          fmt::format("the answer to {} has neither result nor error", Describe(*call))};
    }
    return std::nullopt;
  }

  RpcAnswer Finish() && {
    std::vector<RpcValue> values;
    values.reserve(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      std::optional<RpcValue>& value = values_[i];
      if (!value) {
        // Some nodes answer one call of a batch that they refuse, with the reason.
        if (auto* error = FindError()) return BatchRefusal{std::move(*error)};
        return Contradiction{fmt::format("{} was not answered", Describe(calls_[i]))};
      }
      values.push_back(*std::move(value));
    }
    return values;
  }

 private:
  RpcError* FindError() {
    for (auto& value : values_) {
      if (auto* error = value ? std::get_if<RpcError>(&*value) : nullptr) return error;
    }
    return nullptr;
  }

  std::span<const RpcCall> calls_;
  std::vector<std::optional<RpcValue>> values_;
};

bool IsAtEnd(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

RpcAnswer ReadDocument(simdjson::ondemand::document& document, std::span<const RpcCall> calls) {
  Batch batch(calls);
  simdjson::ondemand::json_type type;
  if (document.type().get(type) != simdjson::SUCCESS) return Contradiction{kBroken};

  if (type == simdjson::ondemand::json_type::object) {
    JsonObject object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return Contradiction{kBroken};
    if (calls.size() == 1) {
      if (auto answer = batch.Add(object)) return std::move(*answer);
    } else {
      Element element;
      std::string why;
      if (!ReadElement(object, element, why)) return Contradiction{std::move(why)};
      if (!element.error) return Contradiction{"a batch was answered with one result"};
      if (!IsAtEnd(document)) return Contradiction{kBroken};
      return BatchRefusal{std::move(*element.error)};
    }
  } else {
    JsonArray array;
    if (document.get_array().get(array) != simdjson::SUCCESS) return Contradiction{kBroken};
    for (auto next : array) {
      JsonObject object;
      if (next.get_object().get(object) != simdjson::SUCCESS) return Contradiction{kBroken};
      if (auto answer = batch.Add(object)) return std::move(*answer);
    }
  }
  if (!IsAtEnd(document)) return Contradiction{kBroken};
  return std::move(batch).Finish();
}

}  // namespace

struct AnswerReader::Impl {
  simdjson::ondemand::parser parser;
};

AnswerReader::AnswerReader() : impl_(std::make_unique<Impl>()) {}
AnswerReader::~AnswerReader() = default;

RpcAnswer AnswerReader::Read(std::string body, std::span<const RpcCall> calls) {
  static_assert(kPaddingBytes == simdjson::SIMDJSON_PADDING);
  const std::size_t size = body.size();
  // Reserved first: append alone would double a large body.
  body.reserve(size + simdjson::SIMDJSON_PADDING);
  body.append(simdjson::SIMDJSON_PADDING, ' ');
  simdjson::ondemand::document document;
  if (impl_->parser.iterate(body.data(), size, body.size()).get(document) != simdjson::SUCCESS) {
    return Contradiction{kBroken};
  }
  return ReadDocument(document, calls);
}

}  // namespace tidemark::providers
