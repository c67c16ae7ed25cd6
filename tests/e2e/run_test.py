"""`make run`, less the build: a chain, a node and a live view that end together."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BINARY, end, wait_until

RUN = Path(__file__).parents[2] / "tools/run.py"


def children(pid):
    """Processes that descend from one, by their command lines."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Run:
    def __init__(self, folder, *flags):
        self.out = folder / "out.txt"
        self.err = folder / "err.txt"
        self.process = subprocess.Popen(
            [sys.executable, str(RUN), "--binary", BINARY, "--dir", str(folder / "state"),
             "--listen", "127.0.0.1:0", *flags],
            stdin=subprocess.DEVNULL, stdout=open(self.out, "w"), stderr=open(self.err, "w"))

    def block(self):
        """The newest line's block, once there is one."""
        assert self.process.poll() is None, self.err.read_text()
        blocks = re.findall(r"^blocks=(\d+) ", self.out.read_text(), re.MULTILINE)
        return int(blocks[-1]) if blocks else None

    def interrupt(self):
        started = children(self.process.pid)
        assert len(started) >= 2
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=20) == 0, self.err.read_text()
        wait_until(lambda: not any(is_alive(pid) for pid in started), "all that it started has ended")


@pytest.fixture
def start(tmp_path):
    runs = []

    def start_one(*flags):
        runs.append(Run(tmp_path, *flags))
        return runs[-1]

    yield start_one
    for run in runs:
        for pid in children(run.process.pid):
            os.kill(pid, signal.SIGKILL)
        end(run.process)


def test_it_shows_blocks_advancing_and_goes_on_after_an_interrupt(start):
    first = start()
    wait_until(lambda: (first.block() or 0) >= 3, "three blocks", within_s=30)
    assert "curl -s http://127.0.0.1:" in first.err.read_text()
    reached = first.block()
    first.interrupt()

    second = start()
    wait_until(lambda: second.block() is not None, "the first line", within_s=30)
    assert second.block() >= reached
    wait_until(lambda: second.block() > reached + 2, "it goes on", within_s=30)
    assert "status=RUNNING" in second.out.read_text()
    second.interrupt()


def test_it_follows_any_node(start, anvil):
    anvil.mine(8)
    run = start("--rpc", anvil.url, "--start", "5")
    wait_until(lambda: run.block() == 8, "the node's head", within_s=30)
    assert "demo/chain_31337" in run.err.read_text()
    run.interrupt()


def test_nothing_stays_behind_when_it_is_killed(start):
    run = start()
    wait_until(lambda: run.block() is not None, "the first line", within_s=30)
    started = children(run.process.pid)
    run.process.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in started), "all that it started has ended")


def test_a_node_that_does_not_answer_is_told_in_one_line(start):
    run = start("--rpc", "http://127.0.0.1:1")
    assert run.process.wait(timeout=20) == 1
    assert run.err.read_text().splitlines()[-1].startswith("run: the node does not answer")
