// Footers of Parquet files made by hand, byte for byte, right and wrong ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace tidemark::parquet_io {

inline std::string Varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
  out.push_back(static_cast<char>(value));
  return out;
}

inline std::string ZigZag(std::int64_t value) {
  return Varint((static_cast<std::uint64_t>(value) << 1U) ^
                (value < 0 ? ~std::uint64_t{0} : std::uint64_t{0}));
}

inline std::string Binary(std::string_view text) { return Varint(text.size()) + std::string(text); }

/// Header of a list of structures.
inline std::string StructList(std::size_t size) {
  if (size < 15) return {static_cast<char>(size << 4U | 0x0CU)};
  return '\xFC' + Varint(size);
}

using FooterKeys = std::vector<std::pair<std::string, std::string>>;

/// What may be put in the place of a field of the block, header included.
struct BlockParts {
  std::string version = "\x15\x04";
  std::string schema =
      "\x19" + StructList(1) + "\x48" + Binary("schema") + std::string("\x15\0\0", 3);
  std::string num_rows = "\x16" + ZigZag(0);
  std::string row_groups = "\x19" + StructList(0);
  std::string keys;                        // "": none.
  std::string end = std::string(1, '\0');  // What follows the keys.
};

inline std::string PrintKeys(const FooterKeys& keys) {
  std::string out = "\x19" + StructList(keys.size());
  for (const auto& [key, value] : keys) {
    out += "\x18" + Binary(key) + "\x18" + Binary(value) + std::string(1, '\0');
  }
  return out;
}

inline std::string PrintBlock(const BlockParts& parts) {
  return parts.version + parts.schema + parts.num_rows + parts.row_groups + parts.keys + parts.end;
}

inline std::string LittleEndian32(std::uint32_t value) {
  std::string out;
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

/// The end of a file with this block.
inline std::string WithTrailer(const std::string& block) {
  return block + LittleEndian32(static_cast<std::uint32_t>(block.size())) + "PAR1";
}

/// A whole file without rows. Its metadata are the text of `nozzle_metadata`.
inline std::string FileWith(const std::string& nozzle_metadata) {
  return "PAR1" + WithTrailer(PrintBlock({.keys = PrintKeys({{"nozzle_metadata", nozzle_metadata},
                                                             {"parent_file_ids", "[]"},
                                                             {"generation", "0"}})}));
}

inline std::string SegmentJson(std::string_view table, std::string_view file_name,
                               std::uint64_t first, std::uint64_t last) {
  return fmt::format(
      R"({{"table":"{}","filename":"{}","created_at":{{"secs":1767225600,"nanos":5}},"ranges":[)"
      R"({{"numbers":{{"start":{},"end":{}}},"network":"mainnet","hash":"0x{:064x}",)"
      R"("prev_hash":"0x{:064x}"}}]}})",
      table, file_name, first, last, last + 1, first);
}

}  // namespace tidemark::parquet_io
