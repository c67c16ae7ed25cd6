#include "migrations.h"

namespace tidemark::metadata_db_sqlite {

// The change feed: see change_feed.cc for how it is read. A change of a table's version is seen
// where the version is kept, so that no version rises, and no revision goes, without a change.
const char* const kMigration0004 = R"sql(
-- One row. What is pruned: every change up to pruned_id, whose nonce is kept.
CREATE TABLE tidemark_feed (
  incarnation TEXT NOT NULL,
  pruned_id INTEGER NOT NULL,
  pruned_nonce INTEGER NOT NULL
) STRICT;
INSERT INTO tidemark_feed VALUES (lower(hex(randomblob(16))), 0, 0);

CREATE TABLE tidemark_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  location_id INTEGER,
  job_id INTEGER,
  namespace TEXT,
  name TEXT,
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  nonce INTEGER NOT NULL DEFAULT (random()),
  CHECK (CASE kind WHEN 'revision' THEN location_id IS NOT NULL
                   WHEN 'job' THEN job_id IS NOT NULL
                   WHEN 'dataset' THEN namespace IS NOT NULL AND name IS NOT NULL
                   ELSE 0 END)
) STRICT;

CREATE TRIGGER tidemark_version_inserted AFTER INSERT ON tidemark_table_versions
BEGIN
  INSERT INTO tidemark_changes (kind, location_id) VALUES ('revision', NEW.location_id);
END;
CREATE TRIGGER tidemark_version_raised AFTER UPDATE OF version ON tidemark_table_versions
WHEN OLD.version <> NEW.version
BEGIN
  INSERT INTO tidemark_changes (kind, location_id) VALUES ('revision', NEW.location_id);
END;
CREATE TRIGGER tidemark_version_deleted AFTER DELETE ON tidemark_table_versions
BEGIN
  INSERT INTO tidemark_changes (kind, location_id) VALUES ('revision', OLD.location_id);
END;

-- A row that REPLACE takes away goes without a trigger of its own. One that gets another id counts
-- as one that goes and one that comes.
CREATE TRIGGER tidemark_file_replaced BEFORE INSERT ON file_metadata
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id IN (
    SELECT location_id FROM file_metadata
    WHERE id = NEW.id OR (location_id = NEW.location_id AND file_name = NEW.file_name));
END;
CREATE TRIGGER tidemark_file_overwritten BEFORE UPDATE OF id, location_id, file_name ON file_metadata
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id IN (
    SELECT location_id FROM file_metadata
    WHERE id <> OLD.id
      AND (id = NEW.id OR (location_id = NEW.location_id AND file_name = NEW.file_name)));
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id = OLD.location_id AND OLD.id <> NEW.id;
END;

CREATE TRIGGER tidemark_job_inserted AFTER INSERT ON jobs_status
BEGIN
  INSERT INTO tidemark_changes (kind, job_id) VALUES ('job', NEW.job_id);
END;
CREATE TRIGGER tidemark_job_changed AFTER UPDATE ON jobs_status
WHEN OLD.status IS NOT NEW.status OR OLD.node_id IS NOT NEW.node_id
  OR OLD.updated_at IS NOT NEW.updated_at
BEGIN
  INSERT INTO tidemark_changes (kind, job_id) VALUES ('job', NEW.job_id);
END;
CREATE TRIGGER tidemark_job_deleted AFTER DELETE ON jobs_status
BEGIN
  INSERT INTO tidemark_changes (kind, job_id) VALUES ('job', OLD.job_id);
END;

CREATE TRIGGER tidemark_tag_inserted AFTER INSERT ON tags
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name) VALUES ('dataset', NEW.namespace, NEW.name);
END;
CREATE TRIGGER tidemark_tag_changed AFTER UPDATE ON tags
WHEN OLD.namespace IS NOT NEW.namespace OR OLD.name IS NOT NEW.name
  OR OLD.version IS NOT NEW.version OR OLD.hash IS NOT NEW.hash
  OR OLD.created_at IS NOT NEW.created_at OR OLD.updated_at IS NOT NEW.updated_at
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name) VALUES ('dataset', NEW.namespace, NEW.name);
  INSERT INTO tidemark_changes (kind, namespace, name) SELECT 'dataset', OLD.namespace, OLD.name
  WHERE OLD.namespace IS NOT NEW.namespace OR OLD.name IS NOT NEW.name;
END;
CREATE TRIGGER tidemark_tag_deleted AFTER DELETE ON tags
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name) VALUES ('dataset', OLD.namespace, OLD.name);
END;

CREATE TRIGGER tidemark_link_inserted AFTER INSERT ON dataset_manifests
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name) VALUES ('dataset', NEW.namespace, NEW.name);
END;
CREATE TRIGGER tidemark_link_changed AFTER UPDATE ON dataset_manifests
WHEN OLD.namespace IS NOT NEW.namespace OR OLD.name IS NOT NEW.name OR OLD.hash IS NOT NEW.hash
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name) VALUES ('dataset', NEW.namespace, NEW.name);
  INSERT INTO tidemark_changes (kind, namespace, name) SELECT 'dataset', OLD.namespace, OLD.name
  WHERE OLD.namespace IS NOT NEW.namespace OR OLD.name IS NOT NEW.name;
END;
CREATE TRIGGER tidemark_link_deleted AFTER DELETE ON dataset_manifests
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name) VALUES ('dataset', OLD.namespace, OLD.name);
END;

CREATE TRIGGER tidemark_dataset_table_inserted AFTER INSERT ON physical_tables
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name)
  VALUES ('dataset', NEW.dataset_namespace, NEW.dataset_name);
END;
CREATE TRIGGER tidemark_dataset_table_changed AFTER UPDATE ON physical_tables
WHEN OLD.dataset_namespace IS NOT NEW.dataset_namespace OR OLD.dataset_name IS NOT NEW.dataset_name
  OR OLD.table_name IS NOT NEW.table_name OR OLD.manifest_hash IS NOT NEW.manifest_hash
  OR OLD.active_revision_id IS NOT NEW.active_revision_id
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name)
  VALUES ('dataset', NEW.dataset_namespace, NEW.dataset_name);
  INSERT INTO tidemark_changes (kind, namespace, name)
  SELECT 'dataset', OLD.dataset_namespace, OLD.dataset_name
  WHERE OLD.dataset_namespace IS NOT NEW.dataset_namespace
    OR OLD.dataset_name IS NOT NEW.dataset_name;
END;
CREATE TRIGGER tidemark_dataset_table_deleted AFTER DELETE ON physical_tables
BEGIN
  INSERT INTO tidemark_changes (kind, namespace, name)
  VALUES ('dataset', OLD.dataset_namespace, OLD.dataset_name);
END;

PRAGMA user_version = 4;
)sql";

}  // namespace tidemark::metadata_db_sqlite
