#include "lakes.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>

#include "tidemark/base/log.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/metadata_db_postgres/metadata_db_postgres.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::conformance {
namespace {

namespace fs = std::filesystem;

const Deadline kDeadline = Deadline::Never();

fs::path Data() { return TIDEMARK_TEST_DATA; }

std::string SuperuserUrl() {
  const char* url = std::getenv("TIDEMARK_TEST_POSTGRES");
  if (url == nullptr) throw std::runtime_error("TIDEMARK_TEST_POSTGRES is not set: use ctest");
  return url;
}

std::string CreateDatabase(const std::string& name) {
  const std::string url = SuperuserUrl();
  RunInPostgres("CREATE DATABASE " + name, url);
  return url.substr(0, url.rfind('/') + 1) + name;
}

std::unique_ptr<metadata_db::MetadataStore> Value(
    Result<std::unique_ptr<metadata_db::MetadataStore>> store) {
  if (!store) throw std::runtime_error(store.error().message);
  return std::move(*store);
}

std::string ReadFile(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

const std::vector<Source>& Sources() {
  static const std::vector<Source> kSources = {
      {"golden", Data() / "amp_golden/rows.sql", Data() / "amp_golden/answers.json"},
      {"awkward", Data() / "attach/awkward.sql", Data() / "attach/expected.json"}};
  return kSources;
}

Lakes& Lakes::Of(const Source& source) {
  static std::map<std::string, std::unique_ptr<Lakes>> loaded;
  std::unique_ptr<Lakes>& lakes = loaded[source.name];
  if (!lakes) lakes = std::make_unique<Lakes>(source);
  return *lakes;
}

Lakes::Lakes(const Source& source)
    : rows_(ReadAmpRows(source.rows)),
      folder_(fs::temp_directory_path() /
              ("tidemark-conformance-" + source.name + "-" + std::to_string(getpid()))) {
  // The rows are bad on purpose, and each answer about them would say so.
  SetLogLevel(LogLevel::kOff);
  fs::create_directories(folder_);
  fs::copy(Data() / "amp_golden/manifests", folder_ / "manifests");
  Add("sqlite", OpenSqlite());
  Add("postgres", OpenOwnPostgres("own_" + source.name));
  Add("attached", OpenAttached("amp_" + source.name));
  Add("memory", OpenMemory());
}

Lakes::~Lakes() {
  lakes_.clear();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Lakes::Store Lakes::OpenSqlite() {
  const fs::path file = folder_ / "metadata.db";
  Value(metadata_db_sqlite::OpenSqliteStore({.file = file}, kDeadline)).reset();
  InsertIntoSqlite(rows_, file);
  return Value(metadata_db_sqlite::OpenSqliteStore({.file = file}, kDeadline));
}

Lakes::Store Lakes::OpenOwnPostgres(const std::string& name) {
  metadata_db_postgres::PostgresOptions options;
  options.url = CreateDatabase(name);
  Value(metadata_db_postgres::OpenPostgresStore(options, kDeadline)).reset();
  InsertIntoPostgres(rows_, options.url);
  return Value(metadata_db_postgres::OpenPostgresStore(options, kDeadline));
}

Lakes::Store Lakes::OpenAttached(const std::string& name) {
  metadata_db_postgres::PostgresOptions options;
  options.url = CreateDatabase(name);
  RunInPostgres(ReadFile(Data() / "amp_golden/amp_schema.sql"), options.url);
  InsertIntoPostgres(rows_, options.url);
  return Value(metadata_db_postgres::OpenPostgresStore(options, kDeadline));
}

Lakes::Store Lakes::OpenMemory() {
  metadata_db::MemoryRows rows;
  for (const AmpRow& row : rows_) {
    metadata_db::MemoryRow& copy = rows.emplace_back();
    copy.table = row.table;
    for (std::size_t i = 0; i < row.columns.size(); ++i) {
      copy.columns[row.columns[i]] = row.values[i];
    }
  }
  return Value(metadata_db::MakeMemoryStore(SystemClock(), rows));
}

void Lakes::Add(const std::string& name, Store store) {
  const fs::path folder = folder_ / name;
  fs::create_directories(folder);
  lakes_.push_back(std::make_unique<Lake>(name, std::move(store), folder, folder_ / "manifests"));
}

}  // namespace tidemark::conformance
