#include "migrations.h"

namespace tidemark::metadata_db_sqlite {

// Amp's tables as its migrations leave them, and the version numbers of tables, which are ours.
// jsonb and times are TEXT, times in RFC 3339 and UTC; AUTOINCREMENT so that no id is used twice.
// Two rules that SQLite cannot state as Amp does: idx_gc_manifest has file_path as a third column,
// and gc_manifest_expiration_check is a trigger, because a CHECK may not look at the clock.
const char* const kMigration0001 = R"sql(
CREATE TABLE workers (
  id INTEGER CONSTRAINT workers_pkey PRIMARY KEY AUTOINCREMENT,
  node_id TEXT NOT NULL CONSTRAINT workers_node_id_key UNIQUE,
  heartbeat_at TEXT NOT NULL,
  info TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  registered_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))
) STRICT;

CREATE TABLE jobs (
  id INTEGER CONSTRAINT jobs_pkey PRIMARY KEY AUTOINCREMENT,
  node_id TEXT NOT NULL CONSTRAINT jobs_node_id_fkey REFERENCES workers (node_id),
  descriptor TEXT,
  status TEXT NOT NULL DEFAULT 'SCHEDULED',
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  idempotency_key TEXT NOT NULL CONSTRAINT jobs_idempotency_key_unique UNIQUE
) STRICT;

CREATE TABLE jobs_status (
  job_id INTEGER NOT NULL CONSTRAINT jobs_status_pkey PRIMARY KEY
    CONSTRAINT fk_jobs_status_job_id REFERENCES jobs (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL,
  status TEXT NOT NULL,
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  detail TEXT
) STRICT;
CREATE INDEX idx_jobs_status_status ON jobs_status (status);
CREATE INDEX idx_jobs_status_node_id_status ON jobs_status (node_id, status);

CREATE TABLE job_events (
  id INTEGER CONSTRAINT job_events_pkey PRIMARY KEY AUTOINCREMENT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  job_id INTEGER NOT NULL
    CONSTRAINT fk_job_events_job_id REFERENCES jobs (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  detail TEXT
) STRICT;
CREATE INDEX idx_job_events_job_id_id ON job_events (job_id, id);

CREATE TABLE manifest_files (
  hash TEXT NOT NULL CONSTRAINT manifest_files_pkey PRIMARY KEY,
  path TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  kind TEXT NOT NULL DEFAULT 'unknown'
) STRICT;

CREATE TABLE dataset_manifests (
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  hash TEXT NOT NULL CONSTRAINT dataset_manifests_hash_fkey
    REFERENCES manifest_files (hash) ON DELETE CASCADE,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  PRIMARY KEY (namespace, name, hash)
) STRICT;
CREATE INDEX idx_dataset_manifests_hash ON dataset_manifests (hash);
CREATE INDEX idx_dataset_manifests_dataset ON dataset_manifests (namespace, name);

CREATE TABLE tags (
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  hash TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  PRIMARY KEY (namespace, name, version),
  CONSTRAINT tags_namespace_name_hash_fkey FOREIGN KEY (namespace, name, hash)
    REFERENCES dataset_manifests (namespace, name, hash) ON DELETE CASCADE
) STRICT;
CREATE INDEX idx_tags_dataset ON tags (namespace, name);

CREATE TABLE physical_table_revisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  path TEXT NOT NULL CONSTRAINT physical_table_revisions_path_key UNIQUE,
  writer INTEGER CONSTRAINT physical_table_revisions_writer_fkey
    REFERENCES jobs (id) ON DELETE SET NULL,
  metadata TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE physical_tables (
  id INTEGER CONSTRAINT physical_tables_pkey PRIMARY KEY AUTOINCREMENT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
  dataset_namespace TEXT NOT NULL,
  dataset_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  manifest_hash TEXT NOT NULL,
  active_revision_id INTEGER CONSTRAINT physical_tables_active_revision_id_fkey
    REFERENCES physical_table_revisions (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX unique_manifest_table
  ON physical_tables (dataset_namespace, dataset_name, manifest_hash, table_name);
CREATE INDEX idx_physical_tables_active_revision_id ON physical_tables (active_revision_id)
  WHERE active_revision_id IS NOT NULL;

CREATE TABLE file_metadata (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  location_id INTEGER NOT NULL CONSTRAINT file_metadata_location_id_fkey
    REFERENCES physical_table_revisions (id) ON DELETE CASCADE,
  file_name TEXT NOT NULL,
  metadata TEXT NOT NULL,
  object_size INTEGER,
  object_e_tag TEXT,
  object_version TEXT,
  url TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX unique_file_name_per_location_id ON file_metadata (location_id, file_name);

CREATE TABLE footer_cache (
  file_id INTEGER PRIMARY KEY REFERENCES file_metadata (id) ON DELETE CASCADE,
  footer BLOB NOT NULL
) STRICT;

CREATE TABLE gc_manifest (
  location_id INTEGER NOT NULL REFERENCES physical_table_revisions (id) ON DELETE CASCADE,
  file_id INTEGER PRIMARY KEY REFERENCES file_metadata (id) ON DELETE CASCADE,
  file_path TEXT NOT NULL CONSTRAINT gc_manifest_file_path_key UNIQUE,
  expiration TEXT NOT NULL,
  UNIQUE (location_id, file_id)
) STRICT;
CREATE INDEX idx_gc_manifest ON gc_manifest (location_id, expiration, file_path);
CREATE TRIGGER gc_manifest_expiration_check_insert BEFORE INSERT ON gc_manifest
WHEN (julianday(NEW.expiration) > julianday('now')) IS NOT TRUE
BEGIN
  SELECT RAISE(ABORT, 'gc_manifest_expiration_check: expiration is not in the future');
END;
CREATE TRIGGER gc_manifest_expiration_check_update BEFORE UPDATE ON gc_manifest
WHEN (julianday(NEW.expiration) > julianday('now')) IS NOT TRUE
BEGIN
  SELECT RAISE(ABORT, 'gc_manifest_expiration_check: expiration is not in the future');
END;

-- The files of a location in the order of their ids, and the locations of a writer, without a sort
-- or a scan.
CREATE INDEX tidemark_files_by_location ON file_metadata (location_id);
CREATE INDEX tidemark_revisions_by_writer ON physical_table_revisions (writer);

-- A row for each revision: how often something changed that an answer about it depends on. Kept by
-- triggers, so that it counts whoever makes the change.
CREATE TABLE tidemark_table_versions (
  location_id INTEGER PRIMARY KEY REFERENCES physical_table_revisions (id) ON DELETE CASCADE,
  version INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER tidemark_revision_inserted AFTER INSERT ON physical_table_revisions
BEGIN
  INSERT INTO tidemark_table_versions (location_id) VALUES (NEW.id);
END;
CREATE TRIGGER tidemark_writer_changed AFTER UPDATE OF writer ON physical_table_revisions
WHEN OLD.writer IS NOT NEW.writer
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1 WHERE location_id = NEW.id;
END;

CREATE TRIGGER tidemark_file_inserted AFTER INSERT ON file_metadata
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1 WHERE location_id = NEW.location_id;
END;
CREATE TRIGGER tidemark_file_updated AFTER UPDATE ON file_metadata
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id IN (OLD.location_id, NEW.location_id);
END;
CREATE TRIGGER tidemark_file_deleted AFTER DELETE ON file_metadata
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1 WHERE location_id = OLD.location_id;
END;

CREATE TRIGGER tidemark_table_inserted AFTER INSERT ON physical_tables
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id = NEW.active_revision_id;
END;
CREATE TRIGGER tidemark_activation_changed AFTER UPDATE OF active_revision_id ON physical_tables
WHEN OLD.active_revision_id IS NOT NEW.active_revision_id
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id IN (OLD.active_revision_id, NEW.active_revision_id);
END;
CREATE TRIGGER tidemark_table_deleted AFTER DELETE ON physical_tables
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id = OLD.active_revision_id;
END;

CREATE TRIGGER tidemark_status_inserted AFTER INSERT ON jobs_status
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id IN (SELECT id FROM physical_table_revisions WHERE writer = NEW.job_id);
END;
CREATE TRIGGER tidemark_status_changed AFTER UPDATE OF status ON jobs_status
WHEN OLD.status IS NOT NEW.status
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id IN (SELECT id FROM physical_table_revisions WHERE writer = NEW.job_id);
END;
CREATE TRIGGER tidemark_status_deleted AFTER DELETE ON jobs_status
BEGIN
  UPDATE tidemark_table_versions SET version = version + 1
  WHERE location_id IN (SELECT id FROM physical_table_revisions WHERE writer = OLD.job_id);
END;

-- "Tide", by which a file is known to be ours.
PRAGMA application_id = 0x54696465;
PRAGMA user_version = 1;
)sql";

}  // namespace tidemark::metadata_db_sqlite
