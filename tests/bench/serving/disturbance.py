"""Whether somebody else used the machine meanwhile, who makes every figure a guess."""

import contextlib
import os
import time
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def machine_s():
    """CPU time that was used by anybody, or taken by the host. Interrupts belong to nobody."""
    user, nice, system, _idle, _wait, _irq, _softirq, steal, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + steal) / TICKS_A_SECOND


def own_s():
    """CPU time of this process and all that it has started, also of what has ended."""
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            pid = int(folder.name)
            parents[pid], used[pid] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS_A_SECOND

    def is_ours(pid):
        while pid not in (0, os.getpid()):
            pid = parents.get(pid, 0)
        return pid != 0
    return sum(used[pid] for pid in used if is_ours(pid))


class Disturbance:
    """Counts from when it is made."""

    def __init__(self):
        self._cores = os.cpu_count()
        self._machine_s, self._own_s, self._began = machine_s(), own_s(), time.monotonic()

    def share(self):
        """Of the machine's time, what others used."""
        others_s = machine_s() - self._machine_s - (own_s() - self._own_s)
        return max(0.0, others_s / (self._cores * (time.monotonic() - self._began)))
