"""Do the tests see? Small changes of the code, one at a time, and whether the unit tests notice.

`make mutants` runs this as a script, in a copy of the checkout. The changes are made by cosmic-ray's operators. Its own sessions
try every change of every file; here a fixed seed draws a sample. Each is tried in a fork of a process that has loaded the big libraries,
against the tests that were seen to run the changed lines, and only if those pass against all that could notice it.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = ("scoring", "results", "slices", "expansion", "gate")
MADE_HERE = {".git", ".venv", ".train", "runs", "build", "dist"}
"""At the top of a checkout; below, folders with these names are the project's."""
MADE = ("__pycache__", ".*_cache", ".hypothesis")
BINARY = "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Div Mod_Mul Pow_Mul BitAnd_BitOr"
COMPARISON = "Lt_LtE LtE_Lt Gt_GtE GtE_Gt Lt_GtE Gt_LtE Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is"
OTHER = (
    "ReplaceUnaryOperator_Delete_USub ReplaceUnaryOperator_Delete_Not AddNot NumberReplacer ReplaceTrueWithFalse ReplaceFalseWithTrue "
    "ReplaceAndWithOr ReplaceOrWithAnd ReplaceBreakWithContinue ReplaceContinueWithBreak ZeroIterationForLoop"
)
REPLACED = (("Binary", BINARY), ("Comparison", COMPARISON))
OPERATORS = [f"core/Replace{kind}Operator_{name}" for kind, names in REPLACED for name in names.split()]
OPERATORS += [f"core/{name}" for name in OTHER.split()]
SAID, SEEN = "what-the-tests-said.txt", "what-the-tests-ran.json"
WAITS = 20
"""Seconds by the clock for each second of the processor that tests may take."""
LOADED_ONCE = ("hypothesis", "numpy", "pydantic", "scipy.stats")


class Mutant(NamedTuple):
    """One change: a file, its line, an operator, and which of the operator's places in the file it is."""

    file: str
    line: int
    operator: str
    occurrence: int


def files_of(copy: Path, room: str) -> list[Path]:
    """The files of a room, and of the rooms within it; a suite of tests for plugins is none to be tested."""
    found = sorted((copy / "harness" / room).rglob("*.py"))
    return [path for path in found if "conformance" not in path.parts]


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


class Seen(NamedTuple):
    """What the unit tests of a room were seen to do on the code as it is.

    Attributes:
        ran: File -> line -> tests that ran it; a test file stands for all its tests where a fixture did.
        seconds: Test -> how long it takes; those that fail on the code as it is are left out.
    """

    ran: dict[str, dict[str, list[str]]]
    seconds: dict[str, float]

    def of(self, file: str, lines: range) -> list[str]:
        """Tests that run some of these lines; those that run any of the file, where lines run at its import."""
        known = self.ran.get(file, {})
        found = {test for line in lines for test in known.get(str(line), ())}
        if not found:
            found = {test for tests in known.values() for test in tests}
        return [test for test in self.seconds if test in found or test.partition("::")[0] in found]


class Watch:
    """pytest's plugin that sees which test runs which lines of a folder, and for how long."""

    def __init__(self, copy: Path, folder: Path) -> None:
        import coverage

        self._copy = copy
        self._coverage = coverage.Coverage(data_file=None, include=[f"{folder.resolve()}/*"])
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._failed: set[str] = set()
        self._coverage.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """What a fixture runs is run for every test of its file."""
        self._coverage.switch_context(item.nodeid.partition("::")[0])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """From here on the test itself runs."""
        self._coverage.switch_context(item.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        """Who tidies up asserts nothing."""
        self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds up how long a test takes."""
        self._seconds[report.nodeid] += report.duration
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Writes down what was seen."""
        self._coverage.stop()
        data = self._coverage.get_data()
        ran = {
            str(Path(file).relative_to(self._copy.resolve())): {
                line: [test for test in tests if test]
                for line, tests in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        seconds = {test: took for test, took in self._seconds.items() if test not in self._failed}
        (self._copy / SEEN).write_text(json.dumps([ran, seconds]))


class Only:
    """pytest's plugin that leaves out all but some tests."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = set(tests)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keeps those asked for; files stay in the order in which they were named."""
        items[:] = [item for item in items if item.nodeid in self._tests]


def statement(code: str, line: int) -> range:
    """The lines of the statement in which a line lies, of ``if``, ``for`` and the like their first lines.

    Empty for what runs when a module is imported.
    """
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = [
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    innermost = max(inside, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
    if isinstance(innermost, functions) or not any(isinstance(node, functions) for node in inside):
        return range(0)
    body = getattr(innermost, "body", None)
    end = body[0].lineno if isinstance(body, list) else (innermost.end_lineno or innermost.lineno) + 1
    return range(innermost.lineno, max(end, line + 1))


def quickest_first(tests: Sequence[str], seconds: dict[str, float], stem: str) -> list[str]:
    """The files of tests: those that are named after a module first, then the quickest."""
    files: defaultdict[str, float] = defaultdict(float)
    for test in tests:
        files[test.partition("::")[0]] += seconds[test]
    return sorted(files, key=lambda file: (stem not in file, files[file]))


def importing(copy: Path, room: str, stem: str) -> list[str]:
    """Files of unit tests of other rooms that import a module."""
    unit = copy / "tests" / "unit"
    imports = re.compile(rf"harness\.{room}\.(\w+\.)*{stem}\b")
    elsewhere = [path for path in sorted(unit.rglob("test_*.py")) if unit / room not in path.parents]
    return [str(path.relative_to(copy)) for path in elsewhere if imports.search(path.read_text())]


def _run_tests(
    copy: Path, files: Sequence[str], limit_s: int, plugins: Sequence[Any], folder: Path | None = None
) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy / "src")
    theirs = [path for path in sys.path if Path(path) not in (Path(__file__).parent, REPOSITORY / "src")]
    sys.path[:] = [str(copy / "src"), *theirs]
    said = os.open(copy / SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(said, descriptor)
    options = ["-q", "-m", "not slow", "-p", "no:cacheprovider", "-n", "0", "--hypothesis-seed=0"]
    stop = ["-x"] if folder is None else []
    watch = [] if folder is None else [Watch(copy, folder)]
    os._exit(int(pytest.main([*options, *stop, *files], [*plugins, *watch])))


def ended(
    copy: Path, files: Sequence[str], limit_s: int, tests: Sequence[str] = (), folder: Path | None = None
) -> int | None:
    """pytest's exit code for some test files, of which only ``tests`` where given; None when it hangs."""
    plugins = [Only(tests)] if tests else []
    fork = multiprocessing.get_context("fork")
    child = fork.Process(target=_run_tests, args=(copy, files, limit_s, plugins, folder))
    child.start()
    # Other work on the machine must not decide; who waits for ever takes no time of the processor.
    child.join(WAITS * limit_s)
    if child.is_alive():
        os.killpg(child.pid or 0, signal.SIGKILL)
        child.join()
        return None
    return None if child.exitcode == -signal.SIGXCPU else child.exitcode


def seen_of(copy: Path, room: str) -> Seen:
    """Runs the unit tests of a room on the code as it is."""
    (copy / SEEN).unlink(missing_ok=True)
    ended(copy, [f"tests/unit/{room}"], 3600, folder=copy / "harness" / room)
    if not (copy / SEEN).exists():
        sys.exit(f"the unit tests of {room} cannot be run:\n{(copy / SAID).read_text()[-2000:]}")
    return Seen(*json.loads((copy / SEEN).read_text()))


class Judged(NamedTuple):
    """What became of one change.

    Attributes:
        noticed: Whether some test failed; None where the tests hang on the code as it is, too.
        words: The place, and what was changed there.
    """

    noticed: bool | None
    words: str


def judge(copy: Path, room: str, seen: Seen, limit_s: int, mutant: Mutant) -> Judged:
    """Tries one change: tests that run its lines, then whatever of the room runs its file or imports it elsewhere."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    path = copy / mutant.file
    code = path.read_text()
    changed = mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence)
    lines = zip(code.splitlines(), changed.splitlines(), strict=False)
    was, now = next((pair for pair in lines if pair[0] != pair[1]), ("", ""))
    words = f"{mutant.file}:{mutant.line}\n    {was.strip()}\n    {now.strip()}"
    near = seen.of(mutant.file, statement(code, mutant.line))
    every = seen.of(mutant.file, range(0))
    run = partial(quickest_first, seconds=seen.seconds, stem=path.stem)
    elsewhere = importing(copy, room, path.stem)
    written = path.stat().st_mtime_ns
    try:
        _write(path, changed, next(_times) * 10**9)
        if near:
            result = ended(copy, run(near), limit_s, near)
            if result is None:
                _write(path, code, written)
                return Judged(None if ended(copy, run(near), limit_s, near) is None else True, words)
            if result:
                return Judged(True, words)
        # Whoever is still at it when the time is over has not noticed.
        if every and ended(copy, run(every), limit_s, every):
            return Judged(True, words)
        if not elsewhere or not ended(copy, elsewhere, limit_s):
            return Judged(False, words)
        _write(path, code, written)
        return Judged(ended(copy, elsewhere, limit_s) == 0, words)
    finally:
        _write(path, code, written)


_times = count(1)
"""When a file was last written, in seconds, as compiled code is known by: each change is another one."""


def _write(path: Path, code: str, when_ns: int) -> None:
    path.write_text(code)
    os.utime(path, ns=(when_ns, when_ns))


_copies: list[Path] = []


def _own_copy(copies: Any) -> None:
    _copies.append(copies.get())
    for library in LOADED_ONCE:
        importlib.import_module(library)


def _judge_in_own_copy(room: str, seen: Seen, limit_s: int, ends: float, mutant: Mutant) -> Judged | None:
    return None if time.monotonic() > ends else judge(_copies[0], room, seen, limit_s, mutant)


def judged(
    copies: Sequence[Path], room: str, drawn: Sequence[Mutant], ends: float, limit_s: int
) -> Iterator[Judged]:
    """What became of the changes that were begun in time, each copy of the checkout used by one process."""
    seen = seen_of(copies[0], room)
    fork = multiprocessing.get_context("fork")
    free = fork.SimpleQueue()
    for copy in copies:
        free.put(copy)
    with ProcessPoolExecutor(len(copies), fork, _own_copy, (free,)) as pool:
        tried = [pool.submit(_judge_in_own_copy, room, seen, limit_s, ends, mutant) for mutant in drawn]
        for one in as_completed(tried):
            if (found := one.result()) is not None:
                yield found


def _not_copied(folder: str, names: list[str]) -> set[str]:
    made = shutil.ignore_patterns(*MADE)(folder, names)
    return made | MADE_HERE if Path(folder) == REPOSITORY else made


def main() -> None:
    """Print the changes that were missed and how many of each room were noticed."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=ROOMS)
    parser.add_argument("--sample", type=int, default=30, help="changes a room (default 30)")
    parser.add_argument("--only", default="", help="only files whose path holds this text")
    parser.add_argument("--seed", default="", help="draws another sample")
    parser.add_argument("--minutes", type=float, default=60, help="begin none after so long (default 60)")
    parser.add_argument("--jobs", type=int, default=2, help="changes tried at once (default 2)")
    parser.add_argument(
        "--limit",
        type=int,
        default=60,
        help="seconds of a processor that tests may take for one change (default 60)",
    )
    options = parser.parse_args()
    os.nice(10)
    ends = time.monotonic() + 60 * options.minutes
    with ExitStack() as folders:
        copies = []
        for _ in range(options.jobs):
            folder = folders.enter_context(tempfile.TemporaryDirectory(prefix="simgate-mutants-"))
            copies.append(Path(folder) / "checkout")
            shutil.copytree(REPOSITORY, copies[-1], symlinks=True, ignore=_not_copied)
        for room in options.rooms:
            drawn = [mutant for mutant in mutants(copies[0], room) if options.only in mutant.file]
            random.Random(f"simgate {room}{options.seed}").shuffle(drawn)
            tried = []
            for one in judged(copies, room, drawn[: options.sample], ends, options.limit):
                tried.append(one.noticed)
                if not one.noticed:
                    what = "not judged" if one.noticed is None else "missed"
                    print(f"  {what}  {one.words}", flush=True)
            counted = [noticed for noticed in tried if noticed is not None]
            print(
                f"{room}: {sum(counted)} of {len(counted)} noticed ({len(drawn)} changes known)", flush=True
            )


if __name__ == "__main__":
    main()
