// A metadata store in memory: the plainest meaning of the interface, for tests.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db {

/// A row as an INSERT statement gives it. Columns hold what the database would print; absent is
/// null. A column that is not named has its default, and a bigint key the next free number.
struct MemoryRow {
  std::string table;  // One of Amp's, without a schema: "jobs".
  std::map<std::string, std::optional<std::string>, std::less<>> columns;
};

/// In the order in which they are inserted, by which revisions' versions count.
using MemoryRows = std::vector<MemoryRow>;

/// Empty at first. `clock` gives every stored time and must outlive the store.
std::unique_ptr<MetadataStore> MakeMemoryStore(const Clock& clock);

/// Holds `rows` at first, whatever their texts say and whether or not the rows that they name are
/// there. Rows of tables that the interface does not read are dropped.
/// Errors: kInvalidArgument for what no database lets in: a table or column that is not Amp's, a
/// null or no integer where there must be one, or a key that is taken.
Result<std::unique_ptr<MetadataStore>> MakeMemoryStore(const Clock& clock, const MemoryRows& rows);

}  // namespace tidemark::metadata_db
