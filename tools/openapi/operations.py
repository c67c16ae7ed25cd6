"""The operations of the API: parameters, bodies, answers, and the codes of what can go wrong."""

from examples import *  # noqa: F403
from schemas import ID, NAME, NAMESPACE, NODE_ID, REVISION_TEXT, TABLE, ref, text

TAGS = ["progress", "datasets", "revisions", "jobs", "manifests", "providers", "networks", "service"]

PATH_PARAMETERS = {
    "namespace": {"schema": NAMESPACE, "example": "eth"},
    "name": {"schema": NAME, "example": "mainnet"},
    "revision": {"schema": REVISION_TEXT, "example": "latest"},
    "table": {"schema": TABLE, "example": "blocks"},
    "id": {"schema": ID, "example": 7},
    "file_id": {"schema": ID, "example": 48},
    "event_id": {"schema": ID, "example": 12},
    "worker": {"schema": NODE_ID, "example": "worker-1"},
    "provider": {"schema": NAME, "example": "mainnet_node"},
    "hash": {"schema": text(pattern="^[0-9a-fA-F]{64}$"), "example": HASH},
    "network": {"schema": text(minLength=1), "example": "mainnet"},
}


def parameter_key(path, name):
    if path.startswith("/workers/"):
        return "worker"
    if path.startswith("/providers/"):
        return "provider"
    return name


OPERATIONS = []


def operation(method, path, id, summary, tag, ok, scope=None, query=(), body=None, media="application/json",
              tagged=False, **problems):
    """`ok`: status, description, schema, example. `problems`: e400=[(code, detail)], e500=[code]. `tagged`: with an ETag."""
    status, description, *content = ok
    schema, example = content or (None, None)
    OPERATIONS.append(
        {
            "method": method,
            "path": path,
            "id": id,
            "summary": summary,
            "tag": tag,
            "scope": scope or ("read" if method == "get" else "admin"),
            "query": query,
            "body": body,
            "tagged": tagged,
            "ok": (status, description, media, ref(schema) if isinstance(schema, str) else schema, example),
            "problems": {int(name[1:]): codes for name, codes in problems.items()},
        }
    )


INVALID_PATH = ("INVALID_PATH", "'Eth' is no namespace: use a-z, 0-9 and _")
INVALID_JOB_ID = ("INVALID_JOB_ID", "'0' is no id: use a positive decimal number below 2^63")
INVALID_REVISION_ID = ("INVALID_PATH_PARAMETERS", "'0' is no id: use a positive decimal number below 2^63")
INVALID_QUERY = ("INVALID_QUERY_PARAMETERS", "limit 'x' is no number from 1 to 1000")
INVALID_BODY = ("INVALID_BODY", "'table_name' must be there, a string")
INVALID_HASH = ("INVALID_HASH", "'abc' is no manifest hash: use 64 hex digits")
INVALID_PROVIDER_NAME = ("INVALID_PROVIDER_NAME", "'P' is no name of a provider: use a-z, 0-9 and _, not a digit first")
NO_PROVIDER = ("PROVIDER_NOT_FOUND", "there is no provider mainnet_node")
NO_DATASET = ("DATASET_NOT_FOUND", "dataset eth/mainnet has no version latest")
NO_TABLE = ("TABLE_NOT_FOUND", "dataset eth/mainnet has no table 'blobs'")
NO_TABLE_IN_MANIFEST = ("TABLE_NOT_IN_MANIFEST", "dataset eth/mainnet has no table 'blobs'")
NO_REVISION = ("REVISION_NOT_FOUND", "there is no revision 7")
NO_JOB = ("JOB_NOT_FOUND", "there is no job 7")
NO_MANIFEST = ("MANIFEST_NOT_FOUND", f"there is no manifest {HASH}")

VERSION = "/datasets/{namespace}/{name}/versions/{revision}"
INCLUDE = {
    "name": "include",
    "schema": text(pattern="^((rate|gaps|health|head|rows)(,(rate|gaps|health|head|rows))*,?)?$"),
    "description": "Parts to add, in a comma list: rate, gaps, health, head, rows.",
}

operation("get", "/healthz", "getHealth", "Whether the server runs", "service",
          (200, "It does.", "Health", {"status": "ok"}), scope="public")
operation("get", "/openapi.json", "getOpenApi", "This document", "service",
          (200, "The document.", {"type": "object"}, {"openapi": "3.1.0"}), scope="public")

operation("get", "/metrics", "getMetrics", "What this process counts, for Prometheus", "service",
          (200, "Every number, in text format 0.0.4.", {"type": "string"}, METRICS),
          media="text/plain; version=0.0.4; charset=utf-8")

operation("get", "/datasets", "listDatasets", "All datasets, by name", "datasets",
          (200, "The datasets.", "DatasetList", DATASET_LIST), e500=["LIST_ALL_DATASETS_ERROR"])
operation("post", "/datasets", "registerDataset", "Register a dataset version", "datasets",
          (201, "It is registered; doing it again changes nothing.", "RegisteredDataset", REGISTERED),
          body=(True, ref("RegisterRequest"), REGISTRATION),
          e400=[("INVALID_MANIFEST", "kind must be evm-rpc, firehose, solana, manifest (a derived dataset) or static"),
                ("MANIFEST_VALIDATION_ERROR",
                 "dependencies.src is not registered: dataset eth/mainnet has no version 1.0.0"),
                ("INVALID_PAYLOAD_FORMAT", "'name' must be there, a string")],
          e404=[NO_MANIFEST],
          e500=["MANIFEST_REGISTRATION_ERROR", "MANIFEST_LINKING_ERROR"])
operation("get", "/datasets/{namespace}/{name}", "getDataset", "The newest version of a dataset", "datasets",
          (200, "The latest version, or dev where none has been named.", "DatasetInfo", DATASET),
          e400=[INVALID_PATH], e404=[NO_DATASET], e500=["GET_DATASET_ERROR"])
operation("get", "/datasets/{namespace}/{name}/versions", "listVersions", "The versions of a dataset", "datasets",
          (200, "Its versions. A dataset that is not known has none.", "DatasetVersions", VERSIONS),
          e400=[INVALID_PATH], e500=["LIST_VERSION_TAGS_ERROR"])
operation("get", VERSION, "getVersion", "A version of a dataset", "datasets",
          (200, "The version.", "DatasetInfo", DATASET),
          e400=[INVALID_PATH], e404=[NO_DATASET], e500=["GET_DATASET_ERROR"])
operation("get", VERSION + "/manifest", "getManifest", "The canonical manifest of a version", "datasets",
          (200, "The manifest.", "Manifest", MANIFEST),
          e400=[INVALID_PATH], e404=[NO_DATASET, NO_MANIFEST],
          e500=["READ_MANIFEST_ERROR", "RESOLVE_REVISION_ERROR"])
operation("get", VERSION + "/jobs", "listVersionJobs", "The jobs of a version", "jobs",
          (200, "Those that were ever scheduled for it.", "VersionJobs", {"jobs": [JOB]}),
          e400=[INVALID_PATH], e404=[NO_DATASET], e500=["RESOLVE_REVISION_ERROR", "LIST_JOBS_ERROR"])
operation("post", VERSION + "/deploy", "deploy", "Start to sync a version", "datasets",
          (202, "The job that syncs it: a new one, or the one that the version has had.", "Deployed", {"job_id": 7}),
          body=(False, ref("DeployRequest"), {"end_block": None, "parallelism": 1}),
          e400=[("INVALID_BODY", "'parallelism' must be an integer from 1 to 65535"), INVALID_PATH,
                ("UNSUPPORTED_DATASET_KIND",
                 "a dataset of kind static is files that somebody keeps: there is no job to do"),
                ("WORKER_NOT_AVAILABLE", "no worker is alive")],
          e404=[NO_DATASET],
          e409=[("ACTIVE_JOB_CONFLICT", "job 7 is active with other arguments")],
          e500=["GET_DATASET_ERROR", "SCHEDULER_ERROR"])
operation("post", VERSION + "/restore", "restoreVersion", "Restore all tables of a version from storage", "revisions",
          (202, "The newest revision that storage has of each table, with its files, active.", "RestoredTables",
           {"tables": [RESTORED_TABLE]}),
          e400=[INVALID_PATH],
          e404=[NO_DATASET, ("TABLE_NOT_FOUND", "storage has no revision of table blocks")],
          e500=["GET_DATASET_ERROR", "RESTORE_TABLE_REVISION_ERROR"])
operation("post", VERSION + "/tables/{table}/restore", "restoreTable", "Restore one table from storage", "revisions",
          (200, "The newest revision, or the one asked for, with its files, active.", "RestoredTable", RESTORED_TABLE),
          body=(False, ref("RestoreRequest"), {"location_id": 7}),
          e400=[("INVALID_BODY", "'location_id' must be a positive integer below 2^63"), INVALID_PATH],
          e404=[NO_DATASET, NO_TABLE_IN_MANIFEST, NO_REVISION,
                ("TABLE_NOT_FOUND", "storage has no revision of table blocks")],
          e500=["GET_DATASET_ERROR", "RESTORE_TABLE_REVISION_ERROR"])
operation("get", VERSION + "/progress", "getDatasetProgress", "Sync progress of all tables of a version", "progress",
          (200, "The progress.", "DatasetProgress", DATASET_PROGRESS),
          query=[INCLUDE], tagged=True, e400=[INVALID_PATH, INVALID_QUERY], e404=[NO_DATASET],
          e500=["GET_DATASET_ERROR", "GET_SYNC_PROGRESS_ERROR"])
operation("get", VERSION + "/tables/{table}/progress", "getTableProgress", "Sync progress of one table", "progress",
          (200, "The progress.", "TableProgress", TABLE_PROGRESS),
          query=[INCLUDE], tagged=True, e400=[INVALID_PATH, INVALID_QUERY], e404=[NO_DATASET, NO_TABLE],
          e500=["GET_DATASET_ERROR", "GET_SYNC_PROGRESS_ERROR"])

operation("get", VERSION + "/sync-progress", "getSyncProgress", "Sync progress as Amp's clients read it", "progress",
          (200, "The progress.", "SyncProgress", SYNC_PROGRESS),
          tagged=True, e400=[("INVALID_PATH_PARAMS", INVALID_PATH[1])], e404=[NO_DATASET],
          e500=["GET_DATASET_ERROR", "GET_SYNC_PROGRESS_ERROR", "PHYSICAL_TABLE_ERROR", "RESOLVE_REVISION_ERROR"])

operation("get", "/revisions", "listRevisions", "Revisions of tables, newest first", "revisions",
          (200, "The revisions.", "RevisionList", [REVISION]),
          query=[{"name": "active", "schema": {"type": "boolean"}, "description": "Only those that are, or are not, active."},
                 {"name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 100}}],
          e400=[("INVALID_QUERY_PARAMETERS", "limit '0' is no number from 1 to 10000")],
          e500=["LIST_ALL_TABLE_REVISIONS_ERROR"])
operation("post", "/revisions", "registerRevision", "Register a revision of a table", "revisions",
          (200, "The revision at the path, new or not. It is not activated.", "Location", {"location_id": 7}),
          body=(True, ref("RegisterRevisionRequest"), {**TABLE_IN_BODY, "path": REVISION["path"]}),
          e400=[INVALID_BODY], e404=[NO_DATASET, NO_TABLE_IN_MANIFEST],
          e500=["GET_DATASET_ERROR", "REGISTER_TABLE_REVISION_ERROR"])
operation("post", "/revisions/deactivate", "deactivateRevision", "Leave a table without an active revision", "revisions",
          (200, "It has none now."), body=(True, ref("TableRequest"), TABLE_IN_BODY),
          e400=[INVALID_BODY],
          e404=[NO_DATASET, NO_TABLE_IN_MANIFEST, ("TABLE_NOT_REGISTERED", "table blocks of eth/mainnet is not registered")],
          e500=["GET_DATASET_ERROR", "DEACTIVATE_TABLE_REVISION_ERROR"])
operation("get", "/revisions/{id}", "getRevision", "A revision of a table", "revisions",
          (200, "The revision.", "Revision", REVISION),
          e400=[INVALID_REVISION_ID], e404=[NO_REVISION], e500=["GET_REVISION_BY_LOCATION_ID_ERROR"])
operation("post", "/revisions/{id}/activate", "activateRevision", "Make a revision the active one of a table", "revisions",
          (200, "It is."), body=(True, ref("TableRequest"), TABLE_IN_BODY),
          e400=[INVALID_BODY, INVALID_REVISION_ID], e404=[NO_DATASET, NO_TABLE_IN_MANIFEST, NO_REVISION],
          e500=["GET_DATASET_ERROR", "ACTIVATE_TABLE_REVISION_ERROR"])
operation("post", "/revisions/{id}/restore", "restoreRevision", "Register the files that storage has of a revision", "revisions",
          (200, "What was found.", "RestoredFiles", RESTORED_FILES),
          e400=[INVALID_REVISION_ID], e404=[NO_REVISION], e500=["REGISTER_FILES_ERROR"])
operation("delete", "/revisions/{id}/prune", "pruneRevision", "Schedule what a revision does without to be removed", "revisions",
          (200, "How many files are off the canonical chain. A worker removes them after the delay, unless the chain has come back to them.",
           "PrunedFiles", {"files_scheduled": 3, "gc_delay_secs": 3600}),
          query=[{"name": "before_block", "schema": {"type": "integer", "minimum": 0, "maximum": 2**64 - 1},
                  "description": "Only files that end before it."},
                 {"name": "gc_delay_secs", "schema": {"type": "integer", "minimum": 0, "maximum": 31536000, "default": 3600}}],
          e400=[INVALID_REVISION_ID, ("INVALID_QUERY_PARAMETERS", "before_block 'x' is no number from 0 to 18446744073709551615")],
          e404=[NO_REVISION],
          e409=[("WRITER_JOB_NOT_TERMINAL", "job 7, which is RUNNING, writes location 9")],
          e500=["PRUNE_ERROR"])
operation("get", "/files/{file_id}", "getFile", "A file of a revision", "revisions",
          (200, "The row, as stored.", "File", FILE),
          e400=[("INVALID_FILE_ID", "'0' is no file_id: use a positive decimal number below 2^63")],
          e404=[("FILE_NOT_FOUND", "there is no file 48")], e500=["METADATA_DB_ERROR"])

operation("get", "/jobs", "listJobs", "Jobs, newest first", "jobs",
          (200, "One page.", "JobList", {"jobs": [JOB], "next_cursor": 7}),
          query=[{"name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}},
                 {"name": "last_job_id", "schema": ID, "description": "next_cursor of the page before."},
                 {"name": "status", "schema": {"type": "string", "default": "active"},
                  "description": "active, all, or a comma list of states in any case. A word that is no state matches jobs whose state is not known."}],
          e400=[("LIMIT_TOO_LARGE", "limit must not exceed 1000"), ("LIMIT_INVALID", "limit must not be 0"), INVALID_QUERY],
          e500=["LIST_JOBS_ERROR"])
operation("delete", "/jobs", "deleteJobs", "Remove jobs that have ended", "jobs",
          (204, "They are gone."),
          query=[{"name": "status", "required": True,
                  "schema": text(enum=["terminal", "completed", "stopped", "error"]),
                  "description": "error stands for ERROR and FATAL.", "example": "completed"}],
          e400=[("INVALID_QUERY_PARAM", "status must be terminal, completed, stopped or error")],
          e500=["DELETE_JOBS_BY_STATUS_ERROR"])
operation("get", "/jobs/{id}", "getJob", "A job", "jobs", (200, "The job.", "Job", JOB),
          query=[{"name": "include", "schema": text(pattern="^(health)?$"),
                  "description": "health: how the job is now, and when it is tried again."}],
          e400=[INVALID_JOB_ID, ("INVALID_QUERY_PARAMETERS", "include has no part 'x': there is health")],
          e404=[NO_JOB], e500=["GET_JOB_ERROR"])
operation("delete", "/jobs/{id}", "deleteJob", "Remove a job that has ended", "jobs",
          (204, "It is gone, or was never there."),
          e400=[INVALID_JOB_ID], e409=[("JOB_CONFLICT", "job 7 is RUNNING: stop it first")], e500=["DELETE_JOB_ERROR"])
operation("put", "/jobs/{id}/stop", "stopJob", "Ask a job to stop", "jobs",
          (200, "It was asked to, or has no need to be: it is stopping or has ended."),
          e400=[INVALID_JOB_ID], e404=[NO_JOB],
          e409=[("UNEXPECTED_STATE_CONFLICT", "job 7 changed its state meanwhile")], e500=["STOP_JOB_ERROR"])
operation("get", "/jobs/{id}/progress", "getJobProgress", "Sync progress of the tables that a job writes", "progress",
          (200, "The progress.", "JobProgress", JOB_PROGRESS),
          e400=[INVALID_JOB_ID], e404=[NO_JOB],
          e500=["GET_JOB_ERROR", "GET_TABLES_ERROR", "GET_DATASET_ERROR", "SNAPSHOT_TABLE_ERROR"])
operation("get", "/jobs/{id}/events", "listJobEvents", "What became of a job", "jobs",
          (200, "Its events.", "JobEvents", JOB_EVENTS),
          e400=[INVALID_JOB_ID], e404=[NO_JOB], e500=["GET_JOB_EVENTS_ERROR"])
operation("get", "/jobs/{id}/events/{event_id}", "getJobEvent", "One event of a job", "jobs",
          (200, "The event.", "JobEvent", JOB_EVENT),
          e400=[INVALID_JOB_ID, ("INVALID_EVENT_ID", "'x' is no event_id: use a positive decimal number below 2^63")],
          e404=[NO_JOB, ("EVENT_NOT_FOUND", "job 7 has no event 12")], e500=["GET_JOB_EVENT_ERROR"])
operation("get", "/workers", "listWorkers", "Workers, by node id", "jobs",
          (200, "All that ever registered; the heartbeat tells who is there.", "WorkerList", WORKER_LIST),
          e500=["SCHEDULER_LIST_WORKERS_ERROR"])
operation("get", "/workers/{id}", "getWorker", "A worker", "jobs", (200, "The worker.", "Worker", WORKER),
          e400=[("INVALID_WORKER_ID", "'7' is no node id: use a letter, then letters, digits and _-.")],
          e404=[("WORKER_NOT_FOUND", "there is no worker worker-1")], e500=["SCHEDULER_GET_WORKER_ERROR"])

operation("get", "/manifests", "listManifests", "All manifests, by hash", "manifests",
          (200, "The manifests.", "ManifestList", {"manifests": [{"hash": HASH, "kind": "evm-rpc", "dataset_count": 1}]}),
          e500=["LIST_ALL_MANIFESTS_ERROR"])
operation("post", "/manifests", "registerManifest", "Store a manifest", "manifests",
          (201, "It is stored; doing it again changes nothing.", "ManifestHash", {"hash": HASH}),
          body=(True, ref("ManifestRequest"), MANIFEST),
          e400=[("INVALID_MANIFEST", "kind must be evm-rpc, firehose, solana or manifest"),
                ("INVALID_PAYLOAD_FORMAT", "the body must be a JSON object")],
          e500=["MANIFEST_REGISTRATION_ERROR"])
operation("get", "/manifests/{hash}", "getManifestByHash", "A canonical manifest", "manifests",
          (200, "The manifest.", "Manifest", MANIFEST),
          e400=[INVALID_HASH], e404=[NO_MANIFEST], e500=["READ_MANIFEST_ERROR"])
operation("get", "/manifests/{hash}/datasets", "listManifestDatasets", "The names that datasets have for a manifest", "manifests",
          (200, "The names.", "ManifestDatasets", {"hash": HASH, "datasets": [{"namespace": "eth", "name": "mainnet", "version": "1.0.0"}]}),
          e400=[INVALID_HASH], e404=[NO_MANIFEST], e500=["LIST_DATASETS_ERROR"])
operation("get", "/providers", "listProviders", "Providers, by name", "providers",
          (200, "The providers, without their secrets.", "ProviderList", {"providers": [PROVIDER]}), e500=["STORE_ERROR"])
operation("post", "/providers", "putProvider", "Write a provider, over one of that name", "providers",
          (201, "It is written.", "Provider", PROVIDER),
          body=(True, ref("ProviderRequest"), {**PROVIDER, "auth_token": "${NODE_TOKEN}"}),
          e400=[("INVALID_PROVIDER_NAME", "'name' must be of a-z, 0-9 and _, and not start with a digit"),
                ("INVALID_BODY", "'url' must be there, a string"),
                ("PROVIDER_CONVERSION_ERROR", "a provider's URL must be http:// or https://")],
          e500=["STORE_ERROR"])

operation("get", "/providers/{name}", "getProvider", "A provider", "providers",
          (200, "The provider, without its secrets.", "Provider", PROVIDER),
          e400=[INVALID_PROVIDER_NAME], e404=[NO_PROVIDER], e500=["PROVIDER_CONVERSION_ERROR"])
operation("delete", "/providers/{name}", "deleteProvider", "Remove a provider", "providers",
          (204, "It is gone."),
          e400=[INVALID_PROVIDER_NAME], e404=[NO_PROVIDER], e500=["STORE_ERROR"])

operation("get", "/networks", "listNetworks", "The heads of all networks, by name", "networks",
          (200, "Every network that a provider is configured for, or a head is stored of.", "NetworkList",
           {"networks": [{"network": "mainnet", "latest": HEAD, "finalized": NO_HEAD}]}))
operation("get", "/networks/{network}/head", "getNetworkHead", "The newest block of a network", "networks",
          (200, "The head. It is null with a reason if it is not known.", "NetworkHead",
           {"network": "mainnet", "tag": "latest", **HEAD}),
          query=[{"name": "tag", "schema": text(enum=["latest", "finalized"], default="latest")}],
          e400=[("INVALID_QUERY_PARAMETERS", "tag 'safe' is neither latest nor finalized")],
          e404=[("NETWORK_NOT_FOUND", "no provider is configured for network 'mainnet'")])
