// Revisions whose answers a test sets: what they are called with, and what the API makes of each
// outcome.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tidemark/data_store/revisions.h"

namespace tidemark::admin_api {

class KnownRevisions final : public data_store::Revisions {
 public:
  std::optional<data_store::Revision> revision;
  std::optional<data_store::StoredFile> file;
  data_store::RestoredFiles files;
  std::optional<Error> failure;  // Of every call.
  std::vector<std::string> calls;

  Result<std::optional<data_store::Revision>> Get(LocationId, Deadline) override {
    TIDEMARK_TRY(Check("get"));
    return revision;
  }
  Result<std::vector<data_store::Revision>> List(const data_store::RevisionQuery& query,
                                                 Deadline) override {
    const std::string active =
        query.is_active ? std::string(*query.is_active ? "true" : "false") : std::string("any");
    TIDEMARK_TRY(Check("list " + active + " " + std::to_string(query.limit)));
    std::vector<data_store::Revision> list;
    if (revision) list.push_back(*revision);
    return list;
  }
  Result<std::optional<data_store::StoredFile>> GetFile(FileId, Deadline) override {
    TIDEMARK_TRY(Check("get file"));
    return file;
  }
  Result<LocationId> Register(const DatasetVersion& version, std::string_view table,
                              std::string_view path, Deadline) override {
    TIDEMARK_TRY(Check("register " + Name(version, table) + " " + std::string(path)));
    return LocationId{7};
  }
  Status Activate(const DatasetVersion& version, std::string_view table, LocationId id,
                  Deadline) override {
    return Check("activate " + Name(version, table) + " " + std::to_string(id.value));
  }
  Status Deactivate(const DatasetVersion& version, std::string_view table, Deadline) override {
    return Check("deactivate " + Name(version, table));
  }
  Result<data_store::RestoredFiles> RestoreFiles(LocationId id, Deadline) override {
    TIDEMARK_TRY(Check("restore " + std::to_string(id.value)));
    return files;
  }
  Result<data_store::RestoredTable> RestoreTable(const DatasetVersion& version,
                                                 std::string_view table,
                                                 std::optional<LocationId> id, Deadline) override {
    const std::string which = id ? std::to_string(id->value) : std::string("newest");
    TIDEMARK_TRY(Check("restore " + Name(version, table) + " " + which));
    return data_store::RestoredTable{id.value_or(LocationId{7}), "file:///lake/t/", files};
  }
  Result<std::uint64_t> Prune(LocationId id, const data_store::PruneQuery& query,
                              Deadline) override {
    const std::string before =
        query.before_block ? std::to_string(query.before_block->value) : std::string("any");
    TIDEMARK_TRY(Check("prune " + std::to_string(id.value) + " before " + before + " after " +
                       std::to_string(query.delay.count()) + " ms"));
    return 3;
  }

 private:
  static std::string Name(const DatasetVersion& version, std::string_view table) {
    return ToString(version.dataset) + "." + std::string(table);
  }
  Status Check(std::string call) {
    calls.push_back(std::move(call));
    if (failure) return std::unexpected(*failure);
    return {};
  }
};

}  // namespace tidemark::admin_api
