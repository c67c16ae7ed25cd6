"""An Amp deployment as a stranger would have it: its database, its manifest store, its config file."""

import re
import shutil
import subprocess
from pathlib import Path

from conftest import BINARY, Solo, end

PG_BIN = Path("/usr/lib/postgresql/15/bin")
DATA = Path(__file__).parent.parent / "data"
SCHEMA = DATA / "amp_golden/amp_schema.sql"
# All that a reader of the database is given.
ROLE = """
CREATE ROLE {role} LOGIN PASSWORD 'secret';
ALTER ROLE {role} SET log_statement = 'all';
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
"""
# Every key that Amp's documentation shows, the ones that mean nothing to us among them.
CONFIG = """
data_dir = "data"
providers_dir = "providers"
manifests_dir = "manifests"
max_mem_mb = 2000
query_max_mem_mb = 500
spill_location = ["/tmp"]
poll_interval_secs = 1
microbatch_max_interval = 100000
server_microbatch_max_interval = 1000
keep_alive_interval = 30
flight_addr = "127.0.0.1:1602"
jsonl_addr = "127.0.0.1:1603"
admin_api_addr = "127.0.0.1:0"

[metadata_db]
url = "{url}"
pool_size = 4
min_connections = 1
max_lifetime_secs = 1800
idle_timeout_secs = 600
auto_migrate = true

[opentelemetry]
metrics_url = "http://127.0.0.1:4318/v1/metrics"
metrics_export_interval_secs = 60
trace_ratio = 0.5

[writer]
compression = "zstd(1)"
bloom_filters = false
cache_size_mb = 1024
max_row_group_mb = 512
segment_flush_interval_secs = 600
overflow = "1"
bytes = 2147483648
rows = 0

[writer.compactor]
active = false
metadata_concurrency = 2
write_concurrency = 2
min_interval = 1
cooldown_duration = 1024

[writer.collector]
active = false
min_interval = 30
deletion_lock_duration = 1800

[worker_events]
enabled = false
progress_interval = 10.0
"""


class Server(Solo):
    """`tidemark server` with a config file. Asked like solo."""

    def __init__(self, config):
        self.config = config
        self.folder = config.parent
        self.log = config.with_suffix(".log")
        self.start()

    def begin(self):
        self.process = subprocess.Popen(
            [BINARY, "server", "--config", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(self.log, "w"))


class AmpDeployment:
    """A database of Amp's with `rows` in it, and a server that is attached to it."""

    def __init__(self, folder, postgres, name, rows, manifests):
        self._postgres = postgres
        self.database = f"amp_{name}"
        self.role = f"reader_of_{name}"
        postgres.psql(f"CREATE DATABASE {self.database}")
        postgres.psql("SET client_min_messages = error;\n" + SCHEMA.read_text(), self.database)
        postgres.psql(rows.read_text(), self.database)
        postgres.psql(ROLE.format(role=self.role, database=self.database), self.database)
        for one in ("data", "providers"):
            (folder / one).mkdir(parents=True)
        shutil.copytree(manifests, folder / "manifests")
        config = folder / "amp.toml"
        config.write_text(CONFIG.format(url=postgres.url_of(self.database, self.role, "secret")))
        self.before = self.dump()
        self.server = Server(config)

    def dump(self):
        """The whole database, schema and rows, as text."""
        text = subprocess.run(
            [PG_BIN / "pg_dump", self._postgres.url_of(self.database)],
            check=True, capture_output=True, text=True, timeout=60).stdout
        # Newer releases of pg_dump put a random word in.
        return re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.MULTILINE)

    def statements(self):
        """What the server's role asked the database, each statement in full."""
        entries = re.split(r"^@", self._postgres.log(), flags=re.MULTILINE)
        mine = [entry.split("@", 1)[1] for entry in entries if entry.startswith(self.role + "@")]
        return [re.sub(r"^ *(LOG|ERROR|FATAL|STATEMENT|DETAIL|HINT): +", r"\1 ", entry).strip()
                for entry in mine]

    def close(self):
        end(self.server.process)
