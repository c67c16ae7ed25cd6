"""Whatever stands in the way of a start is told in one clear line, and nothing is damaged."""

import os
import signal
import socket
import subprocess

import pytest
from conftest import BINARY, Solo, end


def fails(*flags, code, environment=None):
    """The one line on standard error of a start that must fail."""
    result = subprocess.run([BINARY, "solo", *map(str, flags)], text=True, capture_output=True,
                            timeout=20, env={**os.environ, **(environment or {})})
    assert result.returncode == code, result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert result.stdout == ""
    return lines[0]


def test_a_second_start_on_the_same_folder(solo):
    line = fails("--dir", solo.folder, "--listen", "127.0.0.1:0", code=5)
    assert str(solo.folder) in line and "another tidemark" in line
    assert solo.get("/healthz") is not None


def test_a_port_in_use(solo, tmp_path):
    line = fails("--dir", tmp_path / "other", "--listen", solo.address, code=5)
    assert solo.address in line and "in use" in line


def test_an_address_that_is_not_ours(tmp_path):
    line = fails("--dir", tmp_path / "x", "--listen", "192.0.2.1:1610", code=5)
    assert "192.0.2.1" in line


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    line = fails("--dir", tmp_path / "file" / "solo", "--listen", "127.0.0.1:0", code=5)
    assert "file/solo" in line


def test_a_database_that_is_none(tmp_path):
    folder = tmp_path / "solo"
    folder.mkdir()
    (folder / "tidemark.db").write_bytes(b"not a database, but long enough to look at" * 100)
    line = fails("--dir", folder, "--listen", "127.0.0.1:0", code=1)
    assert "tidemark.db" in line
    assert (folder / "tidemark.db").read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("text, named", [
    ("listen = ", "tidemark.toml:1"),
    ("lisen = 'x'", "lisen"),
    ("listen = 'here'", "HOST:PORT"),
])
def test_a_bad_config(tmp_path, text, named):
    config = tmp_path / "tidemark.toml"
    config.write_text(text)
    assert named in fails("--config", config, code=2)
    assert not (tmp_path / ".tidemark").exists()


def test_a_bad_environment(tmp_path):
    line = fails("--dir", tmp_path / "x", environment={"TIDEMARK_LISTEN": "nowhere"}, code=2)
    assert "TIDEMARK_LISTEN" in line


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_nothing_but_the_folder(tmp_path, how):
    node = Solo(tmp_path / "solo")
    try:
        assert node.stop(how) < 5
        address = node.address.rsplit(":", 1)
        with socket.socket() as probe:
            assert probe.connect_ex((address[0], int(address[1]))) != 0
        node.start()
        assert node.stop(how) < 5
    finally:
        end(node.process)
