#include "rpc_call.h"

#include <fmt/format.h>

#include "tidemark/base/json_writer.h"

namespace tidemark::providers {
namespace {

std::string_view TagText(HeadTag tag) {
  switch (tag) {
    case HeadTag::kLatest:
      return "latest";
    case HeadTag::kFinalized:
      return "finalized";
  }
  return "";
}

void WriteParams(JsonWriter& json, const RpcCall& call) {
  const std::string number = fmt::format("{:#x}", call.block.value);
  switch (call.method) {
    case RpcMethod::kChainId:
      return;
    case RpcMethod::kHead:
      json.Value(TagText(call.tag)).Value(false);
      return;
    case RpcMethod::kBlock:
      json.Value(number).Value(true);
      return;
    case RpcMethod::kBlockReceipts:
      json.Value(number);
      return;
    case RpcMethod::kTransactionReceipt:
      json.Value(ToHex(call.transaction));
      return;
  }
}

}  // namespace

std::string_view ToString(RpcMethod method) {
  switch (method) {
    case RpcMethod::kChainId:
      return "eth_chainId";
    case RpcMethod::kHead:
    case RpcMethod::kBlock:
      return "eth_getBlockByNumber";
    case RpcMethod::kBlockReceipts:
      return "eth_getBlockReceipts";
    case RpcMethod::kTransactionReceipt:
      return "eth_getTransactionReceipt";
  }
  return "";
}

std::string Describe(const RpcCall& call) {
  if (call.method == RpcMethod::kChainId) return std::string(ToString(call.method));
  if (call.method == RpcMethod::kHead) {
    return fmt::format("{} of the {} block", ToString(call.method), TagText(call.tag));
  }
  return fmt::format("{} of block {}", ToString(call.method), call.block.value);
}

std::string Describe(std::span<const RpcCall> calls) {
  if (calls.size() == 1) return Describe(calls.front());
  return fmt::format("{} and {} more calls", Describe(calls.front()), calls.size() - 1);
}

std::string RequestBody(std::span<const RpcCall> calls) {
  JsonWriter json;
  if (calls.size() > 1) json.BeginArray();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    json.BeginObject().Field("jsonrpc", "2.0").Field("id", i + 1);
    json.Field("method", ToString(calls[i].method)).Key("params").BeginArray();
    WriteParams(json, calls[i]);
    json.EndArray().EndObject();
  }
  if (calls.size() > 1) json.EndArray();
  return std::move(json).Take();
}

}  // namespace tidemark::providers
