// Hex digits to bytes and numbers, as fast as a full block needs it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tidemark/model/evm_block.h"

namespace tidemark::providers {

/// A number of 256 bits, most significant byte first.
using Uint256Bytes = std::array<std::uint8_t, 32>;

/// Fills `bytes` from exactly two hex digits each, either case. False, with `bytes` unspecified, if
/// there are more or fewer digits, or another character. Sixteen digits a step: half of an answer's
/// bytes go through here.
bool DecodeHex(std::string_view digits, std::span<std::uint8_t> bytes);

/// Reads one digit or more; leading zeros do not count towards the size. nullopt for nothing,
/// another character, or a number too large.
std::optional<std::uint64_t> ParseHexU64(std::string_view digits);
std::optional<Uint128> ParseHexU128(std::string_view digits);
std::optional<Uint256Bytes> ParseHexU256(std::string_view digits);

/// Decimal digits without leading zeros.
std::string DecimalText(const Uint256Bytes& number);

}  // namespace tidemark::providers
