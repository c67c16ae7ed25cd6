"""What was measured, as Markdown and JSON, ratios first."""

import dataclasses
import json
import os
import platform
import statistics
import subprocess
from pathlib import Path

from disturbance import Disturbance

MOST_BY_OTHERS = 0.1  # Of the machine, for a figure to be held against its aim.


@dataclasses.dataclass
class Aim:
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""  # None: a ratio.

    def is_met(self, value):
        return value >= self.at_least if self.at_most is None else value <= self.at_most

    def __str__(self):
        bound, word = ((self.at_least, "at least") if self.at_most is None
                       else (self.at_most, "at most"))
        return f"{word} {bound:,g}{' ' + self.unit if self.unit else ''}"


@dataclasses.dataclass
class Line:
    """One figure that has an aim."""

    row: int
    what: str
    beside: str
    value: float | None = None
    aim: Aim | None = None
    spread: tuple[float, float] | None = None  # Least and greatest of the rounds.
    why_not: str = ""                          # There is no value.
    others: float = 0.0                        # The share of the machine that others used meanwhile.

    @property
    def met(self):
        if self.value is None or self.aim is None or self.others > MOST_BY_OTHERS:
            return None
        return self.aim.is_met(self.value)

    def value_text(self):
        if self.value is None:
            return f"not measured: {self.why_not}"
        unit = f" {self.aim.unit}" if self.aim and self.aim.unit else ""
        spread = f" ({figure(self.spread[0])} to {figure(self.spread[1])})" if self.spread else ""
        others = (f", while others used {100 * self.others:.0f} % of the machine"
                  if self.others > MOST_BY_OTHERS else "")
        return f"{figure(self.value)}{unit}{spread}{others}"


def figure(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line_of_rounds(row, what, beside, values, aim):
    """The median of one value a round."""
    return Line(row, what, beside, statistics.median(values), aim, (min(values), max(values)))


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory_kb = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()
                     if line.startswith("MemTotal:"))
    system = next((line.split("=", 1)[1].strip('"') for line in
                   Path("/etc/os-release").read_text().splitlines()
                   if line.startswith("PRETTY_NAME=")), "unknown")
    return {"cpu": f"{len(os.sched_getaffinity(0))} x {cpu}", "memory": f"{memory_kb / 2**20:.0f} GiB",
            "system": f"{system}, Linux {platform.release().split('-')[0]}",
            "load before": f"{os.getloadavg()[0]:.2f}", "revision": revision(),
            "nginx": version("nginx", "-v"),
            "PostgreSQL": version("/usr/lib/postgresql/15/bin/postgres", "-V")}


def revision():
    git = subprocess.run(["git", "describe", "--always", "--dirty"], text=True, capture_output=True,
                         cwd=Path(__file__).parent)
    return git.stdout.strip() or "unknown"


def version(*command):
    try:
        said = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
    except OSError:
        return "not installed"
    return (said.stdout + said.stderr).strip().split()[-1 if "nginx" in command[0] else 2]


class Report:
    def __init__(self, rounds, seconds):
        self.machine = machine()
        self.rounds, self.seconds = rounds, seconds
        self.lines = []
        self._disturbance = Disturbance()
        self.figures = []  # (row, title, column names, list of value lists)

    def begin_row(self):
        self._disturbance = Disturbance()

    def add(self, line):
        line.others = self._disturbance.share()
        self.lines.append(line)
        met = {True: "met", False: "MISSED", None: "not judged"}[line.met]
        print(f"  {line.what}: {line.value_text()} [{line.aim or ''}] {met}", flush=True)

    def add_figures(self, row, title, columns, values):
        self.figures.append((row, title, columns, values))

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        markdown, data = folder / "report.md", folder / "report.json"
        markdown.write_text(self.as_markdown())
        data.write_text(json.dumps(self.as_json(), indent=1) + "\n")
        return markdown, data

    def as_markdown(self):
        words = {True: "yes", False: "**no**", None: "-"}
        out = ["# Benchmark", "",
               f"Medians of {self.rounds} rounds of {self.seconds:g} s in turns; least and greatest in "
               f"brackets. What was measured while others used more than {100 * MOST_BY_OTHERS:.0f} % of the "
               "machine is not held against its aim.", ""]
        out += [f"- {name}: {value}" for name, value in self.machine.items()] + [""]
        out += table(["row", "what", "beside", "measured", "aim", "met"],
                     [[line.row, line.what, line.beside, line.value_text(), line.aim or "-",
                       words[line.met]] for line in self.lines])
        for row, title, columns, values in self.figures:
            out += ["", f"## {row}. {title}", ""]
            out += table(columns, [[figure(value) if isinstance(value, float) else value
                                    for value in each] for each in values])
        return "\n".join(out) + "\n"

    def as_json(self):
        return {"machine": self.machine, "rounds": self.rounds, "seconds": self.seconds,
                "lines": [{"row": line.row, "what": line.what, "beside": line.beside,
                           "value": line.value, "spread": line.spread, "aim": str(line.aim or ""),
                           "met": line.met, "others": line.others, "why_not": line.why_not} for line in self.lines],
                "figures": [{"row": row, "title": title, "columns": columns, "values": values}
                            for row, title, columns, values in self.figures]}


def table(columns, rows):
    return ["| " + " | ".join(map(str, columns)) + " |", "|" + "---|" * len(columns),
            *("| " + " | ".join(map(str, row)) + " |" for row in rows)]
