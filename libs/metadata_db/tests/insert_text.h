// Rows as the SQL that inserts them.
#pragma once

#include <string>

#include "tidemark/metadata_db/memory_store.h"

namespace tidemark::metadata_db {

/// "INSERT INTO jobs (id, node_id) VALUES ('7', 'n');". SQLite takes a text for a number where a
/// number belongs.
inline std::string InsertText(const MemoryRow& row) {
  std::string names;
  std::string values;
  for (const auto& [name, value] : row.columns) {
    names += (names.empty() ? "" : ", ") + name;
    values += values.empty() ? "" : ", ";
    if (!value) {
      values += "NULL";
      continue;
    }
    values += '\'';
    for (const char character : *value) {
      if (character == '\'') values += '\'';
      values += character;
    }
    values += '\'';
  }
  return "INSERT INTO " + row.table + " (" + names + ") VALUES (" + values + ");\n";
}

}  // namespace tidemark::metadata_db
