#include <limits>

#include <fmt/format.h>

#include "json_reader.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/model/job.h"

namespace tidemark {
namespace {

constexpr std::string_view kKind = "materialize-raw";

}  // namespace

std::string PrintJobDescriptor(const JobDescriptor& descriptor) {
  JsonWriter json;
  json.BeginObject();
  json.Field("kind", kKind);
  json.Field("end_block", ToText(descriptor.end_block));
  json.Field("max_writers", descriptor.max_writers);
  json.Field("dataset_namespace", descriptor.version.dataset.ns);
  json.Field("dataset_name", descriptor.version.dataset.name);
  json.Field("manifest_hash", descriptor.version.manifest_hash.hex);
  json.Field("verify", descriptor.verify);
  json.EndObject();
  return std::move(json).Take();
}

Result<JobDescriptor> ParseJobDescriptor(std::string_view json) {
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto object, ParseJsonObject(parser, json));
  TIDEMARK_TRY(const auto kind, ReadText(object, "kind"));
  if (kind != kKind) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("a job of kind '{}' is not one of ours", kind));
  }
  TIDEMARK_TRY(const auto ns, ReadText(object, "dataset_namespace"));
  TIDEMARK_TRY(const auto name, ReadText(object, "dataset_name"));
  TIDEMARK_TRY(const auto hash_text, ReadText(object, "manifest_hash"));
  TIDEMARK_TRY(const auto max_writers, ReadUnsigned(object, "max_writers"));
  TIDEMARK_TRY(const auto verify, ReadBool(object, "verify"));
  TIDEMARK_TRY(const auto end_text, ReadOptionalText(object, "end_block"));

  const auto corrupt = [](const Error& error) {
    return MakeError(ErrorCode::kCorruption, error.message);
  };
  const auto dataset = MakeDatasetName(ns, name);
  if (!dataset) return corrupt(dataset.error());
  const auto end_block = ParseEndBlock(end_text);
  if (!end_block) return corrupt(end_block.error());
  const auto hash = ParseManifestHash(hash_text);
  if (!hash) return MakeError(ErrorCode::kCorruption, "\"manifest_hash\" must be 64 hex digits");
  if (max_writers > std::numeric_limits<std::uint16_t>::max()) {
    return MakeError(ErrorCode::kCorruption, "\"max_writers\" must be at most 65535");
  }
  return JobDescriptor{.version = {.dataset = *dataset, .manifest_hash = *hash},
                       .end_block = *end_block,
                       .max_writers = static_cast<std::uint16_t>(max_writers),
                       .verify = verify};
}

}  // namespace tidemark
