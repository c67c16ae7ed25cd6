#!/usr/bin/env python3
"""A PostgreSQL server for tests: private, empty, on loopback, and gone when its user is.

usage: postgres.py -- COMMAND [ARGUMENT...]    runs the command with TIDEMARK_TEST_POSTGRES set to
                                               the URL of a superuser, and exits as it does

In Python: `with Postgres() as server: ... server.url ...`. The server's log is server.log in its data
folder, where pg_read_file('server.log') finds it.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(os.environ.get("TIDEMARK_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))

SETTINGS = {
    # Nothing here outlives the machine, so nothing need reach the disk; but a commit outlives a
    # server that is killed.
    "fsync": "off",
    "full_page_writes": "off",
    # Tests provoke deadlocks, and would wait a second for each.
    "deadlock_timeout": "50ms",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
}


def _account():
    """The user to run the server as, which refuses to run as root; None for the present one."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _run_as(account):
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid,
                                       "extra_groups": []}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """One cluster. Databases are made with createdb or SQL; roles likewise."""

    def __init__(self, **settings):
        """`settings`: further settings of the server."""
        self.password = secrets.token_hex(16)
        self.folder = Path(tempfile.mkdtemp(prefix="tidemark-postgres-"))
        self.process = None
        self.port = None
        self._account = _account()
        self._settings = {**SETTINGS, **settings}
        self._janitor = _start_janitor(self.folder)
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def data(self):
        return self.folder / "data"

    @property
    def url(self):
        """Of the superuser, to the database "postgres"."""
        return self.url_of("postgres")

    def url_of(self, database, user="postgres", password=None):
        return (f"postgres://{user}:{password or self.password}"
                f"@127.0.0.1:{self.port}/{database}")

    def start(self):
        """Starts the server, on the port it had if it has run before."""
        for _ in range(20):
            if self.port is None:
                self.port = _free_port()
            if self._try_start():
                return
            # Somebody took the port between the look and the start.
            if "Address already in use" not in self.log():
                break
            self.port = None
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log()}")

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT: at once, as after a crash. SIGINT: ends all sessions first."""
        if self.process is not None:
            self.process.send_signal(how)
            # A stopped process gets no signal but this one.
            self.process.send_signal(signal.SIGCONT)
            self.process.wait(timeout=30)
            self.process = None

    def log(self):
        path = self.data / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def psql(self, sql, database="postgres"):
        """Runs a script as the superuser; its rows, unaligned, fields parted by '|'."""
        result = subprocess.run(
            [BIN / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.url_of(database)],
            input=sql, text=True, capture_output=True, timeout=60)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        return result.stdout

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._janitor.stdin.close()
            self._janitor.wait(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _initialise(self):
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self._account is not None:
            os.chown(secret, self._account.pw_uid, self._account.pw_gid)
        subprocess.run(
            [BIN / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
             "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--no-instructions"],
            cwd=self.folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            **_run_as(self._account))

    def _try_start(self):
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.data / "server.log", "w") as log:
            if self._account is not None:
                os.fchown(log.fileno(), self._account.pw_uid, self._account.pw_gid)
            self.process = subprocess.Popen(
                [BIN / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.folder, *settings],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **_run_as(self._account))
        deadline = time.monotonic() + 60
        while self.process.poll() is None:
            ready = subprocess.run([BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)])
            if ready.returncode == 0 and (self.data / "postmaster.pid").exists():
                return True
            if time.monotonic() > deadline:
                self.stop()
                break
            time.sleep(0.02)
        self.process = None
        return False


def _start_janitor(folder):
    """A process that removes server and folder should this one be killed."""
    janitor = subprocess.Popen([sys.executable, "-S", __file__, "--janitor", folder],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    # It has left the family once it has closed its output: whoever kills a process with all its
    # children no longer finds it.
    with janitor.stdout:
        janitor.stdout.read()
    return janitor


def _clean_up_after(folder):
    if os.fork() != 0:
        return
    os.close(1)
    os.read(0, 1)  # Ends when the parent has closed the pipe, or is dead.
    try:
        pid = int((folder / "data/postmaster.pid").read_text().split()[0])
        # Whoever has the number now must be that server.
        if os.fsencode(folder) in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGQUIT)
            os.kill(pid, signal.SIGCONT)
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.05)
    except (OSError, ValueError, IndexError):
        pass
    shutil.rmtree(folder, ignore_errors=True)


def _run(command):
    def give_up(number, _):
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, give_up)
    with Postgres() as server:
        process = subprocess.Popen(command, env={**os.environ, "TIDEMARK_TEST_POSTGRES": server.url})
        try:
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    return code if code >= 0 else 128 - code


def main():
    match sys.argv[1:]:
        case ["--janitor", folder]:
            return _clean_up_after(Path(folder))
        case ["--", _, *_]:
            return _run(sys.argv[2:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
