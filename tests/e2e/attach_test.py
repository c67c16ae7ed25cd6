"""Beside an Amp deployment: its configuration as it is, its database only read."""

from pathlib import Path

import pytest
from apart import Deployment, refused
from conftest import wait_until
from postgres import Postgres

SCHEMA = Path(__file__).parents[1] / "data/amp_golden/amp_schema.sql"
READER = """
CREATE ROLE reader LOGIN PASSWORD 'only-reads';
GRANT USAGE ON SCHEMA public TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
"""
CONFIG = """
data_dir = "data"
manifests_dir = "manifests"
providers_dir = "providers"
admin_api_addr = "127.0.0.1:1610"
flight_addr = "127.0.0.1:1602"
unheard_of = 1
[metadata_db]
url = "{url}"
[writer]
compression = "zstd(1)"
[worker_events]
enabled = false
"""


@pytest.fixture(scope="module")
def amp(tmp_path_factory):
    """Folder of an Amp deployment: its config.toml, and nothing else yet."""
    folder = tmp_path_factory.mktemp("amp")
    with Postgres() as server:
        server.psql("CREATE DATABASE amp")
        server.psql("SET client_min_messages = error;\n" + SCHEMA.read_text(), "amp")
        server.psql(READER, "amp")
        (folder / "config.toml").write_text(
            CONFIG.format(url=server.url_of("amp", "reader", "only-reads")))
        yield folder


@pytest.fixture
def server(amp, tmp_path):
    with Deployment(tmp_path, "--config", amp / "config.toml",
                    environment={"TIDEMARK_HEADS_PROVIDER_REFRESH_MS": "100"}) as parts:
        yield parts.server()


def test_the_first_line_says_what_is_attached_to_and_no_password(server, amp):
    text = server.log.read_text()
    assert "(attached read-only to Amp's database postgres://127.0.0.1:" in text
    assert f"/amp, data {amp}/data)" in text
    assert "only-reads" not in text
    assert "key=unheard_of" in text and "flight_addr" not in text
    assert server.stop() < 5


def test_everything_can_be_read_and_nothing_changed(server, amp):
    assert server.get("/datasets") == {"datasets": []}
    assert server.get("/jobs?status=all")["jobs"] == []
    assert server.get("/workers") == {"workers": []}
    server.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", "http://127.0.0.1:1",
               code=2)
    server.cli("dataset", "register", "demo/anvil", "--network", "anvil", code=2)
    # Not even a folder.
    assert [path.name for path in amp.iterdir()] == ["config.toml"]


def test_a_worker_refuses_its_database(amp):
    line = refused("worker", "--config", amp / "config.toml", code=2)
    assert "belongs to an Amp deployment" in line and "only-reads" not in line


def test_heads_are_kept_in_memory(server, anvil, amp):
    anvil.mine(5)
    providers = amp / "providers"
    providers.mkdir()
    try:
        (providers / "local.toml").write_text(
            f'kind = "evm-rpc"\nnetwork = "anvil"\nurl = "{anvil.url}"\n')
        def seen():
            status, _, _ = server.request("GET", "/networks/anvil/head")
            return status == 200 and server.get("/networks/anvil/head")["number"] == 5
        wait_until(seen, "the head is seen")
    finally:
        (providers / "local.toml").unlink()
        providers.rmdir()
