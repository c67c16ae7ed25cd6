#include "table_reference.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace tidemark::admin_api {
namespace {

constexpr FailureCodes kBodyCodes{.failed = "INVALID_BODY", .invalid_argument = "INVALID_BODY"};

}  // namespace

Outcome<TableReference> TableInBody(dataset_store::DatasetStore& datasets, const JsonBody& body,
                                    const http::Request& request) {
  constexpr std::string_view kPackagePrefix = "pkg:amp/";
  TIDEMARK_TRY(auto table_name, body.Text("table_name"));
  if (!IsTableName(table_name)) return body.MustBe("table_name", "a table name");
  TIDEMARK_TRY(const auto text, body.Text("dataset"));
  std::string_view reference_text = text;
  if (reference_text.starts_with(kPackagePrefix)) {
    reference_text.remove_prefix(kPackagePrefix.size());
  }
  TIDEMARK_TRY(const auto reference, Translate(ParseDatasetReference(reference_text), kBodyCodes));
  TIDEMARK_TRY(const auto revision, Translate(ParseRevision(reference.revision), kBodyCodes));
  TIDEMARK_TRY(auto dataset,
               Translate(datasets.Resolve(reference.dataset, revision, request.deadline),
                         {.failed = "GET_DATASET_ERROR", .not_found = "DATASET_NOT_FOUND"}));
  TIDEMARK_TRY(CheckHasTable(dataset, table_name));
  return TableReference{std::move(dataset.version), std::move(table_name)};
}

Outcome<void> CheckHasTable(const dataset_store::Dataset& dataset, const std::string& table_name) {
  const auto& tables = dataset.manifest.tables;
  if (std::ranges::find(tables, table_name) != tables.end()) return {};
  return MakeProblem(
      404, "TABLE_NOT_IN_MANIFEST",
      fmt::format("dataset {} has no table '{}'", ToString(dataset.version.dataset), table_name));
}

}  // namespace tidemark::admin_api
