// A table of a dataset version and its place in storage.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "table_snapshot.h"
#include "tidemark/base/result.h"
#include "tidemark/data_store/data_store.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/names.h"

namespace tidemark::data_store {

/// A table with an active revision.
class PhysicalTable {
 public:
  /// nullopt if the table is not registered or has no active revision.
  /// Errors: those of the reader.
  static Result<std::optional<PhysicalTable>> GetActive(metadata_db::MetadataReader& reader,
                                                        const DatasetVersion& version,
                                                        std::string_view table_name);

  LocationId revision_id() const { return revision_id_; }
  /// Of the revision: rises with each change of its rows.
  std::uint64_t version() const { return version_; }

  /// The revision's files as `reader`, the one that found the table, sees them. Rows that make no
  /// sense are left out, counted, and logged together.
  /// Errors: those of the reader; kCorruption if the rules cannot be applied to the chain.
  Result<TableSnapshot> Snapshot(metadata_db::MetadataReader& reader,
                                 const ProgressRules& rules) const;

 private:
  PhysicalTable(LocationId revision_id, std::uint64_t version)
      : revision_id_(revision_id), version_(version) {}

  LocationId revision_id_;
  std::uint64_t version_;
};

}  // namespace tidemark::data_store
