"""The command line: what it prints, where, and how it ends."""

import json
import os
import pty
import shlex
import socket
import subprocess
import time
from pathlib import Path

import pytest
from conftest import BINARY, wait_until

CASES = [line.split("|", 2)
         for line in (Path(__file__).parent / "cli_cases.txt").read_text().splitlines()
         if line and not line.startswith("#")]


def tidemark(*words, environment=None, stdin=None):
    return subprocess.run([BINARY, *words], text=True, capture_output=True, timeout=30, input=stdin,
                          env={**os.environ, **(environment or {})})


@pytest.fixture
def dead():
    """An address that is bound, so that nobody else takes it, and refuses."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield "127.0.0.1:%d" % holder.getsockname()[1]


def test_every_case_ends_as_documented(solo, dead):
    for code, words, expected in CASES:
        words, expected = (text.strip().replace("{url}", solo.url).replace("{dead}", dead)
                           .replace("{hash}", "0" * 64) for text in (words, expected))
        result = tidemark(*shlex.split(words))
        where = f"tidemark {words}\n{result.stdout}{result.stderr}"
        assert result.returncode == int(code), where
        assert expected in result.stdout + result.stderr, where
        if result.returncode != 0:
            # Data goes to standard output, talk does not.
            assert result.stdout == "", where


def test_a_manifest_may_come_from_standard_input_and_its_hash_is_amps(solo):
    manifest = (Path(__file__).parents[1] / "data/manifests/anvil_rpc.json").read_text()
    printed = solo.cli("dataset", "register", "demo/anvil", "--manifest", "-", stdin=manifest)
    assert printed == ("demo/anvil@2dbf16e8a4d1c526e3894441d1945040d51ea1b68d1c420e402be59b0646fcfa\n")
    assert json.loads(solo.cli("dataset", "show", "demo/anvil@dev", "--json"))["kind"] == "evm-rpc"


def test_a_manifest_with_a_mistake_is_named(solo):
    result = tidemark("dataset", "register", "demo/anvil", "--manifest", "-", "--url", solo.url,
                      stdin='{"kind":"evm-rpc"}')
    assert result.returncode == 2
    assert "network" in result.stderr


def test_the_url_comes_from_the_environment_and_the_flag_wins(solo, dead):
    assert tidemark("dataset", "list", environment={"TIDEMARK_URL": solo.url}).returncode == 0
    assert tidemark("dataset", "list", "--url", solo.url,
                    environment={"TIDEMARK_URL": f"http://{dead}"}).returncode == 0


def test_the_progress_table_is_for_people(anvil, solo):
    anvil.mine(4)
    job = solo.deploy(anvil)
    solo.wait_for_block(4)
    lines = solo.cli("progress", "demo/anvil").splitlines()
    assert lines[0].split()[:3] == ["TABLE", "STATUS", "BLOCKS"]
    assert [line.split()[0] for line in lines[1:]] == ["blocks", "transactions", "logs"]
    assert lines[1].split()[1:5] == ["RUNNING", "0", "-", "4"]
    assert len(solo.cli("progress", "demo/anvil", "--table", "logs").splitlines()) == 2
    solo.cli("progress", "demo/anvil", "--table", "traces", code=3)
    assert f" {job}  RUNNING  demo/anvil@" in " " + solo.cli("job", "list")
    assert "RUNNING" in solo.cli("job", "show", job)
    assert solo.cli("dataset", "list").splitlines()[1].split() == ["demo/anvil", "1.0.0", "1.0.0"]
    assert "blocks, transactions, logs" in solo.cli("dataset", "show", "demo/anvil")
    assert anvil.url in solo.cli("provider", "list")


def on_a_terminal(words, environment, seconds):
    """What a command prints to a terminal within some seconds."""
    master, slave = pty.openpty()
    process = subprocess.Popen([BINARY, *words], stdin=slave, stdout=slave, stderr=slave,
                               env={**os.environ, **environment})
    os.close(slave)
    os.set_blocking(master, False)
    text = b""

    def read():
        nonlocal text
        try:
            text += os.read(master, 65536)
        except (BlockingIOError, OSError):
            pass
        return text.count(b"TABLE") >= 2 or process.poll() is not None

    try:
        wait_until(read, "two frames are drawn", seconds)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    return text.decode()


def test_a_terminal_gets_colour_in_place_unless_it_says_no(anvil, solo):
    anvil.mine(2)
    solo.deploy(anvil)
    solo.wait_for_block(2)
    words = ["progress", "demo/anvil", "--watch", "--interval", "0.05", "--url", solo.url]
    plain = {"TERM": "xterm", "NO_COLOR": "1"}
    coloured = {"TERM": "xterm", "NO_COLOR": ""}
    assert "\x1b[32mRUNNING" in on_a_terminal(words, coloured, 10)
    text = on_a_terminal(words, plain, 10)
    assert "\x1b[32m" not in text
    assert "\x1b[4A" in text  # The second frame is drawn over the first.


def test_completions_complete(tmp_path):
    script = tmp_path / "completion.bash"
    script.write_text(tidemark("completion", "bash").stdout)
    ask = ('source "$1"; COMP_WORDS=(tidemark dataset reg); COMP_CWORD=2; _tidemark;'
           ' echo "${COMPREPLY[@]}"; COMP_WORDS=(tidemark progress a/b --wa); COMP_CWORD=3; _tidemark;'
           ' echo "${COMPREPLY[@]}"')
    result = subprocess.run(["bash", "-c", ask, "-", script], text=True, capture_output=True)
    assert result.stdout.split() == ["register", "--watch"], result.stderr


def test_a_reader_that_goes_away_ends_the_watch(anvil, solo):
    anvil.mine(2)
    solo.deploy(anvil)
    solo.wait_for_block(2)
    watch = subprocess.Popen([BINARY, "progress", "demo/anvil", "--watch", "--interval", "0.05",
                              "--url", solo.url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    watch.stdout.readline()
    watch.stdout.close()
    assert watch.wait(timeout=10) != 0
