// A database of an Amp deployment: its schema, and the roles that use it.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "test_database.h"

namespace tidemark::metadata_db_postgres {

/// Amp's tables belong to a role of its own, "amp_owner", which is no superuser. The role
/// "amp_reader" may do nothing but SELECT, once it is granted.
class AmpDatabase {
 public:
  enum class Content : std::uint8_t { kGoldenRows, kNothing };

  /// `data`: TIDEMARK_TEST_DATA.
  explicit AmpDatabase(const std::filesystem::path& data, Content content = Content::kGoldenRows) {
    MakeRole("amp_owner", "owner");
    MakeRole("amp_reader", "reader");
    raw().Run(
        fmt::format("ALTER DATABASE {} OWNER TO amp_owner; ALTER SCHEMA public OWNER TO "
                    "amp_owner",
                    database_.name()));
    owner_ = std::make_unique<RawSession>(owner_url());
    owner().Run(ReadFile(data / "amp_golden/amp_schema.sql"));
    if (content == Content::kGoldenRows) raw().Run(ReadFile(data / "amp_golden/rows.sql"));
  }

  void GrantSelect() {
    raw().Run(
        "GRANT USAGE ON SCHEMA public TO amp_reader; GRANT SELECT ON ALL TABLES IN SCHEMA "
        "public TO amp_reader");
  }

  /// Of the reader.
  std::string url() const { return UrlOf("amp_reader", "reader"); }
  std::string owner_url() const { return UrlOf("amp_owner", "owner"); }
  /// A session of the superuser.
  RawSession& raw() { return database_.raw(); }
  /// A session of Amp's.
  RawSession& owner() { return *owner_; }
  TestDatabase& database() { return database_; }
  void CloseOwner() { owner_.reset(); }

  std::string UrlOf(const std::string& role, const std::string& password) const {
    return UrlWith({.user = role, .password = password, .database = database_.name()});
  }

 private:
  static std::string ReadFile(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator(file), {}};
  }

  static void MakeRole(const char* name, const char* password) {
    RawSession(ServerUrl())
        .Run(fmt::format("DO $$ BEGIN CREATE ROLE {} LOGIN PASSWORD '{}'; EXCEPTION WHEN "
                         "duplicate_object THEN NULL; END $$",
                         name, password));
  }

  TestDatabase database_;
  std::unique_ptr<RawSession> owner_;
};

}  // namespace tidemark::metadata_db_postgres
