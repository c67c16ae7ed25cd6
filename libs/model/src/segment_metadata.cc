#include <algorithm>
#include <chrono>
#include <tuple>

#include <fmt/format.h>

#include "json_reader.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/model/segment.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorruption, std::move(message));
}

Result<UtcTime> ReadCreatedAt(simdjson::dom::object object) {
  TIDEMARK_TRY(const auto created_at, ReadObject(object, "created_at"));
  TIDEMARK_TRY(const auto secs, ReadUnsigned(created_at, "secs"));
  TIDEMARK_TRY(const auto nanos, ReadUnsigned(created_at, "nanos"));
  // Nanoseconds since 1970 fit in 63 bits until the year 2262.
  constexpr std::uint64_t kLastSecond =
      static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count()) / kNanosPerSecond - 1;
  if (secs > kLastSecond) return Corrupt("\"secs\" is past the year 2262");
  if (nanos >= kNanosPerSecond) return Corrupt("\"nanos\" must be below 1000000000");
  return UtcTime(
      std::chrono::nanoseconds(static_cast<std::int64_t>(secs * kNanosPerSecond + nanos)));
}

Result<BlockHash> ReadHash(simdjson::dom::object object, std::string_view name) {
  TIDEMARK_TRY(const auto text, ReadText(object, name));
  const auto hash = ParseHash32(text);
  if (!hash) return Corrupt(fmt::format("\"{}\" must be 0x and 64 hex digits", name));
  return *hash;
}

Result<NetworkRange> ReadRange(simdjson::dom::element element) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return Corrupt("a range must be an object");
  TIDEMARK_TRY(auto network, ReadText(object, "network"));
  if (network.empty()) return Corrupt("\"network\" must not be empty");
  TIDEMARK_TRY(const auto numbers, ReadObject(object, "numbers"));
  TIDEMARK_TRY(const auto start, ReadUnsigned(numbers, "start"));
  TIDEMARK_TRY(const auto end, ReadUnsigned(numbers, "end"));
  const auto blocks = BlockRange::Make(BlockNumber{start}, BlockNumber{end});
  if (!blocks) return Corrupt(blocks.error().message);
  TIDEMARK_TRY(const auto hash, ReadHash(object, "hash"));
  TIDEMARK_TRY(const auto prev_hash, ReadHash(object, "prev_hash"));
  std::optional<std::uint64_t> timestamp_s;
  simdjson::dom::element timestamp;
  if (object.at_key("timestamp").get(timestamp) == simdjson::SUCCESS && !timestamp.is_null()) {
    TIDEMARK_TRY(timestamp_s, ReadUnsigned(object, "timestamp"));
  }
  return NetworkRange{.network = std::move(network),
                      .blocks = *blocks,
                      .hash = hash,
                      .prev_hash = prev_hash,
                      .timestamp_s = timestamp_s};
}

}  // namespace

std::string PrintSegmentMetadata(const SegmentMetadata& metadata) {
  const auto nanos = static_cast<std::uint64_t>(metadata.created_at.time_since_epoch().count());
  JsonWriter json;
  json.BeginObject();
  json.Field("table", metadata.table);
  json.Field("filename", metadata.filename);
  json.Key("created_at").BeginObject();
  json.Field("secs", nanos / kNanosPerSecond).Field("nanos", nanos % kNanosPerSecond);
  json.EndObject();
  json.Key("ranges").BeginArray();
  for (const NetworkRange& range : metadata.ranges) {
    json.BeginObject();
    json.Key("numbers").BeginObject();
    json.Field("start", range.blocks.first().value).Field("end", range.blocks.last().value);
    json.EndObject();
    json.Field("network", range.network);
    json.Field("hash", ToHex(range.hash)).Field("prev_hash", ToHex(range.prev_hash));
    if (range.timestamp_s) json.Field("timestamp", *range.timestamp_s);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

Result<SegmentMetadata> ParseSegmentMetadata(std::string_view json) {
  // A parser keeps its buffers; a listing parses many rows on one thread.
  thread_local simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto object, ParseJsonObject(parser, json));
  SegmentMetadata metadata;
  TIDEMARK_TRY(metadata.table, ReadText(object, "table"));
  TIDEMARK_TRY(metadata.filename, ReadText(object, "filename"));
  TIDEMARK_TRY(metadata.created_at, ReadCreatedAt(object));
  TIDEMARK_TRY(const auto ranges, ReadArray(object, "ranges"));
  for (const simdjson::dom::element element : ranges) {
    TIDEMARK_TRY(auto range, ReadRange(element));
    metadata.ranges.push_back(std::move(range));
  }
  std::ranges::sort(metadata.ranges, [](const NetworkRange& a, const NetworkRange& b) {
    return std::tuple(std::string_view(a.network), a.blocks.first()) <
           std::tuple(std::string_view(b.network), b.blocks.first());
  });
  return metadata;
}

}  // namespace tidemark
