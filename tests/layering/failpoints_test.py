"""A binary has failpoints if it was built with them, and else no trace of any.

What a trace is, a name or a symbol, is looked for in the same way in both, and in an object file that
is compiled here with and without them, so that a search that finds nothing has been seen to find them.

  TIDEMARK_BINARY    the program
  TIDEMARK_FAILPOINTS_BUILT    ON or OFF: how it was built
  CXX                a compiler
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ["TIDEMARK_BINARY"])
IS_BUILT_IN = os.environ["TIDEMARK_FAILPOINTS_BUILT"] == "ON"

CALL = re.compile(r'TIDEMARK_FAILPOINT(?:_NO_THROW)?\("([^"]+)"\)')


def names():
    """Of every failpoint in the sources."""
    sources = [path for top in ("libs", "apps") for path in sorted((ROOT / top).rglob("*.cc"))
               if "tests" not in path.parts]
    return {name for path in sources for name in CALL.findall(path.read_text())}


def traces(file):
    """Names and symbols of failpoints in a binary or an object file."""
    data = file.read_bytes()
    found = {name for name in names() if name.encode() in data}
    symbols = subprocess.run(["nm", "-C", file], capture_output=True, text=True, check=True).stdout
    assert symbols.count("\n") > 0, f"{file} has no symbols to look at"
    found |= {match.lower() for match in re.findall("failpoint|crash_point", symbols, re.IGNORECASE)}
    found |= {text for text in ("TIDEMARK_FAILPOINTS", "failpoint_struck") if text.encode() in data}
    return found


@pytest.fixture
def compile(tmp_path):
    def to_object(*flags):
        source, target = tmp_path / "places.cc", tmp_path / "places.o"
        places = "".join(f'  TIDEMARK_FAILPOINT("{name}");\n' for name in sorted(names()))
        source.write_text('#include "tidemark/base/failpoint.h"\n'
                          f"tidemark::Status Places() {{\n{places}  return {{}};\n}}\n")
        subprocess.run([os.environ["CXX"], "-std=c++23", "-O1", *flags, "-I", ROOT / "libs/base/include",
                        "-c", source, "-o", target], check=True, timeout=120)
        return target
    return to_object


def test_the_search_finds_every_one_in_an_object_that_has_them(compile):
    assert len(names()) > 20
    assert traces(compile("-DTIDEMARK_FAILPOINTS")) == names() | {"failpoint"}


def test_the_same_source_without_them_has_no_trace(compile):
    assert traces(compile()) == set()


def test_the_binary_is_as_it_was_built():
    engine = {"failpoint", "crash_point", "TIDEMARK_FAILPOINTS", "failpoint_struck"}
    assert traces(BINARY) == (names() | engine if IS_BUILT_IN else set())


def test_the_binary_minds_the_variable_only_if_it_has_them():
    result = subprocess.run([BINARY, "--version"], env={**os.environ, "TIDEMARK_FAILPOINTS": "nonsense"},
                            capture_output=True, text=True, timeout=30)
    if IS_BUILT_IN:
        assert result.returncode == 2
        assert "TIDEMARK_FAILPOINTS: 'nonsense': an entry is NAME=ACTION" in result.stderr
    else:
        assert result.returncode == 0 and result.stderr == ""
