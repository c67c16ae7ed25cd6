"""Bodies to show: one deployment, in every operation the same."""

METRICS = """# HELP tidemark_http_requests_total HTTP requests answered, by class of status.
# TYPE tidemark_http_requests_total counter
tidemark_http_requests_total{status="2xx"} 48
# HELP tidemark_chainhead_age_seconds Time since the newest block of a network was looked at with success.
# TYPE tidemark_chainhead_age_seconds gauge
tidemark_chainhead_age_seconds{network="mainnet"} 0.625
"""
HASH = "2dbf16e8a4d1c526e3894441d1945040d51ea1b68d1c420e402be59b0646fcfa"
CREATED = "2026-01-02T03:04:05.678901+00:00"
UPDATED = "2026-01-02T04:05:06+00:00"
TABLES = ["blocks", "transactions", "logs"]
DEFINITION = {
    "manifest_hash": HASH,
    "kind": "evm-rpc",
    "start_block": 0,
    "finalized_blocks_only": False,
    "tables": TABLES,
}
MANIFEST = {
    "kind": "evm-rpc",
    "network": "mainnet",
    "start_block": 0,
    "finalized_blocks_only": False,
    "tables": {
        "blocks": {
            "schema": {"arrow": {"fields": [{"name": "block_num", "type": "UInt64", "nullable": False}]}},
            "network": "mainnet",
        }
    },
}
DATASET_LIST = {
    "datasets": [{"namespace": "eth", "name": "mainnet", "latest_version": "1.0.0", "versions": ["1.0.0"]}]
}
DATASET = {"namespace": "eth", "name": "mainnet", "revision": "latest", **DEFINITION}
REGISTRATION = {"namespace": "eth", "name": "mainnet", "version": "1.0.0", "manifest": MANIFEST}
REGISTERED = {"namespace": "eth", "name": "mainnet", "version": "1.0.0", **DEFINITION}
VERSIONS = {
    "namespace": "eth",
    "name": "mainnet",
    "versions": [{"version": "1.0.0", "manifest_hash": HASH, "created_at": CREATED, "updated_at": UPDATED}],
    "special_tags": {"latest": "1.0.0", "dev": HASH},
}
DESCRIPTOR = {
    "kind": "materialize-raw",
    "end_block": None,
    "max_writers": 1,
    "dataset_namespace": "eth",
    "dataset_name": "mainnet",
    "manifest_hash": HASH,
    "verify": False,
}
JOB = {
    "id": 7,
    "created_at": CREATED,
    "updated_at": UPDATED,
    "node_id": "worker-1",
    "status": "RUNNING",
    "descriptor": DESCRIPTOR,
    "attempts": 1,
    "error": None,
}
EVENT = {"id": 12, "created_at": CREATED, "node_id": "worker-1", "event_type": "SCHEDULED"}
JOB_EVENTS = {"job_id": 7, "events": [EVENT]}
JOB_EVENT = {
    "id": 12,
    "job_id": 7,
    "created_at": CREATED,
    "node_id": "worker-1",
    "event_type": "SCHEDULED",
    "detail": DESCRIPTOR,
}
WORKER_LIST = {"workers": [{"node_id": "worker-1", "heartbeat_at": UPDATED}]}
WORKER = {
    "node_id": "worker-1",
    "created_at": CREATED,
    "registered_at": CREATED,
    "heartbeat_at": UPDATED,
    "info": {"version": "0.1.0", "commit_sha": "188bfd4"},
}
TABLE_METADATA = {
    "dataset_namespace": "eth",
    "dataset_name": "mainnet",
    "manifest_hash": HASH,
    "table_name": "blocks",
}
REVISION = {
    "id": 7,
    "path": "mainnet/blocks/019b0c6e-5b3a-7c11-9d4e-0a1b2c3d4e5f",
    "active": True,
    "writer": 7,
    "metadata": TABLE_METADATA,
}
TABLE_IN_BODY = {"table_name": "blocks", "dataset": "eth/mainnet@latest"}
RESTORED_FILES = {
    "total_files": 47,
    "added_files": 45,
    "unreadable_count": 1,
    "unreadable": [{"path": REVISION["path"] + "/half.parquet", "reason": "the file does not end with PAR1"}],
}
REVISION_URL = "s3://lake/" + REVISION["path"] + "/"
RESTORED_TABLE = {"table_name": "blocks", "location_id": 7, "url": REVISION_URL, **RESTORED_FILES}
BLOCK_HASH = "0x" + "9c" * 32
FILE = {
    "id": 48,
    "location_id": 7,
    "file_name": "000010000-1a2b3c4d5e6f7081.parquet",
    "url": REVISION_URL,
    "object_size": 45697,
    "metadata": {
        "filename": "000010000-1a2b3c4d5e6f7081.parquet",
        "created_at": {"secs": 1767323045, "nanos": 678901000},
        "ranges": [{"numbers": {"start": 10000, "end": 11111}, "network": "mainnet", "hash": BLOCK_HASH, "prev_hash": BLOCK_HASH}],
    },
}
PROVIDER = {
    "name": "mainnet_node",
    "kind": "evm-rpc",
    "network": "mainnet",
    "url": "https://node.example/${NODE_KEY}",
    "auth_token": "***",
    "rpc_batch_size": 50,
    "timeout_secs": 30,
}
HEAD = {
    "number": 24156789,
    "hash": BLOCK_HASH,
    "timestamp": 1767326700,
    "source": "mainnet_node",
    "observed_at": UPDATED,
    "age_ms": 4012,
    "checked_at": UPDATED,
    "reason": None,
    "detail": None,
}
NO_HEAD = {
    **dict.fromkeys(HEAD),
    "source": "mainnet_node",
    "checked_at": UPDATED,
    "reason": "PROVIDER_UNREACHABLE",
    "detail": "provider mainnet_node did not answer",
}
TABLE_PROGRESS = {
    "table_name": "blocks",
    "current_block": 11111,
    "start_block": 10000,
    "job_id": 7,
    "job_status": "RUNNING",
    "files_count": 47,
    "total_size_bytes": 2147483648,
    "job_state": "RUNNING",
    "ranges": [{"network": "mainnet", "start": 10000, "end": 11111, "hash": BLOCK_HASH, "timestamp": 1438335231}],
    "revision_id": 7,
    "reorg_epoch": 0,
    "version": 48,
    "problems": [],
}
NO_PROGRESS = {
    "table_name": "logs",
    "current_block": None,
    "start_block": None,
    "job_id": None,
    "job_status": None,
    "files_count": 0,
    "total_size_bytes": 0,
    "job_state": None,
    "ranges": [],
    "revision_id": None,
    "reorg_epoch": None,
    "version": None,
    "problems": [],
}
DATASET_PROGRESS = {
    "dataset_namespace": "eth",
    "dataset_name": "mainnet",
    "revision": "latest",
    "manifest_hash": HASH,
    "tables": [TABLE_PROGRESS, NO_PROGRESS],
}
SYNC_PROGRESS = {
    **DATASET_PROGRESS,
    "tables": [
        {
            "table_name": "blocks",
            "current_block": 11111,
            "start_block": 10000,
            "job_id": 7,
            "job_status": "RUNNING",
            "files_count": 47,
            "total_size_bytes": 2147483648,
            "job_state": "RUNNING",
        },
        {"table_name": "logs", "files_count": 0, "total_size_bytes": 0},
    ],
}
JOB_PROGRESS = {
    "job_id": 7,
    "job_status": "RUNNING",
    "tables": {
        "blocks": {"current_block": 11111, "start_block": 10000, "files_count": 47, "total_size_bytes": 2147483648}
    },
}
