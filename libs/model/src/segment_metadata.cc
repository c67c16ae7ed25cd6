#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "tidemark/base/json_writer.h"
#include "tidemark/model/segment.h"

namespace tidemark {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorruption, std::move(message));
}

std::unexpected<Error> NotJson(simdjson::error_code error) {
  return Corrupt(fmt::format("not valid JSON: {}", simdjson::error_message(error)));
}

std::unexpected<Error> MustBe(std::string_view name, std::string_view expected) {
  return Corrupt(fmt::format("\"{}\" must be {}", name, expected));
}

/// Calls `read(name, value)` for each member, in their order. What `read` does not look at is
/// passed over, whatever it is.
template <class Read>
Status ForEachMember(ondemand::object object, const Read& read) {
  for (auto found : object) {
    ondemand::field field;
    if (const auto error = std::move(found).get(field)) return NotJson(error);
    std::string_view name;
    if (const auto error = field.unescaped_key().get(name)) return NotJson(error);
    TIDEMARK_TRY(read(name, field.value()));
  }
  return {};
}

/// A member may be there once.
template <class T>
Status Keep(std::optional<T>& member, std::string_view name, Result<T> value) {
  if (member) return Corrupt(fmt::format("\"{}\" is there twice", name));
  if (!value) return std::unexpected(std::move(value).error());
  member = *std::move(value);
  return {};
}

template <class T>
Result<T> Require(std::optional<T> member, std::string_view name) {
  if (!member) return Corrupt(fmt::format("\"{}\" is missing", name));
  return *std::move(member);
}

Result<std::uint64_t> ReadUnsigned(ondemand::value value, std::string_view name) {
  std::uint64_t number = 0;
  if (value.get_uint64().get(number) != simdjson::SUCCESS) {
    return MustBe(name, "an integer from 0 to 2^64-1");
  }
  return number;
}

/// Null counts as absent.
Result<std::optional<std::uint64_t>> ReadOptionalUnsigned(ondemand::value value,
                                                          std::string_view name) {
  ondemand::json_type type{};
  if (value.type().get(type) == simdjson::SUCCESS && type == ondemand::json_type::null) {
    return std::optional<std::uint64_t>();
  }
  TIDEMARK_TRY(const std::uint64_t number, ReadUnsigned(value, name));
  return std::optional(number);
}

Result<std::string> ReadText(ondemand::value value, std::string_view name) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return MustBe(name, "a string");
  return std::string(text);
}

Result<std::string> ReadNetwork(ondemand::value value) {
  TIDEMARK_TRY(auto network, ReadText(value, "network"));
  if (network.empty()) return Corrupt("\"network\" must not be empty");
  return network;
}

Result<BlockHash> ReadHash(ondemand::value value, std::string_view name) {
  TIDEMARK_TRY(const auto text, ReadText(value, name));
  const auto hash = ParseHash32(text);
  if (!hash) return MustBe(name, "0x and 64 hex digits");
  return *hash;
}

struct TwoNumbers {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// {"<first>": N, "<second>": N} and nothing else: what another member would mean is not known.
Result<TwoNumbers> ReadTwoNumbers(ondemand::value value, std::string_view name,
                                  std::string_view first_name, std::string_view second_name) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return MustBe(name, "an object");
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> second;
  TIDEMARK_TRY(ForEachMember(object, [&](std::string_view key, ondemand::value member) -> Status {
    if (key == first_name) return Keep(first, first_name, ReadUnsigned(member, first_name));
    if (key == second_name) return Keep(second, second_name, ReadUnsigned(member, second_name));
    return Corrupt(fmt::format("\"{}\" has a member that is not known", name));
  }));
  TIDEMARK_TRY(const auto first_number, Require(first, first_name));
  TIDEMARK_TRY(const auto second_number, Require(second, second_name));
  return TwoNumbers{.first = first_number, .second = second_number};
}

Result<UtcTime> ReadCreatedAt(ondemand::value value) {
  TIDEMARK_TRY(const auto time, ReadTwoNumbers(value, "created_at", "secs", "nanos"));
  if (time.second > std::numeric_limits<std::uint32_t>::max()) {
    return MustBe("nanos", "an integer from 0 to 2^32-1");
  }
  // Nanoseconds since 1970 fit in 63 bits until the year 2262. As in Amp, a thousand million of
  // them and more are carried over to the seconds.
  constexpr std::uint64_t kLastSecond =
      static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count()) / kNanosPerSecond - 5;
  if (time.first > kLastSecond) return Corrupt("\"secs\" is past the year 2262");
  return UtcTime(std::chrono::nanoseconds(
      static_cast<std::int64_t>(time.first * kNanosPerSecond + time.second)));
}

Result<BlockRange> ReadNumbers(ondemand::value value) {
  TIDEMARK_TRY(const auto numbers, ReadTwoNumbers(value, "numbers", "start", "end"));
  const auto blocks = BlockRange::Make(BlockNumber{numbers.first}, BlockNumber{numbers.second});
  if (!blocks) return Corrupt(blocks.error().message);
  return *blocks;
}

Result<NetworkRange> ReadRange(ondemand::value value) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return Corrupt("a range must be an object");
  std::optional<BlockRange> numbers;
  std::optional<std::string> network;
  std::optional<BlockHash> hash;
  std::optional<BlockHash> prev_hash;
  std::optional<std::optional<std::uint64_t>> timestamp;
  TIDEMARK_TRY(ForEachMember(object, [&](std::string_view key, ondemand::value member) -> Status {
    if (key == "numbers") return Keep(numbers, key, ReadNumbers(member));
    if (key == "network") return Keep(network, key, ReadNetwork(member));
    if (key == "hash") return Keep(hash, key, ReadHash(member, "hash"));
    if (key == "prev_hash") return Keep(prev_hash, key, ReadHash(member, "prev_hash"));
    if (key == "timestamp") {
      return Keep(timestamp, key, ReadOptionalUnsigned(member, "timestamp"));
    }
    return {};
  }));
  TIDEMARK_TRY(const auto blocks, Require(numbers, "numbers"));
  TIDEMARK_TRY(auto name, Require(std::move(network), "network"));
  TIDEMARK_TRY(const auto last_hash, Require(hash, "hash"));
  TIDEMARK_TRY(const auto parent_hash, Require(prev_hash, "prev_hash"));
  return NetworkRange{.network = std::move(name),
                      .blocks = blocks,
                      .hash = last_hash,
                      .prev_hash = parent_hash,
                      .timestamp_s = timestamp.value_or(std::nullopt)};
}

Result<std::vector<NetworkRange>> ReadRanges(ondemand::value value) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return MustBe("ranges", "an array");
  std::vector<NetworkRange> ranges;
  for (auto found : array) {
    ondemand::value element;
    if (const auto error = std::move(found).get(element)) return NotJson(error);
    TIDEMARK_TRY(auto range, ReadRange(element));
    ranges.push_back(std::move(range));
  }
  std::ranges::sort(ranges, [](const NetworkRange& a, const NetworkRange& b) {
    return std::tuple(std::string_view(a.network), a.blocks.first()) <
           std::tuple(std::string_view(b.network), b.blocks.first());
  });
  return ranges;
}

Result<SegmentMetadata> ReadMetadata(ondemand::object object) {
  std::optional<std::string> table;
  std::optional<std::string> filename;
  std::optional<UtcTime> created_at;
  std::optional<std::vector<NetworkRange>> ranges;
  std::optional<std::optional<std::uint64_t>> watermark;  // Nobody writes one; checked alone.
  TIDEMARK_TRY(ForEachMember(object, [&](std::string_view key, ondemand::value member) -> Status {
    if (key == "table") return Keep(table, key, ReadText(member, "table"));
    if (key == "filename") return Keep(filename, key, ReadText(member, "filename"));
    if (key == "created_at") return Keep(created_at, key, ReadCreatedAt(member));
    if (key == "ranges") return Keep(ranges, key, ReadRanges(member));
    if (key == "watermark") {
      return Keep(watermark, key, ReadOptionalUnsigned(member, "watermark"));
    }
    return {};
  }));
  SegmentMetadata metadata;
  TIDEMARK_TRY(metadata.table, Require(std::move(table), "table"));
  TIDEMARK_TRY(metadata.filename, Require(std::move(filename), "filename"));
  TIDEMARK_TRY(metadata.created_at, Require(created_at, "created_at"));
  TIDEMARK_TRY(metadata.ranges, Require(std::move(ranges), "ranges"));
  return metadata;
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
  // A parser keeps its buffers, and a text needs room behind its end; a listing parses many rows on
  // one thread.
  thread_local ondemand::parser parser;
  thread_local std::string text;
  text.assign(json);
  text.resize(json.size() + simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  if (const auto error =
          parser.iterate(simdjson::padded_string_view(text.data(), json.size(), text.size()))
              .get(document)) {
    return NotJson(error);
  }
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return Corrupt("not a JSON object");
  TIDEMARK_TRY(auto metadata, ReadMetadata(object));
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return Corrupt("not valid JSON: there is more behind the object");
  return metadata;
}

}  // namespace tidemark
