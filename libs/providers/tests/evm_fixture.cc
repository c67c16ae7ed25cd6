#include "evm_fixture.h"

#include <fstream>

namespace tidemark::providers {

BlockNumber EvmFixture::number() const {
  return {std::stoull(block.at("number").get<std::string>(), nullptr, 16)};
}

EvmFixture LoadFixture(std::string_view name) {
  std::ifstream file(std::string(TIDEMARK_TEST_DATA) + "/evm_rpc/" + std::string(name) + ".json");
  const Json json = Json::parse(file);
  return {.block = json.at("block"), .receipts = json.at("receipts")};
}

std::vector<RpcCall> CallsFor(BlockNumber number) {
  return {{.method = RpcMethod::kBlock, .block = number},
          {.method = RpcMethod::kBlockReceipts, .block = number}};
}

Json ResultElement(int id, const Json& result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", result}};
}

Json ErrorElement(int id, int code, std::string_view message) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}};
}

Json AnswerOf(const EvmFixture& fixture) {
  return Json::array({ResultElement(1, fixture.block), ResultElement(2, fixture.receipts)});
}

}  // namespace tidemark::providers
