// Garbage collection, as the metadata database sees it.
//
// A file that is not needed any more is scheduled (gc_manifest) and stays, row and object, until
// its time has come; so whoever reads it has time to finish. Then it goes in this order:
//   1. One transaction removes its row and condemns its object (RemoveFiles, CondemnObjects).
//   2. The object is deleted.
//   3. The object is marked as deleted (ForgetObjects), and forgotten after kCondemnedKept.
// So no row ever names an object that is not there, and after a crash at any point the next round
// goes on where the last one ended. While an object is condemned, and for as long as it is kept in
// mind afterwards, no file may be added under its name: a writer or a restore that is late must not
// name an object that is about to go, or has gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/model/ids.h"

namespace tidemark::metadata_db {

/// From when a file is scheduled until it may be collected, by the database's clock. Below a
/// millisecond counts as one: the schema lets nothing in whose time has come.
using CollectionDelay = std::chrono::milliseconds;

/// For how long a name stays refused after its object was deleted: longer than any call takes.
inline constexpr std::chrono::hours kCondemnedKept{24};

/// What a location has to be collected.
struct Collectable {
  /// As TableRow::revision_version: another one, and what was decided by its files may be wrong.
  std::uint64_t version = 0;
  std::vector<FileId> expired;  // Scheduled, and their time has come. Ascending.
};

/// Files to be removed.
struct FileRemoval {
  LocationId location = {};
  std::uint64_t version = 0;  // Collectable::version, by which they were chosen.
  std::vector<FileId> files = {};
  /// By how many the reorganisations counted from the location's files become fewer without these.
  std::int64_t lost_reorgs = 0;
};

/// An object that no row names, and that is to be deleted.
struct CondemnedObject {
  LocationId location;
  std::string path;  // Of the location when it was condemned, relative to the data folder.
  std::string file_name;

  friend auto operator<=>(const CondemnedObject&, const CondemnedObject&) = default;
};

}  // namespace tidemark::metadata_db
