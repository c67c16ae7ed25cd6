// The rows of one source, in every kind of store.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "amp_rows.h"
#include "lake.h"

namespace tidemark::conformance {

struct Source {
  std::string name;
  std::filesystem::path rows;      // SQL.
  std::filesystem::path recorded;  // JSON with the requests.
};

/// What Amp answered to, and the awkward rows that it was not asked about.
const std::vector<Source>& Sources();

class Lakes {
 public:
  explicit Lakes(const Source& source);
  Lakes(const Lakes&) = delete;
  Lakes& operator=(const Lakes&) = delete;
  ~Lakes();

  /// Of a source; loaded once, for nothing changes them.
  static Lakes& Of(const Source& source);

  const std::vector<AmpRow>& rows() const { return rows_; }
  Lake& sqlite() { return *lakes_[0]; }
  Lake& postgres() { return *lakes_[1]; }
  /// A database of Amp's own making, only read.
  Lake& attached() { return *lakes_[2]; }
  Lake& memory() { return *lakes_[3]; }
  const std::vector<std::unique_ptr<Lake>>& all() { return lakes_; }

 private:
  using Store = std::unique_ptr<metadata_db::MetadataStore>;

  Store OpenSqlite();
  Store OpenOwnPostgres(const std::string& name);
  Store OpenAttached(const std::string& name);
  Store OpenMemory();
  void Add(const std::string& name, Store store);

  std::vector<AmpRow> rows_;
  std::filesystem::path folder_;
  std::vector<std::unique_ptr<Lake>> lakes_;
};

}  // namespace tidemark::conformance
