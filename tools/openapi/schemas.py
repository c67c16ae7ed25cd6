"""What the API's bodies look like: the components of docs/openapi.json.

A response's object lists every member that it can have, and the tests refuse one that is not listed.
A request's object says so where it takes members that it does not know.
"""

MAX_U64 = 2**64 - 1
MAX_I64 = 2**63 - 1


def text(description=None, **more):
    schema = {"type": "string", **more}
    if description:
        schema["description"] = description
    return schema


def number(minimum=0, maximum=MAX_U64, description=None):
    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    if description:
        schema["description"] = description
    return schema


def flag(description=None):
    return {"type": "boolean", **({"description": description} if description else {})}


def nullable(schema):
    """The same, or null."""
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    result = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        result["enum"] = [*schema["enum"], None]
    return result


def array(items, description=None):
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def obj(required, optional=None, description=None):
    """An object of a response: no other members."""
    schema = {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}
    if description:
        schema["description"] = description
    return schema


def request(required, optional=None, description=None):
    """An object of a request: members that are not known are ignored, null counts as absent."""
    optional = {name: nullable(schema) for name, schema in (optional or {}).items()}
    return {**obj(required, optional, description), "additionalProperties": True}


def manifest(required, optional=None):
    """An object within a manifest: members that are not known are dropped."""
    return {**obj(required, optional), "additionalProperties": True}


def tables(members, description):
    return {"type": "object", "description": description, "additionalProperties": manifest(members)}


def stored_object(description):
    return {"type": ["object", "null"], "additionalProperties": True, "description": description}


NAMESPACE = text(pattern="^[a-z0-9_]+$")
NAME = text(pattern="^[a-z_][a-z0-9_]*$")
TABLE = text(pattern="^[A-Za-z_][A-Za-z0-9_$]{0,62}$")
HASH = text(pattern="^[0-9a-f]{64}$")
BLOCK_HASH = text(pattern="^0x[0-9a-f]{64}$")
NODE_ID = text(pattern="^[A-Za-z][A-Za-z0-9_.-]*$")
# Semantic version 2.0.0. Its numbers fit 64 bits; 19 digits always do.
_NUMBER = r"(0|[1-9][0-9]{0,18})"
_PRERELEASE = r"(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = (
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_PRERELEASE}(\.{_PRERELEASE})*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)
_REVISION = rf"(latest|dev|[0-9a-fA-F]{{64}}|{_VERSION})"
VERSION = text(pattern=f"^{_VERSION}$")
REVISION_TEXT = text("latest, dev, a semantic version, or a manifest hash.", pattern=f"^{_REVISION}$")
TIME = text(format="date-time", pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?\+00:00$")
ID = number(1, MAX_I64)
ONE_LINE = r"^[^\u0000-\u001f]*$"
U32 = number(1, 2**32 - 1)
STATES = ["SCHEDULED", "RUNNING", "STOP_REQUESTED", "STOPPING", "STOPPED", "COMPLETED", "ERROR", "FATAL", "UNKNOWN"]
SPEC_WORDS = ["SCHEDULED", "RUNNING", "STOP_REQUESTED", "STOPPING", "STOPPED", "COMPLETED", "FAILED", "UNKNOWN"]
KINDS = ["evm-rpc", "firehose", "solana", "manifest", "static"]
HEAD_REASONS = ["NO_PROVIDER", "PROVIDER_UNSUPPORTED", "NOT_ASKED_YET", "PROVIDER_UNREACHABLE", "NO_BLOCK"]


def described(schema, description):
    return {**schema, "description": description}


DEFINITION = {
    "manifest_hash": HASH,
    "kind": text(enum=KINDS),
    "start_block": number(),
    "finalized_blocks_only": flag(),
    "tables": array(TABLE),
}

OBSERVED = {
    "number": nullable(number()),
    "hash": nullable(BLOCK_HASH),
    "timestamp": nullable(number(description="Unix time of the block.")),
    "source": nullable(text("Name of the provider that was asked last.")),
    "observed_at": nullable(described(TIME, "When the block was seen.")),
    "age_ms": nullable(number(0, MAX_I64, "Since then.")),
}
HEAD_PROBLEM = {
    "reason": nullable(
        text("Why the last look found no head; a head beside it is an older one.", enum=HEAD_REASONS)
    ),
    "detail": nullable(text("The same for a person.")),
}
HEAD = {
    **OBSERVED,
    "checked_at": nullable(described(TIME, "When a provider was last asked, whatever it said.")),
    **HEAD_PROBLEM,
}
FILES = {"files_count": number(), "total_size_bytes": number()}
SYNC_TABLE = {
    "current_block": number(),
    "start_block": number(),
    "job_id": ID,
    "job_status": text("FAILED covers the states ERROR and FATAL.", enum=SPEC_WORDS),
    "job_state": text("The state as stored.", enum=STATES),
    "problems": array(ref("TableProblem")),
}

RESTORED_FILES = {
    "total_files": number(description="Segments in storage; all of them are registered now."),
    "added_files": number(description="Those of them that were not before."),
    "unreadable_count": number(description="Objects that are no segments of the table, left out."),
    "unreadable": array(obj({"path": text(), "reason": text()}), "The first few of them."),
}

TABLE_IN_BODY = {
    "table_name": TABLE,
    "dataset": text(
        "namespace/name@revision. Without a namespace it is _, without a revision latest; pkg:amp/ may stand before it.",
        pattern=f"^(pkg:amp/)?([a-z0-9_]+/)?[a-z_][a-z0-9_]*(@{_REVISION})?$",
    ),
}

_LINE = r"[^\u0000-\u001f\u007f]"
PROVIDER_TEXT = text(pattern=f"^{_LINE}*$")
NEEDED_PROVIDER_TEXT = text(minLength=1, pattern=f"^{_LINE}*$")
NODE_URL = text(
    "http:// or https://, without credentials: those go into auth_token.",
    pattern=rf"^(https?://(?![^/?#]*@){_LINE}+|{_LINE}*\$\{{{_LINE}*)$",
)
ENDPOINT_SECRETS = {
    "auth_header": described(PROVIDER_TEXT, "Header for the token; Authorization: Bearer without it."),
    "auth_token": PROVIDER_TEXT,
}
PROVIDER_FIELDS = {
    "evm-rpc": (
        {"network": NEEDED_PROVIDER_TEXT, "url": NODE_URL},
        {
            **ENDPOINT_SECRETS,
            "rate_limit_per_minute": U32,
            "concurrent_request_limit": U32,
            "rpc_batch_size": number(0, 2**32 - 1),
            "fetch_receipts_per_tx": flag(),
            "timeout_secs": U32,
        },
    ),
    "firehose": ({"network": NEEDED_PROVIDER_TEXT, "url": NEEDED_PROVIDER_TEXT}, {"token": PROVIDER_TEXT}),
    "solana": (
        {"network": NEEDED_PROVIDER_TEXT, "rpc_provider_info": ref("ProviderEndpoint")},
        {
            "fallback_rpc_provider_info": ref("ProviderEndpoint"),
            "max_rpc_calls_per_second": number(0, 2**32 - 1),
        },
    ),
    "static": ({"object_store_root": NEEDED_PROVIDER_TEXT}, {}),
}


def provider_request(kind):
    required, optional = PROVIDER_FIELDS[kind]
    return request({"name": NAME, "kind": text(enum=[kind]), **required}, optional)


SCHEMAS = {
    "Problem": obj(
        {
            "type": text(pattern="^urn:tidemark:problem:[a-z0-9-]+$"),
            "title": text(),
            "status": number(400, 599),
            "detail": text(),
            "instance": text("Path of the request."),
            "error_code": text("Stable; for programs.", pattern="^[A-Z][A-Z0-9_]*$"),
            "error_message": text("The same text as detail."),
            "request_id": text("Also in the header X-Request-Id and in the server's log."),
        },
        description="Why a request failed (RFC 9457).",
    ),
    "Health": obj({"status": text(enum=["ok"])}),
    "DatasetList": obj(
        {
            "datasets": array(
                obj(
                    {
                        "namespace": NAMESPACE,
                        "name": NAME,
                        "versions": array(VERSION, "Semantic versions, greatest first."),
                    },
                    {"latest_version": VERSION},
                )
            )
        }
    ),
    "DatasetVersions": obj(
        {
            "namespace": NAMESPACE,
            "name": NAME,
            "versions": array(
                obj({"version": VERSION, "manifest_hash": HASH, "created_at": TIME, "updated_at": TIME}),
                "Greatest first.",
            ),
            "special_tags": obj(
                {},
                {
                    "latest": described(VERSION, "The version that latest stands for."),
                    "dev": described(HASH, "The manifest that was registered last."),
                },
            ),
        }
    ),
    "DatasetInfo": obj(
        {"namespace": NAMESPACE, "name": NAME, "revision": text("As in the request."), **DEFINITION}
    ),
    "RegisteredDataset": obj({"namespace": NAMESPACE, "name": NAME, **DEFINITION}, {"version": VERSION}),
    "Manifest": {
        "oneOf": [ref("RawManifest"), ref("DerivedManifest"), ref("StaticManifest")],
        "description": "The definition of a dataset version. The hash is the SHA-256 of the canonical text, which GET .../manifest answers. Members that are not listed are dropped.",
    },
    "RawManifest": manifest(
        {
            "kind": text(enum=["evm-rpc", "firehose", "solana"]),
            "network": text(minLength=1, pattern=ONE_LINE),
        },
        {
            "start_block": number(description="Default 0."),
            "finalized_blocks_only": flag("Default false."),
            "tables": tables(
                {"schema": ref("TableSchema"), "network": text(minLength=1, pattern=ONE_LINE)},
                "By name. Which tables a raw dataset has follows from its kind, whatever is listed here.",
            ),
        },
    ),
    "DerivedManifest": manifest(
        {"kind": text(enum=["manifest"])},
        {
            "dependencies": {"type": "object", "description": "By alias: namespace/name@version or @hash.", "additionalProperties": text()},
            "tables": tables(
                {"schema": ref("TableSchema"), "input": manifest({"sql": text()})}, "By name."
            ),
            "functions": {"type": "object", "description": "By name.", "additionalProperties": {"type": "object"}},
        },
    ),
    "StaticManifest": manifest(
        {"kind": text(enum=["static"])},
        {
            "tables": tables(
                {
                    "schema": ref("TableSchema"),
                    "path": text(minLength=1),
                    "format": text(enum=["csv"]),
                    "has_header": flag(),
                },
                "By name.",
            )
        },
    ),
    "TableSchema": manifest(
        {
            "arrow": manifest(
                {
                    "fields": array(
                        manifest(
                            {
                                "name": text(),
                                "type": {
                                    "type": ["string", "object"],
                                    "description": 'An Arrow type, like "UInt64" or {"FixedSizeBinary":32}.',
                                },
                                "nullable": flag(),
                            }
                        )
                    )
                }
            )
        }
    ),
    "RegisterRequest": request(
        {
            "namespace": NAMESPACE,
            "name": NAME,
            "manifest": {
                "oneOf": [
                    ref("Manifest"),
                    text("Hash of a manifest that is stored already.", pattern="^[0-9a-fA-F]{64}$"),
                ]
            },
        },
        {"version": described(VERSION, "A semantic version to tag it with.")},
    ),
    "DeployRequest": request(
        {},
        {
            "end_block": text(
                "Up to which block: null for ever on, latest, a number N, or -N for N behind latest.",
                pattern="^(latest|-?[0-9]+)$",
            ),
            "parallelism": number(
                1, 65535, "How many parts of what is missing are written side by side, 32 at most, each of "
                "2,000 blocks or more. Until the last of them is done the tables have holes, and "
                "current_block is the last block before the first. Default 1."),
            "worker_id": text(
                "A node id, or a pattern of one with * and ?. Default: any.",
                pattern="^[A-Za-z*?][A-Za-z0-9_.*?-]*$",
                maxLength=255,
            ),
            "verify": flag("Default false."),
        },
    ),
    "Deployed": obj({"job_id": ID}),
    "Job": obj(
        {
            "id": ID,
            "created_at": TIME,
            "updated_at": TIME,
            "node_id": text(),
            "status": text(enum=STATES),
            "descriptor": stored_object("What the job is to do; null if the database does not say."),
            "attempts": number(0, 2**32 - 1, "How often it was scheduled."),
            "error": stored_object("The newest failure of a job in ERROR or FATAL."),
        },
        {"health": described(ref("JobHealth"), "With include=health only, and of one job.")},
    ),
    "JobList": obj(
        {"jobs": array(ref("Job"))},
        {"next_cursor": described(ID, "Pass it as last_job_id. Absent on an empty page, which is the end.")},
    ),
    "VersionJobs": obj({"jobs": array(ref("Job"), "Each once, the one that was scheduled first first.")}),
    "JobEvents": obj(
        {
            "job_id": ID,
            "events": array(
                obj({"id": number(0, MAX_I64), "created_at": TIME, "node_id": text(), "event_type": text()}),
                "Oldest first.",
            ),
        }
    ),
    "JobEvent": obj(
        {
            "id": number(0, MAX_I64),
            "job_id": ID,
            "created_at": TIME,
            "node_id": text(),
            "event_type": text("The state that it led to."),
        },
        {"detail": stored_object("What the job was to do, or why it failed. Absent if the event has none.")},
    ),
    "WorkerList": obj({"workers": array(obj({"node_id": text(), "heartbeat_at": TIME}))}),
    "Worker": obj(
        {
            "node_id": text(),
            "created_at": TIME,
            "registered_at": TIME,
            "heartbeat_at": TIME,
            "info": stored_object("version, commit_sha, commit_timestamp, build_date, as far as it said."),
        }
    ),
    "Revision": obj(
        {
            "id": ID,
            "path": text("Relative to the data folder."),
            "active": flag("For any table."),
            "metadata": stored_object("The dataset and table that it was made for."),
        },
        {"writer": described(ID, "The job that writes it. Absent if there is none.")},
    ),
    "RevisionList": array(ref("Revision"), "Newest id first."),
    "RegisterRevisionRequest": request(
        {
            **TABLE_IN_BODY,
            "path": text(
                "Of the revision's folder, relative to the data folder. No segment is empty, . or ..",
                pattern=r"^(?!([^/]+/)*\.{1,2}(/|$))[^/\u0000]+(/[^/\u0000]+)*$",
            ),
        }
    ),
    "Location": obj({"location_id": ID}),
    "TableRequest": request(TABLE_IN_BODY),
    "RestoreRequest": request({}, {"location_id": described(ID, "Default: the newest revision that storage has.")}),
    "RestoredFiles": obj(RESTORED_FILES),
    "PrunedFiles": obj({"files_scheduled": number(), "gc_delay_secs": number()}),
    "RestoredTable": obj(
        {"table_name": TABLE, "location_id": ID, "url": text("Of the revision's folder."), **RESTORED_FILES}
    ),
    "RestoredTables": obj({"tables": array(ref("RestoredTable"))}),
    "File": obj(
        {
            "id": ID,
            "location_id": ID,
            "file_name": text(),
            "url": text("Of the revision's folder."),
            "metadata": {"description": "As stored; null if it is not JSON."},
        },
        {
            "object_size": {"type": "integer", "minimum": -(2**63), "maximum": MAX_I64, "description": "As stored."},
            "object_e_tag": text(),
            "object_version": text(),
            "metadata_text": text("Metadata that is not JSON."),
        },
    ),
    "ManifestList": obj(
        {"manifests": array(obj({"hash": HASH, "kind": text("unknown in old rows."), "dataset_count": number()}))}
    ),
    "ManifestRequest": {
        "oneOf": [
            ref("Manifest"),
            {
                "type": "object",
                "required": ["manifest"],
                "properties": {"manifest": ref("Manifest")},
                "additionalProperties": True,
                "not": {"required": ["kind"]},
            },
        ]
    },
    "ManifestHash": obj({"hash": HASH}),
    "ManifestDatasets": obj(
        {
            "hash": HASH,
            "datasets": array(
                obj({"namespace": NAMESPACE, "name": NAME, "version": text("A semantic version, latest or dev.")})
            ),
        }
    ),
    "Provider": {
        **obj(
            {"name": NAME, "kind": text()},
            {"network": text()},
            "The fields of its kind, and further ones that its file has. A secret reads ***.",
        ),
        "additionalProperties": True,
    },
    "ProviderRequest": {
        "oneOf": [provider_request(kind) for kind in PROVIDER_FIELDS],
        "description": "${VAR} in a text stands for an environment variable. Further fields are kept.",
    },
    "ProviderEndpoint": {**request({"url": NEEDED_PROVIDER_TEXT}, ENDPOINT_SECRETS)},
    "ProviderList": obj({"providers": array(ref("Provider"))}),
    "NetworkHead": obj({"network": text(), "tag": text(enum=["latest", "finalized"]), **HEAD}),
    "NetworkList": obj(
        {"networks": array(obj({"network": text(), "latest": ref("Head"), "finalized": ref("Head")}))}
    ),
    "Head": obj(HEAD, description="The newest block of a network, as a provider saw it."),
    "NetworkRange": obj(
        {
            "network": text(),
            "start": number(),
            "end": number(description="Included."),
            "hash": described(BLOCK_HASH, "Of the last block."),
            "timestamp": nullable(number(description="Unix time of the last block; null if its file does not say.")),
        }
    ),
    "TableProgress": obj(
        {
            "table_name": TABLE,
            "current_block": nullable(
                number(
                    description="Last block of the synced range, included. Null if nothing is synced, or if the table covers several networks: see ranges."
                )
            ),
            "start_block": nullable(number(description="First block of the synced range.")),
            "job_id": nullable(described(ID, "The job that writes the table.")),
            "job_status": nullable(text("FAILED covers the states ERROR and FATAL.", enum=SPEC_WORDS)),
            "files_count": number(description="Of the canonical chain."),
            "total_size_bytes": number(description="Of the canonical chain."),
            "job_state": nullable(
                text("The state as stored: ERROR will be tried again, FATAL will not.", enum=STATES)
            ),
            "ranges": array(ref("NetworkRange"), "One a network."),
            "revision_id": nullable(
                described(ID, "The active table revision; null if nobody has written the table yet.")
            ),
            "reorg_epoch": nullable(
                number(
                    description="How often the chain took another branch, by its files and those that were collected. current_block falls only where this or revision_id changes."
                )
            ),
            "version": nullable(
                number(description="Rises with each change of the revision's rows; null where the database counts none.")
            ),
            "problems": array(ref("TableProblem"), "Rows that this answer does without."),
        },
        {
            "rate": {
                "oneOf": [ref("CommitRate"), {"type": "null"}],
                "description": "With include=rate only. Null if there is no chain, or if it covers several networks.",
            },
            "gaps": {
                "oneOf": [ref("TableGaps"), {"type": "null"}],
                "description": "With include=gaps only. Null without an active revision.",
            },
            "health": described(ref("JobHealth"), "With include=health only."),
            "head": array(ref("SyncedHead"), "With include=head only. One a network."),
            "rows": nullable(
                number(
                    description="With include=rows only. In the files of the canonical chain, by their Parquet footers: all of them, or null."
                )
            ),
            "rows_reason": nullable(
                text(
                    "With include=rows only. Why rows is null; NOT_READ_IN_TIME: asked again there may be time for the rest.",
                    enum=["FOOTER_MISSING", "FOOTER_UNREADABLE", "NOT_READ_IN_TIME"],
                )
            ),
            "rows_detail": nullable(text("With include=rows only. One sentence for a person, where rows is null.")),
        },
    ),
    "TableProblem": obj(
        {
            "code": text(enum=["FILE_QUARANTINED", "REVISION_MISSING", "WRITER_MISSING"]),
            "count": number(description="How many rows."),
            "detail": text("About the first of them."),
        }
    ),
    "FileRun": obj({"ranges": array(ref("NetworkRange")), **FILES}, description="Files that belong together."),
    "TableGaps": obj(
        {
            "missing": array(
                obj({"network": text(), "start": number(), "end": number(description="Included.")}),
                "Blocks that no file has, from behind the chain to the highest block of any file; the first 1000.",
            ),
            "missing_count": number(description="Of all."),
            "forks": array(ref("FileRun"), "The best one off the canonical chain, if there is any."),
            "islands": array(ref("FileRun"), "Linked files behind a gap, by start; the first 1000."),
            "islands_count": number(description="Of all."),
            "islands_files_count": number(),
            "islands_size_bytes": number(),
            "superseded_files_count": number(description="Duplicates, lost ties, older forks, compacted parents."),
            "superseded_size_bytes": number(),
        },
        description="What keeps a table from going on, or takes room without counting.",
    ),
    "JobHealth": obj(
        {
            "code": text(
                enum=["OK", "NO_JOB", "NO_WORKER", "WORKER_SILENT", "RETRYING", "FAILED", "STOPPED", "COMPLETED", "UNKNOWN"]
            ),
            "detail": text(),
            "node_id": nullable(text("That the job is assigned to.")),
            "heartbeat_at": nullable(described(TIME, "The node's last.")),
            "heartbeat_age_ms": nullable(number(0, MAX_I64)),
            "attempts": nullable(number(0, 2**32 - 1, "How often the job was scheduled.")),
            "retry_at": nullable(described(TIME, "Of RETRYING alone.")),
            "error": {"description": "Of RETRYING and FAILED, as stored; else null."},
        },
        description="How a job is, at the time of the answer; of a table, the one that writes it.",
    ),
    "SyncedHead": obj(
        {
            "network": text(),
            "tag": text("finalized for a dataset of finalized blocks only.", enum=["latest", "finalized"]),
            **OBSERVED,
            "lag": nullable(number(description="Blocks from the synced range to the head; never negative.")),
            **HEAD_PROBLEM,
        }
    ),
    "CommitRate": obj(
        {
            "blocks_per_second": {"type": "number", "minimum": 0, "description": "Average over the window."},
            "window_secs": number(0, MAX_I64, "The last minute, or less for a table that is younger."),
            "last_commit_at": TIME,
        },
        description="How fast a table is being committed, by the creation times of its files.",
    ),
    "DatasetProgress": obj(
        {
            "dataset_namespace": NAMESPACE,
            "dataset_name": NAME,
            "revision": text("As in the request."),
            "manifest_hash": HASH,
            "tables": array(ref("TableProgress"), "Every table of the dataset, in its order, as of one moment."),
        }
    ),
    "SyncProgress": obj(
        {
            "dataset_namespace": NAMESPACE,
            "dataset_name": NAME,
            "revision": text("As in the request."),
            "manifest_hash": HASH,
            "tables": array(obj({"table_name": TABLE, **FILES}, SYNC_TABLE), "What is not known is left out."),
        }
    ),
    "JobProgress": obj(
        {
            "job_id": ID,
            "job_status": text("As stored.", enum=STATES),
            "tables": {
                "type": "object",
                "description": "Those whose active revision the job writes, by name.",
                "additionalProperties": obj(
                    {"current_block": nullable(number()), "start_block": nullable(number()), **FILES},
                    {
                        "ranges": array(ref("NetworkRange"), "If there are several networks."),
                        "problems": array(ref("TableProblem"), "If there are any."),
                    },
                ),
            },
        },
        {"detail": {"description": "Why a job in ERROR or FATAL failed, as stored."}},
    ),
}
