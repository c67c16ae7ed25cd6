#include "tidemark/model/revision_metadata.h"

#include "json_reader.h"

namespace tidemark {

std::optional<std::string> ReadRevisionTableName(std::string_view metadata_json) {
  simdjson::dom::parser parser;
  const auto object = ParseJsonObject(parser, metadata_json);
  if (!object) return std::nullopt;
  auto name = ReadText(*object, "table_name");
  if (!name || name->empty()) return std::nullopt;
  return *std::move(name);
}

std::optional<DatasetVersion> ReadRevisionVersion(std::string_view metadata_json) {
  simdjson::dom::parser parser;
  const auto object = ParseJsonObject(parser, metadata_json);
  if (!object) return std::nullopt;
  auto ns = ReadText(*object, "dataset_namespace");
  auto name = ReadText(*object, "dataset_name");
  auto hash = ReadText(*object, "manifest_hash");
  if (!ns || !name || !hash) return std::nullopt;
  return DatasetVersion{.dataset = {.ns = *std::move(ns), .name = *std::move(name)},
                        .manifest_hash = {*std::move(hash)}};
}

}  // namespace tidemark
