"""Ends programs at random moments and starts them again, and asks them all the while."""

import collections
import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time

from conftest import BINARY
from history_sources import Unavailable
from traffic import RpcError


def slowness():
    """How many times as long as an optimised build this one takes to start: under a sanitizer several
    times. Whoever is killed must live long enough to do something."""
    began = time.monotonic()
    for _ in range(5):
        subprocess.run([BINARY, "--version"], stdout=subprocess.DEVNULL, check=True)
    return min(max(1, (time.monotonic() - began) / 5 / 0.05), 5)


class Torture:
    """Threads that run until it is over. What one of them finds wrong ends all and fails the test."""

    def __init__(self, seed):
        self._seed = seed
        self.slowness = slowness()
        self.counts = collections.Counter()
        self._mutex = threading.Lock()
        self._over = threading.Event()
        self._threads = []
        self.failures = []

    def count(self, what):
        with self._mutex:
            self.counts[what] += 1

    def run(self, name, step):
        """Calls `step` with a random generator of its own until it is over."""
        # Each thread has its own, so that their interleaving does not change what each of them draws.
        draw = random.Random(f"{self._seed} {name}")

        def loop():
            try:
                while not self._over.is_set():
                    step(draw)
            except BaseException as error:  # noqa: BLE001 (told by whoever joins the thread)
                self.failures.append(f"{name}: {error!r}")
                self._over.set()

        thread = threading.Thread(target=loop, name=name)
        self._threads.append(thread)
        thread.start()

    def pause(self, seconds):
        """False if it is over."""
        return not self._over.wait(seconds)

    def wait(self, condition, within_s):
        """Until the condition holds, something has failed, or time is up."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and not condition() and self.pause(0.05):
            pass

    def abandon(self):
        """Ends all, whatever they found."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def end(self):
        self.abandon()
        assert not self.failures, self.failures
        assert not any(thread.is_alive() for thread in self._threads)


class Victim:
    """A program that is ended and started again for as long as it lasts."""

    def __init__(self, torture, name, program, pause_s=(0.1, 1.0), may_exit=()):
        """`may_exit`: codes with which it may end by itself, as when it starts without its database."""
        self.torture, self.name, self.program = torture, name, program
        self._pause_s, self._may_exit = pause_s, may_exit
        torture.run(name, self.step)

    def step(self, draw):
        process = self.program.process
        delay, how = draw.uniform(0, 0.8) * self.torture.slowness, draw.random()
        self.torture.pause(delay)
        if process.poll() is not None:
            assert process.returncode in self._may_exit, (
                f"ended by itself with {process.returncode}: {self.program.log.read_text()}")
            self.torture.count("exits without a database")
        elif how < 0.88:
            process.kill()
            process.wait(timeout=10)
            self.torture.count("kill -9")
        elif how < 0.95:
            self.terminate(process)
        else:
            process.send_signal(signal.SIGSTOP)
            self.torture.pause(draw.uniform(*self._pause_s))
            process.send_signal(signal.SIGCONT)
            self.torture.count("SIGSTOP")
            return
        assert "Sanitizer" not in self.program.log.read_text(), self.program.log.read_text()
        self.program.begin()
        self.torture.count("restarts")

    def terminate(self, process):
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=20)
        # Before it has its handler in place the signal is deadly.
        assert code in (0, -signal.SIGTERM, *self._may_exit), (
            f"SIGTERM: {code}: {self.program.log.read_text()}")
        self.torture.count("SIGTERM")


class Poller:
    """Asks a server for datasets in turn, and hands in what it gets."""

    def __init__(self, torture, name, program, histories, every_s=0.02):
        """`histories`: by dataset."""
        self.torture, self.name, self.program = torture, name, program
        self._every_s = every_s
        self._histories = list(histories.items())
        torture.run(name, self.step)

    def step(self, draw):
        self.torture.pause(self._every_s)
        address = self.program.address_now()
        if address is None:
            return
        dataset, history = draw.choice(self._histories)
        path = f"/datasets/{dataset}/versions/1.0.0"
        table = draw.choice([None, None, "blocks", "transactions", "logs"])
        path += f"/tables/{table}/progress" if table else "/progress"
        asked = time.monotonic()
        status, text = ask(address, "GET", path)
        answered = time.monotonic()
        if status is None:
            self.torture.count("polls without an answer")
            return
        self.torture.count(f"polls answered {status}")
        if status == 200:
            answer = json.loads(text)
            history.answer(self.name, asked, answered, dataset, [answer] if table else answer["tables"])
        else:
            assert status == 503, f"{path}: {status}: {text}"


class Operator:
    """Stops the job of a dataset and deploys it again, in any order."""

    def __init__(self, torture, name, program, dataset, job, every_s=1.5):
        self.torture, self.program, self.job, self._every_s = torture, program, job, every_s
        self._deploy_path = f"/datasets/{dataset}/versions/1.0.0/deploy"
        torture.run(name, self.step)

    def step(self, draw):
        self.torture.pause(draw.uniform(0, 2 * self._every_s))
        if draw.random() < 0.4:
            self._send("stop", "PUT", f"/jobs/{self.job}/stop", None)
        else:
            self.deploy()

    def deploy(self):
        """True if the job is active now, as it was before or again."""
        return self._send("deploy", "POST", self._deploy_path, "{}") == 202

    def _send(self, what, method, path, body):
        address = self.program.address_now()
        status, text = ask(address, method, path, body) if address else (None, "")
        self.torture.count(f"{what}: {status or 'no answer'}")
        # 409: it is in a state that does not allow it. 400: no worker is alive.
        assert (status in (None, 200, 202, 409, 503)
                or (status == 400 and "WORKER_NOT_AVAILABLE" in text)), f"{what}: {status}: {text}"
        return status


def ask(address, method, path, body=None):
    """Status and text of an answer; None for both if there is none."""
    connection = http.client.HTTPConnection(address, timeout=15)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return None, None
    finally:
        connection.close()


def look_on(torture, name, history, every_s=0.3):
    def step(_):
        torture.pause(every_s)
        try:
            history.look()
            torture.count("looks")
        except Unavailable:
            torture.count("looks without an answer")
    torture.run(name, step)


def mine_on(torture, name, anvil, every_s=0.15, reorg=0.0):
    """Blocks with and without traffic; `reorg`: how likely a turn replaces the last few."""
    anvil.mine_traffic(1)

    def step(draw):
        torture.pause(every_s)
        try:
            if draw.random() < reorg:
                anvil.call("anvil_reorg", draw.randint(1, 3), [])
                torture.count("reorgs")
            elif draw.random() < 0.5:
                anvil.mine_traffic(1, per_block=2)
            else:
                anvil.mine(draw.randint(1, 3))
        except RpcError:
            # A machine with much to do; the next turn tries again.
            torture.count("turns without an answer of anvil")
    torture.run(name, step)


def all_is_kept(history, chains):
    broken = history.verdict(chains)
    assert not broken, "\n".join(["promises were broken:", *broken])


def seed_of_this_run():
    seed = int(os.environ.get("TIDEMARK_SEED", str(time.time_ns())))
    print(f"rerun with TIDEMARK_SEED={seed}")
    return seed
