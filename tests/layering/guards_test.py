"""Each layering guard fails on a tree that breaks its rule.

Method: copy the build files and the libraries' headers, break one rule, and run the guard as the gate
runs it. Nothing is compiled but the file that shows the break.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command, cwd=None):
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, text=True, capture_output=True, timeout=240
    )


def edit(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def tree(tmp_path):
    """A copy of what the guards look at, without the tests of the libraries."""
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("CMakeLists.txt", "ARCHITECTURE.md"):
        shutil.copy(ROOT / name, root)
    for name in ("cmake", "libs", "tools", "tests/layering"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("tests", "*.pyc")
                        if name == "libs" else None)
    (root / "apps/tidemark").mkdir(parents=True)
    (root / "apps/tidemark/CMakeLists.txt").write_text("")
    (root / "tests/CMakeLists.txt").write_text("add_subdirectory(layering)\n")
    (root / "docs").mkdir()
    for path in (ROOT / "docs").glob("*.json"):
        shutil.copy(path, root / "docs")
    return root


def configure(tree):
    return run("cmake", "-S", tree, "-B", tree / "build", "-G", "Ninja")


def build(tree, target):
    return run("cmake", "--build", tree / "build", "--target", target)


def check_source(tree):
    return run("python3", tree / "tools/check_source.py", tree)


def test_the_copy_itself_passes(tree):
    assert configure(tree).returncode == 0
    assert check_source(tree).stdout == ""


def test_1_a_handler_cannot_include_the_metadata_database(tree):
    bad = tree / "libs/admin_api/src/bad.cc"
    bad.write_text('#include "tidemark/metadata_db/metadata_db.h"\n')
    assert configure(tree).returncode == 0
    result = build(tree, "libs/admin_api/CMakeFiles/tidemark_admin_api.dir/src/bad.cc.o")
    assert result.returncode != 0
    assert "metadata_db.h: No such file or directory" in result.stdout


@pytest.mark.parametrize("row", ["tidemark_layer(bad PUBLIC missing)",
                                 "tidemark_layer(bad PRIVATE bad)"])
def test_2_a_row_uses_only_earlier_rows(tree, row):
    edit(tree / "cmake/Layers.cmake", "\ntidemark_layer(model", f"\n{row}\ntidemark_layer(model")
    result = configure(tree)
    assert result.returncode != 0
    assert "it is not an earlier row" in result.stderr


def test_2_a_misspelt_target_stops_configuration(tree):
    with open(tree / "libs/chain/CMakeLists.txt", "a") as file:
        file.write("target_link_libraries(tidemark_chain PRIVATE tidemark_modle)\n")
    result = configure(tree)
    assert result.returncode != 0
    assert "tidemark_modle" in result.stderr


def test_3_a_private_link_made_public_is_seen(tree):
    edit(tree / "cmake/Layers.cmake", "tidemark_layer(data_store PUBLIC model PRIVATE",
         "tidemark_layer(data_store PUBLIC model")
    assert configure(tree).returncode == 0
    result = run("ctest", "--test-dir", tree / "build", "-R", "admin_api_cannot_include",
                 "--output-on-failure")
    assert result.returncode != 0
    assert "metadata_db.h can be included" in result.stdout


@pytest.mark.parametrize(
    "path, text, finding",
    [
        ("libs/admin_api/src/bad.cc", '#include "../metadata_db/rows.h"\n', "relative path"),
        ("libs/admin_api/src/bad.cc", "#include <sqlite3.h>\n", "only metadata_db_sqlite may"),
        ("libs/chain/src/bad.cc", "#include <boost/asio.hpp>\n", "only http may"),
        ("libs/chain/src/bad.cc", "#include <nlohmann/json.hpp>\n", "for tests only"),
        ("apps/tidemark/bad.cc", "#include <parquet/api.h>\n", "only parquet_io may"),
        ("libs/chain/src/bad.h", "int x;\n", "#pragma once"),
        ("libs/chain/src/bad.cc", "// TODO later\n", "TODO"),
        ("libs/chain/src/bad.cc", "/// Errors: kUnsupported.\n", "kUnsupported"),
        ("libs/newcomer/CMakeLists.txt", "", "newcomer"),
    ],
)
def test_4_check_source_finds(tree, path, text, finding):
    bad = tree / path
    bad.parent.mkdir(parents=True, exist_ok=True)
    bad.write_text(text)
    result = check_source(tree)
    assert result.returncode == 1
    assert finding in result.stdout


def test_4_check_source_compares_the_table_of_libraries(tree):
    edit(tree / "ARCHITECTURE.md", "| `chain` |", "| `chains` |")
    assert "ARCHITECTURE.md" in check_source(tree).stdout


def test_5_a_reference_to_the_database_is_seen(tree):
    source = tree / "bad.cc"
    source.write_text("namespace tidemark::metadata_db { void Open(); }\n"
                      "void Handler() { tidemark::metadata_db::Open(); }\n")
    assert run("c++", "-c", source, "-o", tree / "bad.o").returncode == 0
    assert run("ar", "rcs", tree / "bad.a", tree / "bad.o").returncode == 0
    result = run(ROOT / "tests/layering/check_symbols.sh", tree / "bad.a")
    assert result.returncode == 1
    assert "refers to the database" in result.stderr


def test_6_a_header_that_needs_another_first_is_seen(tree):
    bad = tree / "libs/base/include/tidemark/base/bad.h"
    bad.write_text("#pragma once\ninline std::string Name() { return {}; }\n")
    assert configure(tree).returncode == 0
    result = build(tree, "tidemark_base_verify_interface_header_sets")
    assert result.returncode != 0
    assert "bad.h" in result.stdout
