"""The command line: what it prints, where, and how it ends."""

import fcntl
import json
import os
import pty
import re
import shlex
import signal
import socket
import struct
import subprocess
import termios
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
    assert "ROWS" not in lines[0]
    with_rows = solo.cli("progress", "demo/anvil", "--include", "rows").splitlines()
    assert with_rows[0].split()[4:6] == ["SIZE", "ROWS"]
    assert with_rows[1].split()[8] == "5"
    answer = json.loads(solo.cli("progress", "demo/anvil", "--include", "rows", "--json"))
    assert [table["rows"] for table in answer["tables"]] == [5, 0, 0]
    solo.cli("progress", "demo/anvil", "--table", "traces", code=3)
    assert f" {job}  RUNNING  demo/anvil@" in " " + solo.cli("job", "list")
    assert "RUNNING" in solo.cli("job", "show", job)
    assert solo.cli("dataset", "list").splitlines()[1].split() == ["demo/anvil", "1.0.0", "1.0.0"]
    assert "blocks, transactions, logs" in solo.cli("dataset", "show", "demo/anvil")
    assert anvil.url in solo.cli("provider", "list")


def test_a_job_shows_why_it_failed_also_when_it_runs_again(anvil, solo):
    anvil.mine(2)
    solo.cli("dataset", "register", "demo/anvil", "--network", "anvil", "--tag", "1.0.0")
    job = int(solo.cli("dataset", "deploy", "demo/anvil@1.0.0"))

    def show():
        return dict(line.split(maxsplit=1) for line in solo.cli("job", "show", job).splitlines())

    shown = wait_until(lambda: (now := show())["status"] == "FATAL" and now, "the job fails")
    assert shown["attempt"] == "1"
    assert shown["health"] == "FAILED: attempt 1 failed for good"
    assert shown["error"].startswith("CREATE_BLOCK_STREAM_CLIENT: ") and "anvil" in shown["error"]
    error = shown["error"]
    assert solo.deploy(anvil) == job
    solo.wait_for_block(2)
    shown = show()
    assert (shown["status"], shown["attempt"]) == ("RUNNING", "2")
    assert shown["health"].startswith("OK: ")
    assert shown["error"].startswith(f"{error}, at 20")


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


class Terminal:
    """A command on a terminal of its own, as a shell starts it."""

    def __init__(self, words, columns, **environment):
        self.text = ""
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execve(BINARY, [BINARY, *words], {**os.environ, "TERM": "xterm", **environment})
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.set_blocking(self._master, False)
        self._bytes = b""
        self.status = None

    def read(self):
        try:
            self._bytes += os.read(self._master, 65536)
        except OSError:  # Nothing now, or never again.
            pass
        # The kernel gives bytes, not characters.
        self.text = self._bytes.decode(errors="ignore")
        return self.text

    def wait_for(self, words, count=1):
        """Until the words have been drawn so often; the last whole frame."""
        wait_until(lambda: self.read().count(words) >= count, f"{words} is drawn {count} times")
        return self.text.split("TABLE")[-2] if count > 1 else self.text

    def press(self, key):
        os.write(self._master, key)

    def wait(self):
        """How it ended."""
        def has_ended():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            return pid
        wait_until(has_ended, "it ends")
        self.read()
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._master)


@pytest.fixture
def terminal(solo):
    opened = []

    def open_terminal(*words, columns=100, **environment):
        opened.append(Terminal([*words, "--url", solo.url], columns, **environment))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()


def visible(text):
    """The lines of a frame without what colours them."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "").splitlines()


WATCH = ("progress", "demo/anvil", "--watch", "--interval", "0.05")


def test_a_job_with_an_end_is_watched_as_bars_in_place(anvil, solo, terminal):
    anvil.mine(29)
    solo.deploy(anvil, end_block=39)
    solo.wait_for_block(29)
    watch = terminal(*WATCH, columns=90, LC_ALL="C.UTF-8", NO_COLOR="")
    frame = watch.wait_for("TABLE", 3)
    assert "\x1b[32mRUNNING\x1b[0m" in frame
    title, *rows = visible("TABLE" + frame)[:4]
    assert title.split() == ["TABLE", "STATUS", "PROGRESS", "BLOCK", "SIZE", "SPEED", "LEFT"]
    for row in rows:
        assert re.search(r" █+[▏▎▍▌▋▊▉]?░+  75%  +29  .*/s  +\S", row), row
        assert len(row) <= 90
    anvil.mine(10)
    frame = watch.wait_for("done", 12)
    assert all(re.search(r" █{20,} 100%  +39 .* done$", row) for row in visible(frame)[1:4]), frame
    watch.press(b"\x03")
    assert os.WTERMSIG(watch.wait()) == signal.SIGINT
    # Nothing that would have to be undone: the cursor was neither hidden nor left in the block.
    assert set(re.findall(r"\x1b\[[0-9;]*([A-Za-z?])", watch.text)) <= set("mAKJ")
    assert watch.text.removesuffix("^C").rstrip("\x1b[J").endswith("\n")


def test_bars_are_ascii_and_plain_where_the_environment_says_so(anvil, solo, terminal):
    anvil.mine(9)
    solo.deploy(anvil, end_block=39)
    solo.wait_for_block(9)
    watch = terminal(*WATCH, columns=90, LC_ALL="C", NO_COLOR="1")
    frame = watch.wait_for("TABLE", 3)
    assert re.search(r"blocks +RUNNING +\[#+-+\]  25%", frame), frame
    assert "\x1b[32m" not in frame and frame.isascii()
    # A narrow screen: lines are cut, for one that wraps cannot be drawn over.
    narrow = terminal(*WATCH, columns=30, LC_ALL="C", NO_COLOR="1")
    assert all(len(line) <= 30 for line in visible("TABLE" + narrow.wait_for("TABLE", 3)))


def test_a_job_without_an_end_has_no_bar(anvil, solo, terminal):
    anvil.mine(9)
    solo.deploy(anvil)
    solo.wait_for_block(9)
    frame = terminal(*WATCH, LC_ALL="C.UTF-8").wait_for("TABLE", 3)
    assert "%" not in frame and "█" not in frame and "NEWEST BLOCK" in frame
    # A log gets a line each, end or no end.
    watch = subprocess.Popen([BINARY, *WATCH, "--url", solo.url], stdout=subprocess.PIPE, text=True)
    try:
        lines = [watch.stdout.readline() for _ in range(2)]
    finally:
        watch.kill()
        watch.wait()
    assert all(line.startswith("blocks=9  transactions=9  logs=9  status=RUNNING") for line in lines)


def test_completions_complete(tmp_path):
    script = tmp_path / "completion.bash"
    script.write_text(tidemark("completion", "bash").stdout)
    ask = ('source "$1"; COMP_WORDS=(tidemark dataset reg); COMP_CWORD=2; _tidemark;'
           ' echo "${COMPREPLY[@]}"; COMP_WORDS=(tidemark progress a/b --wa); COMP_CWORD=3; _tidemark;'
           ' echo "${COMPREPLY[@]}"; COMP_WORDS=(tidemark attach --ins); COMP_CWORD=2; _tidemark;'
           ' echo "${COMPREPLY[@]}"')
    result = subprocess.run(["bash", "-c", ask, "-", script], text=True, capture_output=True)
    assert result.stdout.split() == ["register", "--watch", "--install-feed"], result.stderr


def test_a_reader_that_goes_away_ends_the_watch(anvil, solo):
    anvil.mine(2)
    solo.deploy(anvil)
    solo.wait_for_block(2)
    watch = subprocess.Popen([BINARY, "progress", "demo/anvil", "--watch", "--interval", "0.05",
                              "--url", solo.url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    watch.stdout.readline()
    watch.stdout.close()
    assert watch.wait(timeout=10) != 0
