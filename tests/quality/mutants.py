"""Do the tests see? Small changes of the code, one at a time, and whether the unit tests notice.

`make mutants` runs this as a script, in a copy of the checkout. The changes are made by cosmic-ray's operators. Its own sessions
try every change of every file; here a fixed seed draws a sample, and each is tried in a fork of a process that has loaded the big libraries.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = ("scoring", "results", "slices", "expansion", "gate")
NOT_COPIED = (".git", ".venv", ".train", "runs", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")
BINARY = "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Div Mod_Mul Pow_Mul BitAnd_BitOr"
COMPARISON = "Lt_LtE LtE_Lt Gt_GtE GtE_Gt Lt_GtE Gt_LtE Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is"
OTHER = (
    "ReplaceUnaryOperator_Delete_USub ReplaceUnaryOperator_Delete_Not AddNot NumberReplacer ReplaceTrueWithFalse ReplaceFalseWithTrue "
    "ReplaceAndWithOr ReplaceOrWithAnd ReplaceBreakWithContinue ReplaceContinueWithBreak ZeroIterationForLoop"
)
REPLACED = (("Binary", BINARY), ("Comparison", COMPARISON))
OPERATORS = [f"core/Replace{kind}Operator_{name}" for kind, names in REPLACED for name in names.split()]
OPERATORS += [f"core/{name}" for name in OTHER.split()]
SAID = "what-the-tests-said.txt"
LOADED_ONCE = ("hypothesis", "numpy", "pydantic", "scipy.stats")


class Mutant(NamedTuple):
    """One change: a file, its line, an operator, and which of the operator's places in the file it is."""

    file: str
    line: int
    operator: str
    occurrence: int


def files_of(copy: Path, room: str) -> list[Path]:
    """The files of a room, and of the rooms within it."""
    return sorted((copy / "harness" / room).rglob("*.py"))


def mutants(copy: Path, room: str) -> list[Mutant]:
    """Every change that the operators know in the files of a room, decorators left out."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    found = []
    for path in files_of(copy, room):
        code = path.read_text()
        nodes = list(ast_nodes(get_ast(code)))
        for operator in OPERATORS:
            places = [at for node in nodes for at, _ in get_operator(operator)().mutation_positions(node)]
            for occurrence, (line, _) in enumerate(places):
                if not code.splitlines()[line - 1].lstrip().startswith("@"):
                    found.append(Mutant(str(path.relative_to(copy)), line, operator, occurrence))
    return found


def tests_of(copy: Path, room: str, stem: str) -> list[str]:
    """The room's unit tests, first those that name the module; then those of other rooms that import it."""
    unit = copy / "tests" / "unit"
    here = sorted((unit / room).glob("test_*.py"))
    here.sort(key=lambda path: not re.search(rf"\b{stem}\b", path.read_text()))
    elsewhere = [path for path in sorted(unit.rglob("test_*.py")) if path not in here]
    importing = re.compile(rf"harness\.{room}\.(\w+\.)*{stem}\b")
    return [str(path) for path in here + [path for path in elsewhere if importing.search(path.read_text())]]


def _run_tests(copy: Path, tests: list[str]) -> None:
    os.setsid()
    os.chdir(copy)
    os.environ.update(PYTHONPATH=str(copy / "src"), PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = True
    theirs = [path for path in sys.path if Path(path) not in (Path(__file__).parent, REPOSITORY / "src")]
    sys.path[:] = [str(copy / "src"), *theirs]
    said = os.open(copy / SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(said, descriptor)
    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-n", "0", "--hypothesis-seed=0"]
    os._exit(int(pytest.main([*options, *tests])))


def passes(copy: Path, tests: list[str], limit_s: float) -> bool:
    """Whether the tests pass within the time: tests that hang have noticed too."""
    child = multiprocessing.get_context("fork").Process(target=_run_tests, args=(copy, tests))
    child.start()
    child.join(limit_s)
    if child.is_alive():
        os.killpg(child.pid or 0, signal.SIGKILL)
        child.join()
    return child.exitcode == 0


def judge(copy: Path, room: str, drawn: list[Mutant], ends: float, limit_s: float) -> tuple[int, int]:
    """Try changes until the time is over, printing each that was missed. Returns how many were noticed, of how many."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    noticed = tried = 0
    for mutant in drawn:
        if time.monotonic() > ends:
            break
        path = copy / mutant.file
        code = path.read_text()
        changed = mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence)
        path.write_text(changed)
        missed = passes(copy, tests_of(copy, room, path.stem), limit_s)
        path.write_text(code)
        said = (copy / SAID).read_text()
        failing = re.findall(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
        if failing and not passes(copy, failing, limit_s):
            print(f"  not judged  {mutant.file}:{mutant.line}: as it is, too, {failing[0]} fails", flush=True)
            continue
        tried, noticed = tried + 1, noticed + (not missed)
        if missed:
            lines = zip(code.splitlines(), changed.splitlines(), strict=False)
            was, now = next((pair for pair in lines if pair[0] != pair[1]), ("", ""))
            print(
                f"  missed  {mutant.file}:{mutant.line}", was.strip(), now.strip(), sep="\n    ", flush=True
            )
    return noticed, tried


def main() -> None:
    """Print the changes that were missed and how many of each room were noticed."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=ROOMS)
    parser.add_argument("--sample", type=int, default=30, help="changes a room (default 30)")
    parser.add_argument("--only", default="", help="only files whose path holds this text")
    parser.add_argument("--seed", default="", help="draws another sample")
    parser.add_argument("--minutes", type=float, default=60, help="begin none after so long (default 60)")
    parser.add_argument(
        "--limit",
        type=float,
        default=600,
        help="seconds that one change may take: tests that hang have noticed (default 600)",
    )
    options = parser.parse_args()
    os.nice(10)
    for library in LOADED_ONCE:
        importlib.import_module(library)
    ends = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory(prefix="simgate-mutants-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(REPOSITORY, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
        for room in options.rooms:
            drawn = [mutant for mutant in mutants(copy, room) if options.only in mutant.file]
            random.Random(f"simgate {room}{options.seed}").shuffle(drawn)
            noticed, tried = judge(copy, room, drawn[: options.sample], ends, options.limit)
            print(f"{room}: {noticed} of {tried} noticed ({len(drawn)} changes known)", flush=True)


if __name__ == "__main__":
    main()
