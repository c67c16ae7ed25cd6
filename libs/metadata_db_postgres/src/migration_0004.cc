#include "migrations.h"

namespace tidemark::metadata_db_postgres {

// The change feed: see change_feed.cc for how it is read. All of it is in the schema "tidemark",
// but for the triggers. Beside Amp's tables it is another one: see attached_feed_sql.cc.
//
// A change of a table's version is seen where the version is kept, so that no version rises, and no
// revision goes, without a change. The functions run with the rights of whoever installs them,
// because those who change a row may have none here.
const char* const kMigration0004 = R"sql(
CREATE SCHEMA IF NOT EXISTS tidemark;

CREATE TABLE IF NOT EXISTS tidemark.table_versions (
  location_id bigint PRIMARY KEY
    REFERENCES public.physical_table_revisions (id) ON DELETE CASCADE,
  version bigint NOT NULL DEFAULT 0
);
ALTER TABLE tidemark.table_versions
  ADD COLUMN IF NOT EXISTS removed_reorgs bigint NOT NULL DEFAULT 0;
-- The transaction that raised the version. What was there before is of the first one that there is.
ALTER TABLE tidemark.table_versions ADD COLUMN xid xid8 NOT NULL DEFAULT '3';
ALTER TABLE tidemark.table_versions ALTER COLUMN xid SET DEFAULT pg_current_xact_id();

-- One row.
CREATE TABLE tidemark.feed (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  incarnation uuid NOT NULL DEFAULT gen_random_uuid(),
  system_identifier bigint NOT NULL,
  pruned_at timestamptz
);
INSERT INTO tidemark.feed (system_identifier) SELECT system_identifier FROM pg_control_system();

-- Changes that the oldest mark has seen may be pruned. Made by one transaction at a time, which
-- holds the row of tidemark.feed, so each has seen what those with lower ids have.
CREATE TABLE tidemark.feed_marks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),
  nonce uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO tidemark.feed_marks DEFAULT VALUES;

CREATE TABLE tidemark.changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind text NOT NULL,
  location_id bigint,
  job_id bigint,
  namespace text,
  name text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  nonce uuid NOT NULL DEFAULT gen_random_uuid(),
  CHECK (CASE kind WHEN 'revision' THEN location_id IS NOT NULL
                   WHEN 'job' THEN job_id IS NOT NULL
                   WHEN 'dataset' THEN namespace IS NOT NULL AND name IS NOT NULL
                   ELSE false END)
);
CREATE INDEX changes_by_xid ON tidemark.changes (xid);

-- What is not visible in a snapshot was either running then, or came later. So this reads no change
-- twice and none in vain, however long one of those that were running stays open. The planner knows
-- nothing of xid8, so it is told.
CREATE FUNCTION tidemark.changes_since(since pg_snapshot)
RETURNS TABLE (location_id bigint, job_id bigint, namespace text, name text, version bigint)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_bitmapscan = off SET enable_material = off
SET enable_memoize = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT c.location_id, c.job_id, c.namespace, c.name, v.version
  FROM (SELECT c.location_id, c.job_id, c.namespace, c.name
        FROM tidemark.changes c WHERE c.xid >= pg_snapshot_xmax(since)
        UNION
        SELECT c.location_id, c.job_id, c.namespace, c.name
        FROM pg_snapshot_xip(since) AS running (xid) JOIN tidemark.changes c
          ON c.xid = running.xid) c
  LEFT JOIN tidemark.table_versions v ON v.location_id = c.location_id;
END $$;

-- Whether there are changes that `since` calls seen, though the last one that was seen is older.
CREATE FUNCTION tidemark.is_rewritten(last_seen bigint, since pg_snapshot) RETURNS boolean
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET jit = off
AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM tidemark.changes c
                 WHERE c.id > last_seen AND pg_visible_in_snapshot(c.xid, since));
END $$;

-- Removes changes that were visible to everybody `keep` ago, at most `at_most` of them; yields how
-- many. When a change was committed is not known, so its age is that of a mark that has seen it.
CREATE FUNCTION tidemark.prune_feed(keep interval, at_most bigint) RETURNS bigint
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  horizon pg_snapshot;
  removed bigint;
BEGIN
  UPDATE tidemark.feed SET pruned_at = clock_timestamp();
  INSERT INTO tidemark.feed_marks (at)
  SELECT clock_timestamp() FROM (SELECT at FROM tidemark.feed_marks ORDER BY id DESC LIMIT 1) last
  WHERE last.at NOT BETWEEN clock_timestamp() - keep / 16 AND clock_timestamp();
  DELETE FROM tidemark.feed_marks
  WHERE id < (SELECT max(id) FROM tidemark.feed_marks WHERE at <= clock_timestamp() - keep);
  SELECT seen INTO STRICT horizon FROM tidemark.feed_marks ORDER BY id LIMIT 1;
  DELETE FROM tidemark.changes
  WHERE id IN (SELECT c.id FROM tidemark.changes c
               WHERE c.xid < pg_snapshot_xmax(horizon) AND pg_visible_in_snapshot(c.xid, horizon)
               ORDER BY c.xid LIMIT at_most);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;

-- Begins anew in another cluster, where transactions have other numbers: after a dump was restored.
CREATE FUNCTION tidemark.renew_feed() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tidemark.feed f
  SET incarnation = gen_random_uuid(), system_identifier = present.system_identifier
  FROM pg_control_system() present WHERE f.system_identifier <> present.system_identifier;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM tidemark.changes;
  DELETE FROM tidemark.feed_marks;
  INSERT INTO tidemark.feed_marks DEFAULT VALUES;
  UPDATE tidemark.table_versions SET xid = DEFAULT;
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION tidemark.raise_versions(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM tidemark.table_versions WHERE location_id = ANY (ids)
  ORDER BY location_id FOR NO KEY UPDATE;
  UPDATE tidemark.table_versions v
  SET version = v.version + c.times, xid = pg_current_xact_id()
  FROM (SELECT i AS location_id, count(*) AS times FROM unnest(ids) i GROUP BY i) c
  WHERE v.location_id = c.location_id;
END $$;

CREATE FUNCTION tidemark.versions_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, location_id)
  SELECT 'revision', location_id FROM new_rows ORDER BY location_id;
  RETURN NULL;
END $$;
CREATE TRIGGER versions_inserted AFTER INSERT ON tidemark.table_versions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.versions_inserted();

CREATE FUNCTION tidemark.versions_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, location_id)
  SELECT 'revision', n.location_id FROM new_rows n JOIN old_rows o ON o.location_id = n.location_id
  WHERE o.version <> n.version ORDER BY n.location_id;
  RETURN NULL;
END $$;
CREATE TRIGGER versions_updated AFTER UPDATE ON tidemark.table_versions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.versions_updated();

CREATE FUNCTION tidemark.versions_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, location_id)
  SELECT 'revision', location_id FROM old_rows ORDER BY location_id;
  RETURN NULL;
END $$;
CREATE TRIGGER versions_deleted AFTER DELETE ON tidemark.table_versions
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.versions_deleted();

CREATE OR REPLACE FUNCTION tidemark.revisions_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.table_versions (location_id) SELECT id FROM new_rows ORDER BY id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_revisions_inserted AFTER INSERT
ON public.physical_table_revisions REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.revisions_inserted();

CREATE OR REPLACE FUNCTION tidemark.revisions_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(n.id))
  FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE o.writer IS DISTINCT FROM n.writer
  HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_revisions_updated AFTER UPDATE
ON public.physical_table_revisions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.revisions_updated();

CREATE OR REPLACE FUNCTION tidemark.files_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(location_id)) FROM new_rows HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_files_inserted AFTER INSERT
ON public.file_metadata REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.files_inserted();

-- A file that moves, or gets another id, counts for the place that it leaves, too.
CREATE OR REPLACE FUNCTION tidemark.files_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(location_id))
  FROM (SELECT location_id FROM new_rows
        UNION ALL
        SELECT o.location_id FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id
        WHERE n.location_id IS DISTINCT FROM o.location_id) places
  HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_files_updated AFTER UPDATE
ON public.file_metadata REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.files_updated();

CREATE OR REPLACE FUNCTION tidemark.files_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(location_id)) FROM old_rows HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_files_deleted AFTER DELETE
ON public.file_metadata REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.files_deleted();

CREATE OR REPLACE FUNCTION tidemark.tables_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(active_revision_id))
  FROM new_rows WHERE active_revision_id IS NOT NULL HAVING count(*) > 0;
  INSERT INTO tidemark.changes (kind, namespace, name)
  SELECT DISTINCT 'dataset', dataset_namespace, dataset_name FROM new_rows;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_tables_inserted AFTER INSERT
ON public.physical_tables REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.tables_inserted();

CREATE OR REPLACE FUNCTION tidemark.tables_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(revision))
  FROM (SELECT unnest(ARRAY[o.active_revision_id, n.active_revision_id]) AS revision
        FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE o.active_revision_id IS DISTINCT FROM n.active_revision_id) changed
  WHERE revision IS NOT NULL
  HAVING count(*) > 0;
  INSERT INTO tidemark.changes (kind, namespace, name)
  SELECT DISTINCT 'dataset', d.namespace, d.name
  FROM new_rows n JOIN old_rows o ON o.id = n.id
  CROSS JOIN LATERAL (VALUES (o.dataset_namespace, o.dataset_name),
                             (n.dataset_namespace, n.dataset_name)) AS d (namespace, name)
  WHERE (o.dataset_namespace, o.dataset_name, o.table_name, o.manifest_hash, o.active_revision_id)
    IS DISTINCT FROM
    (n.dataset_namespace, n.dataset_name, n.table_name, n.manifest_hash, n.active_revision_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_tables_updated AFTER UPDATE
ON public.physical_tables REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.tables_updated();

CREATE OR REPLACE FUNCTION tidemark.tables_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(active_revision_id))
  FROM old_rows WHERE active_revision_id IS NOT NULL HAVING count(*) > 0;
  INSERT INTO tidemark.changes (kind, namespace, name)
  SELECT DISTINCT 'dataset', dataset_namespace, dataset_name FROM old_rows;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_tables_deleted AFTER DELETE
ON public.physical_tables REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.tables_deleted();

CREATE OR REPLACE FUNCTION tidemark.states_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(r.id))
  FROM new_rows n JOIN public.physical_table_revisions r ON r.writer = n.job_id
  HAVING count(*) > 0;
  INSERT INTO tidemark.changes (kind, job_id) SELECT 'job', job_id FROM new_rows ORDER BY job_id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_states_inserted AFTER INSERT
ON public.jobs_status REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.states_inserted();

CREATE OR REPLACE FUNCTION tidemark.states_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(r.id))
  FROM new_rows n JOIN old_rows o ON o.job_id = n.job_id
  JOIN public.physical_table_revisions r ON r.writer = n.job_id
  WHERE o.status IS DISTINCT FROM n.status
  HAVING count(*) > 0;
  INSERT INTO tidemark.changes (kind, job_id)
  SELECT 'job', n.job_id FROM new_rows n JOIN old_rows o ON o.job_id = n.job_id
  WHERE (o.status, o.node_id, o.updated_at) IS DISTINCT FROM (n.status, n.node_id, n.updated_at)
  ORDER BY n.job_id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_states_updated AFTER UPDATE
ON public.jobs_status REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.states_updated();

CREATE OR REPLACE FUNCTION tidemark.states_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.raise_versions(array_agg(r.id))
  FROM old_rows o JOIN public.physical_table_revisions r ON r.writer = o.job_id
  HAVING count(*) > 0;
  INSERT INTO tidemark.changes (kind, job_id) SELECT 'job', job_id FROM old_rows ORDER BY job_id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tidemark_states_deleted AFTER DELETE
ON public.jobs_status REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.states_deleted();

-- Of tags and of dataset_manifests alike.
CREATE FUNCTION tidemark.datasets_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, namespace, name)
  SELECT DISTINCT 'dataset', namespace, name FROM new_rows;
  RETURN NULL;
END $$;
CREATE FUNCTION tidemark.datasets_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, namespace, name)
  SELECT DISTINCT 'dataset', d.namespace, d.name
  FROM ((SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows)
        UNION ALL
        (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows)) d;
  RETURN NULL;
END $$;
CREATE FUNCTION tidemark.datasets_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, namespace, name)
  SELECT DISTINCT 'dataset', namespace, name FROM old_rows;
  RETURN NULL;
END $$;
CREATE TRIGGER tidemark_tags_inserted AFTER INSERT
ON public.tags REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.datasets_inserted();
CREATE TRIGGER tidemark_tags_updated AFTER UPDATE
ON public.tags REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.datasets_updated();
CREATE TRIGGER tidemark_tags_deleted AFTER DELETE
ON public.tags REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.datasets_deleted();
CREATE TRIGGER tidemark_links_inserted AFTER INSERT
ON public.dataset_manifests REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.datasets_inserted();
CREATE TRIGGER tidemark_links_updated AFTER UPDATE
ON public.dataset_manifests REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.datasets_updated();
CREATE TRIGGER tidemark_links_deleted AFTER DELETE
ON public.dataset_manifests REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.datasets_deleted();

-- TRUNCATE fires none of those. Whoever follows the feed begins anew, and no answer keeps the
-- version that it had.
CREATE FUNCTION tidemark.truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE tidemark.feed SET incarnation = gen_random_uuid();
  PERFORM tidemark.raise_versions(array_agg(location_id ORDER BY location_id))
  FROM tidemark.table_versions HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER tidemark_truncated AFTER TRUNCATE ON public.file_metadata
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.truncated();
CREATE TRIGGER tidemark_truncated AFTER TRUNCATE ON public.physical_tables
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.truncated();
CREATE TRIGGER tidemark_truncated AFTER TRUNCATE ON public.physical_table_revisions
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.truncated();
CREATE TRIGGER tidemark_truncated AFTER TRUNCATE ON public.jobs_status
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.truncated();
CREATE TRIGGER tidemark_truncated AFTER TRUNCATE ON public.tags
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.truncated();
CREATE TRIGGER tidemark_truncated AFTER TRUNCATE ON public.dataset_manifests
FOR EACH STATEMENT EXECUTE FUNCTION tidemark.truncated();

-- Revisions that were there before the triggers were, which keep out whoever would add one now.
INSERT INTO tidemark.table_versions (location_id) SELECT id FROM public.physical_table_revisions
ORDER BY id ON CONFLICT DO NOTHING;
)sql";

}  // namespace tidemark::metadata_db_postgres
