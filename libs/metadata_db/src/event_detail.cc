#include "event_detail.h"

#include <string>

#include <simdjson.h>

namespace tidemark::metadata_db {
namespace {

std::optional<std::string> ReadText(simdjson::dom::element object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

}  // namespace

std::optional<DatasetVersion> ReadScheduledVersion(std::string_view detail) {
  simdjson::dom::parser parser;
  simdjson::dom::element object;
  if (parser.parse(simdjson::padded_string(detail)).get(object) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  auto ns = ReadText(object, "dataset_namespace");
  auto name = ReadText(object, "dataset_name");
  auto hash = ReadText(object, "manifest_hash");
  if (!ns || !name || !hash) return std::nullopt;
  return DatasetVersion{.dataset = {.ns = *std::move(ns), .name = *std::move(name)},
                        .manifest_hash = {*std::move(hash)}};
}

}  // namespace tidemark::metadata_db
