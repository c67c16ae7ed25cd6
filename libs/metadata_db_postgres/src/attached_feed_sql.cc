// The feed of our own databases (migration 4) keeps a version in a row, so whoever changes a table
// revision waits for whoever has changed it and is not done. Amp's writers must not wait for each
// other because of us, so what its triggers do is this:
//   1. They only add rows. A version is the sum of the raises of its revision: two transactions
//      that touch the same tables, in whatever order and for however long, never meet.
//   2. What is folded or pruned is taken by whoever finds it free, skipping what another holds, and
//      by nobody whose isolation level would make a failure of it. So little is done at a time that
//      a writer does not notice it, and often enough that the tables stay small.
//   3. They fail no statement of Amp's. What goes wrong, as after a migration of Amp's that takes a
//      column away, is written down in tidemark.faults, and a feed that has a fault is not read.
//   4. They fire whatever session_replication_role says. Whoever turns one off, or on again, leaves
//      another mark in the catalog than that which was noted when the feed was installed.
//   5. Their functions have the rights of whoever installs them, because those who change a row may
//      have none here; and name whatever they use in full, on a search path of their own.
#include "attached_feed_sql.h"

namespace tidemark::metadata_db_postgres {

const char* const kCreateAttachedFeed = R"sql(
CREATE SCHEMA tidemark;
COMMENT ON SCHEMA tidemark IS 'Tidemark change feed, format 1';

-- One row. Versions begin with the time in microseconds, so that a feed which is installed again
-- goes on above the versions of the one before. How long changes are kept, and how many are pruned
-- at once, are tidemark::metadata_db::kFeedKept and kFeedPrunedAtOnce.
CREATE TABLE tidemark.feed (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  incarnation uuid NOT NULL DEFAULT gen_random_uuid(),
  base bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
  system_identifier bigint NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  keep interval NOT NULL DEFAULT '1 hour',
  pruned_at_once bigint NOT NULL DEFAULT 10000,
  triggers_mark text NOT NULL DEFAULT ''
);
INSERT INTO tidemark.feed (system_identifier) SELECT system_identifier FROM pg_control_system();

-- As in a database of ours, but made by the writers: by one transaction at a time.
CREATE TABLE tidemark.feed_marks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),
  nonce uuid NOT NULL DEFAULT gen_random_uuid(),
  is_more_to_prune boolean NOT NULL DEFAULT false
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
                   ELSE kind = 'everything' END)
);
CREATE INDEX changes_by_xid ON tidemark.changes (xid);

-- By how much versions have risen; without a location: all of them.
CREATE TABLE tidemark.raises (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  location_id bigint,
  times bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX raises_by_location ON tidemark.raises (location_id);

CREATE TABLE tidemark.faults (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  place text NOT NULL,
  reason text NOT NULL
);

CREATE FUNCTION tidemark.version_of(place bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET jit = off AS $$
BEGIN
  RETURN (SELECT base FROM tidemark.feed)
    + coalesce((SELECT sum(times) FROM tidemark.raises WHERE location_id = place), 0)::bigint
    + coalesce((SELECT sum(times) FROM tidemark.raises WHERE location_id IS NULL), 0)::bigint;
END $$;

CREATE FUNCTION tidemark.changes_since(since pg_snapshot)
RETURNS TABLE (location_id bigint, job_id bigint, namespace text, name text, version bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_bitmapscan = off SET enable_material = off
SET enable_memoize = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT c.location_id, c.job_id, c.namespace, c.name,
    CASE WHEN r.id IS NOT NULL THEN tidemark.version_of(r.id) END
  FROM (SELECT c.location_id, c.job_id, c.namespace, c.name
        FROM tidemark.changes c WHERE c.xid >= pg_snapshot_xmax(since)
        UNION
        SELECT c.location_id, c.job_id, c.namespace, c.name
        FROM pg_snapshot_xip(since) AS running (xid) JOIN tidemark.changes c
          ON c.xid = running.xid) c
  LEFT JOIN public.physical_table_revisions r ON r.id = c.location_id;
END $$;

CREATE FUNCTION tidemark.is_rewritten(last_seen bigint, since pg_snapshot) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET jit = off
AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM tidemark.changes c
                 WHERE c.id > last_seen AND pg_visible_in_snapshot(c.xid, since));
END $$;

-- One row instead of many says the same, whoever else adds to them or takes some meanwhile.
CREATE FUNCTION tidemark.fold_raises(place bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
BEGIN
  WITH gone AS (
    DELETE FROM tidemark.raises WHERE id IN (
      SELECT id FROM tidemark.raises WHERE location_id = place FOR UPDATE SKIP LOCKED)
    RETURNING times)
  INSERT INTO tidemark.raises (location_id, times)
  SELECT place, sum(times) FROM gone HAVING count(*) > 0;
END $$;

-- Whether it is time to prune: a sixteenth of what is kept after the last time, or a second if
-- there was more to prune than is pruned at once.
CREATE FUNCTION tidemark.is_prune_due() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT last.at NOT BETWEEN
                   clock_timestamp() - CASE WHEN last.is_more_to_prune THEN interval '1 second'
                                            ELSE f.keep / 16 END
                   AND clock_timestamp()
          FROM tidemark.feed f,
               (SELECT at, is_more_to_prune FROM tidemark.feed_marks ORDER BY id DESC LIMIT 1) last);
END $$;

-- See prune_feed of migration 4. Who holds the lock has seen what those before have done.
CREATE FUNCTION tidemark.prune_feed() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  settings tidemark.feed;
  horizon pg_snapshot;
  removed bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(8388346167743836780) OR NOT tidemark.is_prune_due() THEN
    RETURN;
  END IF;
  SELECT * INTO STRICT settings FROM tidemark.feed;
  DELETE FROM tidemark.feed_marks WHERE id < (
    SELECT max(id) FROM tidemark.feed_marks WHERE at <= clock_timestamp() - settings.keep);
  SELECT seen INTO STRICT horizon FROM tidemark.feed_marks ORDER BY id LIMIT 1;
  DELETE FROM tidemark.changes
  WHERE id IN (SELECT c.id FROM tidemark.changes c
               WHERE c.xid < pg_snapshot_xmax(horizon) AND pg_visible_in_snapshot(c.xid, horizon)
               ORDER BY c.xid LIMIT settings.pruned_at_once);
  GET DIAGNOSTICS removed = ROW_COUNT;
  INSERT INTO tidemark.feed_marks (is_more_to_prune) VALUES (removed >= settings.pruned_at_once);
END $$;

-- Where another transaction's change would be a failure, nothing of it is done. A failure here
-- costs room, and nothing else.
CREATE FUNCTION tidemark.keep_small(places bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_due boolean := tidemark.is_prune_due();
  to_fold bigint[];
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RETURN;
  END IF;
  SELECT array_agg(place) INTO to_fold FROM unnest(places) place WHERE random() < 0.02;
  IF NOT is_due AND to_fold IS NULL THEN
    RETURN;
  END IF;
  BEGIN
    PERFORM tidemark.fold_raises(place) FROM unnest(to_fold) place;
    IF is_due THEN
      PERFORM tidemark.prune_feed();
    END IF;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
END $$;

-- Each location once, with how often its version rises. One that is gone, which takes its files with
-- it, has none.
CREATE FUNCTION tidemark.note_revisions(places bigint[], risen bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.raises (location_id, times)
  SELECT r.id, t.times FROM unnest(places, risen) AS t (place, times)
  JOIN public.physical_table_revisions r ON r.id = t.place;
  INSERT INTO tidemark.changes (kind, location_id) SELECT 'revision', place FROM unnest(places) place;
  PERFORM tidemark.keep_small(places);
END $$;

CREATE FUNCTION tidemark.note_jobs(jobs bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, job_id) SELECT 'job', job FROM unnest(jobs) job;
  PERFORM tidemark.keep_small('{}');
END $$;

CREATE FUNCTION tidemark.note_datasets(namespaces text[], names text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, namespace, name)
  SELECT DISTINCT 'dataset', d.namespace, d.name
  FROM unnest(namespaces, names) AS d (namespace, name);
  PERFORM tidemark.keep_small('{}');
END $$;

-- One is enough, and a hundred are told of. Where there is no place for it, there is no feed to be
-- read either.
CREATE FUNCTION tidemark.note_fault(place text, reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.faults (place, reason) SELECT note_fault.place, note_fault.reason
  WHERE (SELECT count(*) FROM tidemark.faults) < 100;
EXCEPTION WHEN undefined_table THEN
  NULL;
END $$;

CREATE FUNCTION tidemark.files_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(place), array_agg(times))
  FROM (SELECT location_id AS place, count(*) AS times FROM new_rows GROUP BY 1) touched
  HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('files_inserted', SQLERRM);
  RETURN NULL;
END $$;

-- A file that moves, or gets another id, counts for the place that it leaves, too.
CREATE FUNCTION tidemark.files_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(place), array_agg(times))
  FROM (SELECT place, count(*) AS times
        FROM (SELECT location_id AS place FROM new_rows
              UNION ALL
              SELECT o.location_id FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id
              WHERE n.location_id IS DISTINCT FROM o.location_id) places
        GROUP BY 1) touched
  HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('files_updated', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.files_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(place), array_agg(times))
  FROM (SELECT location_id AS place, count(*) AS times FROM old_rows GROUP BY 1) touched
  HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('files_deleted', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.revisions_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, location_id) SELECT 'revision', id FROM new_rows;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('revisions_inserted', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.revisions_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(n.id), array_agg(1::bigint))
  FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE o.writer IS DISTINCT FROM n.writer
  HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('revisions_updated', SQLERRM);
  RETURN NULL;
END $$;

-- What cascades comes later, and finds it gone.
CREATE FUNCTION tidemark.revisions_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.changes (kind, location_id) SELECT 'revision', id FROM old_rows;
  IF current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') THEN
    DELETE FROM tidemark.raises WHERE id IN (
      SELECT r.id FROM tidemark.raises r WHERE r.location_id IN (SELECT id FROM old_rows)
      FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('revisions_deleted', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.tables_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(place), array_agg(times))
  FROM (SELECT active_revision_id AS place, count(*) AS times FROM new_rows
        WHERE active_revision_id IS NOT NULL GROUP BY 1) touched
  HAVING count(*) > 0;
  PERFORM tidemark.note_datasets(array_agg(dataset_namespace), array_agg(dataset_name))
  FROM new_rows HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('tables_inserted', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.tables_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(place), array_agg(times))
  FROM (SELECT place, count(*) AS times
        FROM (SELECT unnest(ARRAY[o.active_revision_id, n.active_revision_id]) AS place
              FROM new_rows n JOIN old_rows o ON o.id = n.id
              WHERE o.active_revision_id IS DISTINCT FROM n.active_revision_id) changed
        WHERE place IS NOT NULL GROUP BY 1) touched
  HAVING count(*) > 0;
  PERFORM tidemark.note_datasets(array_agg(d.namespace), array_agg(d.name))
  FROM new_rows n JOIN old_rows o ON o.id = n.id
  CROSS JOIN LATERAL (VALUES (o.dataset_namespace, o.dataset_name),
                             (n.dataset_namespace, n.dataset_name)) AS d (namespace, name)
  WHERE (o.dataset_namespace, o.dataset_name, o.table_name, o.manifest_hash, o.active_revision_id)
    IS DISTINCT FROM
    (n.dataset_namespace, n.dataset_name, n.table_name, n.manifest_hash, n.active_revision_id)
  HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('tables_updated', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.tables_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(place), array_agg(times))
  FROM (SELECT active_revision_id AS place, count(*) AS times FROM old_rows
        WHERE active_revision_id IS NOT NULL GROUP BY 1) touched
  HAVING count(*) > 0;
  PERFORM tidemark.note_datasets(array_agg(dataset_namespace), array_agg(dataset_name))
  FROM old_rows HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('tables_deleted', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.states_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(r.id), array_agg(1::bigint))
  FROM new_rows n JOIN public.physical_table_revisions r ON r.writer = n.job_id
  HAVING count(*) > 0;
  PERFORM tidemark.note_jobs(array_agg(job_id)) FROM new_rows HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('states_inserted', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.states_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(r.id), array_agg(1::bigint))
  FROM new_rows n JOIN old_rows o ON o.job_id = n.job_id
  JOIN public.physical_table_revisions r ON r.writer = n.job_id
  WHERE o.status IS DISTINCT FROM n.status
  HAVING count(*) > 0;
  PERFORM tidemark.note_jobs(array_agg(n.job_id))
  FROM new_rows n JOIN old_rows o ON o.job_id = n.job_id
  WHERE (o.status, o.node_id, o.updated_at) IS DISTINCT FROM (n.status, n.node_id, n.updated_at)
  HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('states_updated', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.states_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_revisions(array_agg(r.id), array_agg(1::bigint))
  FROM old_rows o JOIN public.physical_table_revisions r ON r.writer = o.job_id
  HAVING count(*) > 0;
  PERFORM tidemark.note_jobs(array_agg(job_id)) FROM old_rows HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('states_deleted', SQLERRM);
  RETURN NULL;
END $$;

-- Of tags and of dataset_manifests alike.
CREATE FUNCTION tidemark.datasets_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_datasets(array_agg(namespace), array_agg(name))
  FROM new_rows HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('datasets_inserted', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.datasets_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_datasets(array_agg(d.namespace), array_agg(d.name))
  FROM ((SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows)
        UNION ALL
        (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows)) d
  HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('datasets_updated', SQLERRM);
  RETURN NULL;
END $$;

CREATE FUNCTION tidemark.datasets_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tidemark.note_datasets(array_agg(namespace), array_agg(name))
  FROM old_rows HAVING count(*) > 0;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('datasets_deleted', SQLERRM);
  RETURN NULL;
END $$;

-- TRUNCATE fires none of those. Whoever follows the feed begins anew, and no answer keeps the
-- version that it had.
CREATE FUNCTION tidemark.truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tidemark.raises (times) VALUES (1);
  INSERT INTO tidemark.changes (kind) VALUES ('everything');
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM tidemark.note_fault('truncated', SQLERRM);
  RETURN NULL;
END $$;

DO $$
DECLARE
  t record;
  event text;
BEGIN
  FOR t IN SELECT * FROM (VALUES
      ('file_metadata', 'files'), ('physical_table_revisions', 'revisions'),
      ('physical_tables', 'tables'), ('jobs_status', 'states'), ('tags', 'datasets'),
      ('dataset_manifests', 'datasets')) AS v (relation, function) LOOP
    EXECUTE format(
      'CREATE TRIGGER tidemark_inserted AFTER INSERT ON public.%I REFERENCING NEW TABLE AS new_rows '
      'FOR EACH STATEMENT EXECUTE FUNCTION tidemark.%s_inserted()', t.relation, t.function);
    EXECUTE format(
      'CREATE TRIGGER tidemark_updated AFTER UPDATE ON public.%I REFERENCING OLD TABLE AS old_rows '
      'NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tidemark.%s_updated()',
      t.relation, t.function);
    EXECUTE format(
      'CREATE TRIGGER tidemark_deleted AFTER DELETE ON public.%I REFERENCING OLD TABLE AS old_rows '
      'FOR EACH STATEMENT EXECUTE FUNCTION tidemark.%s_deleted()', t.relation, t.function);
    EXECUTE format(
      'CREATE TRIGGER tidemark_truncated AFTER TRUNCATE ON public.%I '
      'FOR EACH STATEMENT EXECUTE FUNCTION tidemark.truncated()', t.relation);
    FOREACH event IN ARRAY ARRAY['inserted', 'updated', 'deleted', 'truncated'] LOOP
      EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER tidemark_%s', t.relation, event);
    END LOOP;
  END LOOP;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tidemark FROM PUBLIC;
)sql";

const char* const kGrantAttachedFeed = R"sql(
DO $$
DECLARE
  grantee text;
BEGIN
  FOR grantee IN
      SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC'
                           ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
      FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) acl
      WHERE c.oid = 'public.file_metadata'::regclass AND acl.privilege_type = 'SELECT'
      UNION
      SELECT CASE WHEN acl.grantee = 0 THEN 'PUBLIC'
                  ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
      FROM pg_attribute a, aclexplode(a.attacl) acl
      WHERE a.attrelid = 'public.file_metadata'::regclass AND acl.privilege_type = 'SELECT' LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA tidemark TO %s', grantee);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA tidemark TO %s', grantee);
    -- For pg_dump.
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA tidemark TO %s', grantee);
    EXECUTE format('GRANT EXECUTE ON FUNCTION tidemark.version_of(bigint), '
                   'tidemark.changes_since(pg_snapshot), '
                   'tidemark.is_rewritten(bigint, pg_snapshot) TO %s', grantee);
  END LOOP;
END $$;
)sql";

const char* const kDropAttachedFeed = R"sql(
DO $$
DECLARE
  found record;
BEGIN
  FOR found IN SELECT t.tgname, t.tgrelid::regclass AS relation FROM pg_trigger t
               JOIN pg_proc p ON p.oid = t.tgfoid
               WHERE p.pronamespace = 'tidemark'::regnamespace LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', found.tgname, found.relation);
  END LOOP;
  FOR found IN SELECT p.oid::regprocedure AS name FROM pg_proc p
               WHERE p.pronamespace = 'tidemark'::regnamespace LOOP
    EXECUTE format('DROP FUNCTION %s', found.name);
  END LOOP;
END $$;
DROP TABLE IF EXISTS tidemark.feed, tidemark.feed_marks, tidemark.changes, tidemark.raises,
  tidemark.faults;
DROP SCHEMA tidemark;
)sql";

}  // namespace tidemark::metadata_db_postgres
