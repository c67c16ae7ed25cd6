#include "tidemark/base/sha256.h"

#include <array>
#include <cstdint>

#include <openssl/sha.h>

#include "tidemark/base/text.h"

namespace tidemark {

std::string Sha256Hex(std::string_view bytes) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string hex;
  AppendHex(hex, digest);
  return hex;
}

}  // namespace tidemark
