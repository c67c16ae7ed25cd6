#include "tidemark/dataset_store/manifest.h"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "json_value.h"
#include "manifest_kinds.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::dataset_store {
namespace {

struct Kind {
  std::string_view name;
  Status (*read)(const JsonValue& document, Manifest& manifest, JsonWriter& json);
};
constexpr Kind kKinds[] = {{"evm-rpc", ReadRawManifest},
                           {"firehose", ReadRawManifest},
                           {"solana", ReadRawManifest},
                           {"manifest", ReadDerivedManifest},
                           {"static", ReadStaticManifest}};

Status CheckSize(std::string_view json) {
  if (json.size() <= kMaxManifestBytes) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("a manifest may have {} bytes, this one has {}", kMaxManifestBytes, json.size()));
}

}  // namespace

Result<Manifest> ParseManifest(std::string_view json) {
  TIDEMARK_TRY(CheckSize(json));
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto root, ParseJson(parser, json));
  const JsonValue document(root);

  Manifest manifest;
  TIDEMARK_TRY(const auto kind, document.Member("kind"));
  TIDEMARK_TRY(manifest.kind, kind.Text());
  const auto* const found = std::ranges::find(kKinds, manifest.kind, &Kind::name);
  if (found == std::end(kKinds)) {
    return kind.MustBe("evm-rpc, firehose, solana, manifest (a derived dataset) or static");
  }

  // The hash depends on the order of the members.
  JsonWriter canonical;
  canonical.BeginObject();
  canonical.Field("kind", manifest.kind);
  TIDEMARK_TRY(found->read(document, manifest, canonical));
  canonical.EndObject();
  // Its defaults may have made it longer than what was read.
  TIDEMARK_TRY(CheckSize(canonical.text()));

  manifest.canonical_json = std::move(canonical).Take();
  manifest.hash = HashManifest(manifest.canonical_json);
  return manifest;
}

}  // namespace tidemark::dataset_store
