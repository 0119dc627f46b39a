"""Code in a file beside a document: found, refused and loaded without being installed."""

from __future__ import annotations

import inspect
import sys
import traceback
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest

from simgate.sim_adapters.files.code_file import (
    BadReference,
    Reference,
    check_reference,
    class_members,
    load_reference,
)


def load(written: str, folder: Path) -> Any:
    return load_reference(Reference.read(written, folder), folder)


def refused(written: str, folder: Path) -> str:
    with pytest.raises(BadReference) as caught:
        load(written, folder)
    return str(caught.value)


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def test_two_folders_with_a_file_of_one_name_are_two_modules(tmp_path: Path) -> None:
    before = list(sys.path)
    first = write(tmp_path / "a", mine="from .size import SIZE\n", size="SIZE = 1\n")
    second = write(tmp_path / "b", mine="from .size import SIZE\n", size="SIZE = 2\n")
    assert (load("mine.py:SIZE", first), load("mine.py:SIZE", second)) == (1, 2)
    assert sys.path == before
    assert not {"mine", "size"} & sys.modules.keys()


def test_no_cache_is_left_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    write(tmp_path, mine="SIZE = 1\n")
    load("mine.py:SIZE", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_a_traceback_and_a_debugger_see_the_true_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, mine="\n\ndef fails():\n    raise ValueError('no')\n")
    fails = load("mine.py:fails", tmp_path)
    with pytest.raises(ValueError) as caught:
        fails()
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(tmp_path / "mine.py"), 4)
    assert last.line == "raise ValueError('no')"
    assert (fails.__code__.co_filename, fails.__code__.co_firstlineno) == (str(tmp_path / "mine.py"), 3)
    assert inspect.getsource(fails).startswith("def fails")


def test_a_file_may_lie_deeper_and_import_what_lies_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "code", mine="from .parts.arm import LENGTH\n")
    write(tmp_path / "code" / "parts", arm="LENGTH = 0.7\n")
    assert load("code/mine.py:LENGTH", tmp_path) == 0.7


def test_an_attribute_may_lie_within_a_class(tmp_path: Path) -> None:
    write(tmp_path, mine="class Arm:\n    reach = 3\n")
    assert load("mine.py:Arm.reach", tmp_path) == 3


def test_a_module_that_is_installed_is_named_with_dots(tmp_path: Path) -> None:
    assert load("json.decoder:JSONDecoder", tmp_path).__name__ == "JSONDecoder"
    assert "ModuleNotFoundError: No module named 'no_such'" in refused("no_such.thing:A", tmp_path)


@pytest.mark.parametrize(
    ("text", "written", "said"),
    [
        ("", "none.py:A", "file 'none.py' does not exist; looked for"),
        ("class Arm: ...\n", "mine.py:Amr", "mine.py has no 'Amr'; did you mean 'mine.py:Arm'?"),
        ("A = 1\n", "mine.py:Zebra", "mine.py has no 'Zebra'; it has A"),
        ("A = " + "-" * 200_000 + "1\n", "mine.py:A", "mine.py is nested too deeply to be read"),
        ("A = " + "1+" * 100_000 + "1\n", "mine.py:A", "mine.py is nested too deeply to be read"),
        ("A = a" + ".b" * 50_000 + "\n", "mine.py:A", "mine.py is nested too deeply to be read"),
        ("\nA = 1\0\n", "mine.py:A", "mine.py:2: there is a zero byte in it; save the file as UTF-8 text"),
        ("# coding: klingon\nA = 1\n", "mine.py:A", "mine.py: unknown encoding: klingon; save the file as"),
        ("A = 1\nraise GeneratorExit\n", "mine.py:A", "mine.py:2 fails when it is imported: GeneratorExit"),
        ("x = (\n", "mine.py:x", "mine.py:1: '(' was never closed"),
        ("A = 1\n", "mine.py:", "does not say which object of the file is meant"),
        ("A = 1\n", "mi ne:A", "'mi ne' is no Python module"),
        ("A = 1\n", "my.file.py:A", "cannot be imported; name the file with one dot"),
        ("import size\nA = 1\n", "mine.py:A", "size.py lies beside it: write 'from .size import ...'"),
        ("\nA = 1 / 0\n", "mine.py:A", "mine.py:2 fails when it is imported: ZeroDivisionError"),
        ("import torchzz\nA = 1\n", "mine.py:A", "mine.py:1 fails when it is imported: ModuleNotFoundError"),
        ("raise SystemExit(3)\nA = 1\n", "mine.py:A", "mine.py:1 fails when it is imported: SystemExit"),
        ("from .size import SIDE as A\n", "mine.py:A", "cannot import name 'SIDE' from 'size'"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_with_file_line_and_remedy(
    tmp_path: Path, text: str, written: str, said: str
) -> None:
    write(tmp_path, mine=text, size="SIZE = 1\n")
    message = refused(written, tmp_path)
    assert said in message.replace(f"{tmp_path.name}/", "")
    assert "simgate_beside" not in message


def test_text_in_another_encoding_than_it_says_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_bytes(b"A = 1\nB = '\xe9'\n")
    assert "mine.py:2: it is not written in utf-8; save the file as UTF-8 text" in refused(
        "mine.py:A", tmp_path
    )


@pytest.mark.parametrize("other", ["mine/__init__.py", "mine/__init__.pyc", f"mine{EXTENSION_SUFFIXES[0]}"])
def test_a_file_in_the_place_of_which_python_finds_another_is_refused_by_both_names(
    tmp_path: Path, other: str
) -> None:
    write(tmp_path, mine="A = 1\n")
    (tmp_path / "mine").mkdir()  # Without an __init__ it is no module before the file.
    check_reference(Reference.read("mine.py:A", tmp_path), tmp_path)
    (tmp_path / other).write_text("A = 2\n")
    assert f"Python finds {other} in the place of mine.py; rename one of them" in refused(
        "mine.py:A", tmp_path
    )


def test_what_a_process_has_loaded_stays_as_it_is_while_the_file_is_edited(tmp_path: Path) -> None:
    write(tmp_path, mine="A = [1]\n")
    first = load("mine.py:A", tmp_path)
    write(tmp_path, mine="A = [\n")
    assert load("mine.py:A", tmp_path) is first


def test_a_mistake_in_a_helper_is_told_at_the_helper(tmp_path: Path) -> None:
    write(tmp_path, mine="from .size import SIZE\n", size="\n\nSIZE = [\n")
    assert "size.py:3 fails when it is imported: '[' was never closed" in refused("mine.py:SIZE", tmp_path)


def test_a_file_outside_of_the_folder_is_refused_unless_it_is_of_the_same_repository(tmp_path: Path) -> None:
    write(tmp_path, mine="A = 1\n")
    pack = write(tmp_path / "packs" / "one")
    (pack / "link.py").symlink_to(tmp_path / "mine.py")
    for written in ("../../mine.py:A", f"{tmp_path}/mine.py:A", "link.py:A"):
        assert f"leads out of {pack}" in refused(written, pack)
    (tmp_path / ".git").mkdir()
    assert load("../../mine.py:A", pack) == 1


def test_names_are_looked_for_without_running_the_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        mine="raise RuntimeError\ntry:\n    import json as A\nexcept ImportError:\n    B, C = 1, 2\n",
    )
    for name in "ABC":
        check_reference(Reference.read(f"mine.py:{name}", tmp_path), tmp_path)
    with pytest.raises(BadReference, match="it has A, B, C"):
        check_reference(Reference.read("mine.py:zzz", tmp_path), tmp_path)
    write(tmp_path, mine="from json import *\n")
    check_reference(Reference.read("mine.py:loads", tmp_path), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    from .size import SIZE\nexcept ImportError:\n    from size import SIZE\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import size\nSIZE = 1\n",
    ],
)
def test_an_import_that_may_fail_or_need_not_run_is_no_problem(tmp_path: Path, text: str) -> None:
    write(tmp_path, mine=text, size="SIZE = 1\n")
    assert load("mine.py:SIZE", tmp_path) == 1


def test_what_only_running_can_tell_is_not_refused(tmp_path: Path) -> None:
    branches = "".join(f"elif {k}:\n    B = {k}\n" for k in range(2000))
    write(tmp_path, one="match 1:\n    case A:\n        pass\n", two=f"if 0:\n    A = 2\n{branches}")
    assert load("one.py:A", tmp_path) == 1
    check_reference(Reference.read("two.py:A", tmp_path), tmp_path)
    write(tmp_path, mine="class Any:\n    def __getattr__(self, name):\n        return None\n")
    assert class_members(Reference.read("mine.py:Any", tmp_path)) is None
