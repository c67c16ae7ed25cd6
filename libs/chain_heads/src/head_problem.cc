#include "tidemark/chain_heads/chain_heads.h"

namespace tidemark::chain_heads {

std::string_view ToString(HeadProblemCode code) {
  switch (code) {
    case HeadProblemCode::kNoProvider:
      return "NO_PROVIDER";
    case HeadProblemCode::kProviderUnsupported:
      return "PROVIDER_UNSUPPORTED";
    case HeadProblemCode::kNotAskedYet:
      return "NOT_ASKED_YET";
    case HeadProblemCode::kProviderUnreachable:
      return "PROVIDER_UNREACHABLE";
    case HeadProblemCode::kNoBlock:
      return "NO_BLOCK";
  }
  return "";
}

}  // namespace tidemark::chain_heads
