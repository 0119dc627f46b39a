"""Whatever a file holds: diagnostics or variants, soon, and in little memory; never a traceback."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import expand_blocks
from simgate.harness.frontend.trial import trial
from simgate.harness.packs.language.scenario import METHODS
from simgate.harness.packs.loader import find_packs, lint, load_pack
from simgate.harness.packs.reading.values.read_values import DISTRIBUTIONS
from simgate.harness.scoring import metrics
from simgate.policies.documents.diagnostics import PackError, render_all
from tests.unit.packs.sound_pack import SOUND
from tests.unit.packs.yard import PLUGINS

ROOT = Path(__file__).parents[3]
SECONDS = 20
"""Of processor time; a loaded machine is no reason to fail."""
GIGABYTE = 2**30


def shipped() -> list[bytes]:
    """The shipped packs, without the models that they name: alone in a folder those are just missing files."""
    packs = [path.read_bytes() for path in find_packs(ROOT / "scenarios")]
    return [re.sub(rb"(?m)^model:.*\n", b"", pack) for pack in packs] + [SOUND.encode()]


SHIPPED = shipped()


class EndlessError(Exception):
    """A file has kept the processor busy for too long."""


@pytest.fixture(autouse=True, scope="module")
def _yard_and_limits() -> Any:
    """The yard for all examples of a function, and what no file may pass: time, and a gigabyte more memory."""

    def stop(*_: object) -> None:
        raise EndlessError(f"more than {SECONDS} s of processor time")

    used = 1024 * int(re.search(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    before = signal.signal(signal.SIGPROF, stop)
    resource.setrlimit(resource.RLIMIT_DATA, (used + GIGABYTE, hard))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGATE_PLUGINS", PLUGINS)
        yield
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    signal.signal(signal.SIGPROF, before)


def test_every_shipped_pack_is_sound_before_it_is_damaged() -> None:
    assert len(SHIPPED) >= 3
    assert sum(survives(content) for content in SHIPPED) > 100


def survives(content: bytes, **others: bytes) -> int:
    """Lints, renders what is wrong, and expands what is sound; how many variants that were."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_bytes(content)
        for name, data in others.items():
            (Path(folder) / f"{name}.yaml").write_bytes(data)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            return _read_and_expanded(path)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def _read_and_expanded(path: Path) -> int:
    found = lint([path], metrics, trial=trial)
    assert all(d.line >= 1 and d.column >= 1 and d.message for d in found)
    render_all(found)
    try:
        pack = load_pack(path, metrics)
    except PackError as error:
        assert found and str(error)
        return 0
    # What only lint's trial of the plan sees.
    assert {diagnostic.code for diagnostic in found} <= {"no-variants", "policy-robot"}
    variants = 0
    for scenario in pack.scenarios:
        try:
            for block in expand_blocks(pack, scenario, 40):
                variants += len(block.json_lines())
        except ExpansionError as error:
            assert str(error)
    return variants


_words = st.sampled_from(
    ["simgate", "pack", "scenarios", "yard", "gate.kind", "crew", "light.lux", "side_m", "extends", "when", "expr",
     "count", "method", "place", "floor", "kinds", "box", "region", "accept", "collisions", "if", "then", "else",
     "title", "severity", "world", "variants", "where", "pinned", "from", "to", "step", *DISTRIBUTIONS, *METHODS]
)  # fmt: skip
_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=12), _words,
    st.sampled_from(["crew + side_m", "gate.open", "side_m > 3", "1e999", "0x10", "crew / crew", "2 ** 2 ** 2 ** 9"]),
)  # fmt: skip
_trees = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_words, inner, max_size=4)),
    max_leaves=20,
)


def flow(tree: Any) -> str:
    """A tree as YAML in flow style, everything else left to chance."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(flow(item) for item in tree) + "]"
    if isinstance(tree, str):
        return (
            '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in tree) + '"'
        )
    return (
        {None: "null", True: "true", False: "false"}.get(tree, str(tree))
        if not isinstance(tree, float)
        else str(tree)
    )


@settings(max_examples=60, deadline=None)
@given(_trees)
def test_any_tree_is_survived(tree: Any) -> None:
    survives(flow(tree).encode("utf-8", errors="surrogatepass"))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(DISTRIBUTIONS)),
    _trees,
    st.sampled_from(["gate.distance_m", "crew", "gate.kind", "gate.open"]),
)
def test_any_arguments_of_a_distribution_are_survived(kind: str, tree: Any, parameter: str) -> None:
    value = f"{{{kind}: {flow(tree)}}}"
    text = SOUND.replace("gate.kind: steel\n", "").replace(
        "gate.distance_m: {uniform: [3, 8]}", f"{parameter}: {value}"
    )
    survives(text.encode("utf-8", errors="surrogatepass"))


_edits = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["delete", "insert", "copy", "swap"]),
        st.binary(min_size=1, max_size=6),
        st.integers(0, 60),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SHIPPED), _edits)
def test_a_shipped_pack_with_damaged_bytes_is_survived(
    content: bytes, edits: list[tuple[float, str, bytes, int]]
) -> None:
    data = bytearray(content)
    for share, what, added, length in edits:
        at = int(share * len(data))
        if what == "insert":
            data[at:at] = added
        elif what == "delete":
            del data[at : at + length]
        elif what == "copy":
            data[at:at] = data[at : at + length]
        else:
            data[at : at + len(added)] = added
    survives(bytes(data))


TOKEN = re.compile(rb"[\w.]+|[^\w\s]")
STRANGE = [
    b"1000000000", b"1e9", b"-1", b"0", b"1e-300", b"1e300", b"0.5", b".nan", b".inf", b"null", b"true", b"no",
    b"[]", b"{}", b"[1, 2]", b"{uniform: [0, 1]}", b"{grid: {from: 0, to: 1000000000, step: 1}}",
    b"{integers: [0, 1000000000]}", b"{choice: [a, 1]}", b"{expr: door.distance_m}", b"{twise: {t: 6}}",
    b"lighting.lux", b"door.distance_m / 0", b"pairwise", b"grid", b"lhs", b"halton", b"''", b"\0",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SHIPPED),
    st.lists(
        st.tuples(st.floats(0, 1), st.one_of(st.sampled_from(STRANGE), st.floats(0, 1))),
        min_size=1,
        max_size=3,
    ),
)
@example(next(pack for pack in SHIPPED if b"pack: ros_doors" in pack), [(0.2194, b"lighting.lux")])
def test_a_shipped_pack_with_strange_words_is_survived(
    content: bytes, edits: list[tuple[float, bytes | float]]
) -> None:
    """A word becomes a strange one, or another word of the pack: most such packs are YAML, and many sound."""
    data = content
    for share, word in edits:
        words = list(TOKEN.finditer(data))
        old = words[int(share * (len(words) - 1))]
        new = word if isinstance(word, bytes) else words[int(word * (len(words) - 1))][0]
        data = data[: old.start()] + new + data[old.end() :]
    survives(data)


def test_cyclic_and_endlessly_shared_files_are_survived() -> None:
    assert survives(b"extends: a.yaml\n", a=b"extends: b.yaml\n", b=b"extends: a.yaml\n") == 0
    chain = {f"f{i}": f"extends: [f{i + 1}.yaml, f{i + 1}.yaml, f{i + 1}.yaml]\n".encode() for i in range(30)}
    assert survives(b"extends: f0.yaml\n", **chain, f30=b"seed: 1\n") == 0
    long = {f"f{i}": f"extends: f{i + 1}.yaml\n".encode() for i in range(2000)}
    assert survives(b"extends: f0.yaml\n", **long, f2000=b"seed: 1\n") == 0


def pack_with(parameters: str, variants: str = "{count: 5}", more: str = "") -> str:
    return f"""\
simgate: 1
pack: huge
policy: door_navigator
scenarios:
  one:
    title: A
    severity: minor
    world: yard
    parameters: {parameters}
    variants: {variants}
    accept: {{collisions: {{at_most: 0}}}}
{more}"""


GRID = "{grid: {from: 1, to: 9, step: 0.001}}"
HUGE = {
    "a billion variants": pack_with("{}", "{count: 1000000000}"),
    "a grid of billions": pack_with(f"{{tilt_deg: {GRID}, side_m: {GRID}, gate.distance_m: {GRID}}}", "{count: 1000000}"),
    "a grid of one step too small": pack_with("{tilt_deg: {grid: {from: 0, to: 9, step: 1.0e-300}}}"),
    "six-wise coverage": pack_with("{crew: {integers: [0, 9]}, tilt_deg: {grid: {from: 1, to: 9, step: 0.1}}, side_m: {grid: {from: 1, to: 9, step: 0.1}}, light.lux: {integers: [10, 50]}}", "{count: 1000000, method: {twise: {t: 6}}}"),
    "conditions that link millions": pack_with(f"{{tilt_deg: {GRID}, side_m: {GRID}}}", "{count: 1000000}", "    where: [tilt_deg < side_m]\n"),
    "conditions that hold almost never": pack_with("{tilt_deg: {uniform: [0, 1]}}", "{count: 1000000}", "    where: [tilt_deg < 0.0003]\n"),
    "conditions that never hold": pack_with("{tilt_deg: {uniform: [0, 1]}}", "{count: 1000000}", "    where: [tilt_deg > 2]\n"),
    "a crowd": pack_with("{side_m: 50}", "{count: 1000000}", "    place: {a: {count: 100, kinds: plank, region: floor, clearance_m: 1}}\n"),
    "a tight crowd": pack_with("{side_m: 9}", "{count: 1000000}", "    place: {a: {count: 9, kinds: box, region: floor, clearance_m: 0.7}}\n"),
    "nested cases": pack_with("{tilt_deg: " + "{when: [{if: crew > 1, then: 1}, {else: " * 20 + "2" + "}]}" * 20 + "}"),
    "deep cases": pack_with("{tilt_deg: " + "{when: [{if: crew > 1, then: 1}, {else: " * 200 + "2" + "}]}" * 200 + "}"),
    "a tower of powers": pack_with("{tilt_deg: {expr: '9 ** 9 ** 9 ** 9'}}"),
    "a deep expression": pack_with("{tilt_deg: {expr: '" + "(" * 500 + "1" + ")" * 500 + "'}}"),
    "a chain of expressions": pack_with("{tilt_deg: {expr: side_m}, side_m: {expr: crew + 1}, crew: {expr: light.lux / 100}}"),
    "a long choice": pack_with("{light.lux: {choice: [" + "50, " * 100_000 + "60]}}", "{count: 900000}"),
    "nested lists": "[" * 100_000,
    "nested mappings": "{a: " * 100_000,
    "laughs": "a: &a [x, x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)),
}  # fmt: skip


_ALL_OF_THEM = """
import resource, sys
from simgate.harness.cli.main import main
for path in sys.argv[1:]:
    print(path, file=sys.stderr)
    code = main(["expand", path, "--format", "ndjson", "--variants", "300", "--output", "/dev/null"])
    assert code in (0, 2), code
    used = resource.getrusage(resource.RUSAGE_SELF)
    # ru_maxrss would count the memory of the test session that this process was forked from.
    (peak_kb,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print("done", code, used.ru_utime, peak_kb)
"""


def test_what_asks_for_the_moon_gets_an_answer_in_less_than_a_gigabyte(tmp_path: Path) -> None:
    """In one process, so that what one pack leaves behind counts against the next."""
    paths = []
    for number, name in enumerate(sorted(HUGE)):
        paths.append(tmp_path / f"{number:02d}.yaml")
        paths[-1].write_text(HUGE[name], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _ALL_OF_THEM, *map(str, paths)], cwd=ROOT, capture_output=True, text=True,
        check=False, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}, preexec_fn=_limits,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("done")]
    assert len(lines) == len(HUGE)
    ends = [0.0, *(float(line[2]) for line in lines)]
    slowest = max(zip((b - a for a, b in pairwise(ends)), sorted(HUGE), strict=True))
    assert slowest[0] < SECONDS, slowest
    assert all(float(line[3]) < 1e6 for line in lines)


def _limits() -> None:
    """Memory, and processor time so that an endless run ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
