#include <limits>

#include <fmt/format.h>

#include "json_reader.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/model/job.h"

namespace tidemark {
namespace {

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorruption, std::move(message));
}

Result<JobKind> ReadKind(simdjson::dom::object object) {
  TIDEMARK_TRY(const auto text, ReadText(object, "kind"));
  for (const JobKind kind : {JobKind::kMaterializeRaw, JobKind::kMaterializeDerived}) {
    if (text == ToString(kind)) return kind;
  }
  return Corrupt(fmt::format("a job of kind '{}' is not one of ours", text));
}

Result<DatasetVersion> ReadVersion(simdjson::dom::object object) {
  TIDEMARK_TRY(const auto ns, ReadText(object, "dataset_namespace"));
  TIDEMARK_TRY(const auto name, ReadText(object, "dataset_name"));
  TIDEMARK_TRY(const auto hash_text, ReadText(object, "manifest_hash"));
  auto dataset = MakeDatasetName(ns, name);
  if (!dataset) return Corrupt(std::move(dataset).error().message);
  auto hash = ParseManifestHash(hash_text);
  if (!hash) return Corrupt("\"manifest_hash\" must be 64 hex digits");
  return DatasetVersion{.dataset = *std::move(dataset), .manifest_hash = *std::move(hash)};
}

Result<EndBlock> ReadEndBlock(simdjson::dom::object object) {
  TIDEMARK_TRY(const auto text, ReadOptionalText(object, "end_block"));
  auto end_block = ParseEndBlock(text);
  if (!end_block) return Corrupt(std::move(end_block).error().message);
  return *end_block;
}

/// What only a raw job has.
Status ReadRawKeys(simdjson::dom::object object, JobDescriptor& descriptor) {
  if (HasMember(object, "max_writers")) {
    TIDEMARK_TRY(const auto max_writers, ReadUnsigned(object, "max_writers"));
    if (max_writers > std::numeric_limits<std::uint16_t>::max()) {
      return Corrupt("\"max_writers\" must be at most 65535");
    }
    descriptor.max_writers = static_cast<std::uint16_t>(max_writers);
  }
  if (HasMember(object, "verify")) {
    TIDEMARK_TRY(descriptor.verify, ReadBool(object, "verify"));
  }
  return {};
}

}  // namespace

std::string PrintJobDescriptor(const JobDescriptor& descriptor) {
  const bool is_raw = descriptor.kind == JobKind::kMaterializeRaw;
  JsonWriter json;
  json.BeginObject();
  json.Field("kind", ToString(descriptor.kind));
  json.Field("end_block", ToText(descriptor.end_block));
  if (is_raw) json.Field("max_writers", descriptor.max_writers);
  json.Field("dataset_namespace", descriptor.version.dataset.ns);
  json.Field("dataset_name", descriptor.version.dataset.name);
  json.Field("manifest_hash", descriptor.version.manifest_hash.hex);
  if (is_raw) json.Field("verify", descriptor.verify);
  json.EndObject();
  return std::move(json).Take();
}

Result<JobDescriptor> ParseJobDescriptor(std::string_view json) {
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto object, ParseJsonObject(parser, json));
  JobDescriptor descriptor;
  TIDEMARK_TRY(descriptor.kind, ReadKind(object));
  TIDEMARK_TRY(descriptor.version, ReadVersion(object));
  TIDEMARK_TRY(descriptor.end_block, ReadEndBlock(object));
  if (descriptor.kind == JobKind::kMaterializeRaw) TIDEMARK_TRY(ReadRawKeys(object, descriptor));
  return descriptor;
}

}  // namespace tidemark
