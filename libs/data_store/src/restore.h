// Registering the files that storage has and the database has not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/data_store/revisions.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/ids.h"

namespace tidemark::object_store {
class ObjectStore;
}

namespace tidemark::data_store {

struct RestoreTarget {
  LocationId location;
  std::string path;
  std::optional<std::string> table_name;  // Absent: whatever its files say.
};

/// Reads the footer of every object of the revision that has no row, several at once, and registers
/// the segments in batches, in text order. A batch stays when a later one fails: the next call goes
/// on from there. Two calls at once do no harm. Beside the listing, memory is bounded by one batch
/// of small footers or one large one.
/// Errors: kUnavailable, also if the deadline passes; kNotFound if the revision has gone.
Result<RestoredFiles> RestoreRevision(metadata_db::MetadataStore& store,
                                      object_store::ObjectStore& data, const RestoreTarget& target,
                                      Deadline deadline);

struct TablePlace {
  std::string path;  // The folder that the table's revisions are in.
  std::string table_name;
};

/// The newest revision that storage has of a table: the greatest folder name that is a UUIDv7 and
/// has a segment of the table. Files that were looked at in vain are put into `unreadable`, so that
/// a folder of junk is named and not chosen.
/// Errors: kNotFound; kUnavailable.
Result<std::string> FindNewestRevision(object_store::ObjectStore& data, const TablePlace& table,
                                       RestoredFiles& unreadable, Deadline deadline);

}  // namespace tidemark::data_store
