#include "tidemark/model/evm_block.h"

namespace tidemark {

std::string_view ToString(EvmTable table) {
  switch (table) {
    case EvmTable::kBlocks:
      return "blocks";
    case EvmTable::kTransactions:
      return "transactions";
    case EvmTable::kLogs:
      return "logs";
  }
  return "unknown";
}

}  // namespace tidemark
