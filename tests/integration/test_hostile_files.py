"""Files of strangers, by kind: a sentence or a diagnostic, soon, in little text, and nothing outside its folder."""

from __future__ import annotations

import os
import signal
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simgate.harness.cli.main import main

SECONDS = 20
"""Of processor time; a loaded machine is no reason to fail."""
MOST_CHARS = 100_000
HEAD = "simgate: 1\npack: p\npolicy: door_navigator\nscenarios:\n  one:\n    title: A\n    severity: minor\n"
TAIL = "    variants: {count: 3}\n    accept: {collisions: {at_most: 0}}\n"
MODEL = "name: m\nversion: '1'\nclasses: [a]\nartifacts: [{kind: onnx, file: %s}]\nmodel_card: %s\n"
SECRET = "the secret of whoever lints"


def pack(parameters: str = "{}", more: str = "", world: str = "arena") -> str:
    return f"{more}{HEAD}    world: {world}\n    parameters: {parameters}\n{TAIL}"


def mjcf(inner: str, head: str = "") -> str:
    cart = '<body name="cart" pos="0 0 0.2"><freejoint/><geom type="box" size="0.2 0.2 0.1" mass="5"/></body>'
    return f"<mujoco>{head}<worldbody>{cart}{inner}</worldbody></mujoco>"


def with_site(text: str | bytes, name: str = "site.xml") -> dict[str, str | bytes]:
    world = f"{{mjcf: {name}, robot: {{body: cart, camera: {{position: [0, 0, 1]}}}}, goal: [5, 0]}}"
    return {"pack.yaml": pack(world=world), "site.xml": text}


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 13, b"IHDR") + head + struct.pack(
        ">I", zlib.crc32(b"IHDR" + head)
    )  # fmt: skip


CSV = "{goal.x_m: {from_file: {csv: %s, column: c}}}"
TEXTURE = '<asset><texture name="t" type="2d" file="p.png"/><material name="m" texture="t"/></asset>'
KINDS: dict[str, dict[str, dict[str, str | bytes]]] = {
    "numbers": {
        "weights": {"pack.yaml": pack("{goal.x_m: {choice: {1: 1.0e308, 2: 1.0e308}}}")},
        "a range without a width": {"pack.yaml": pack("{goal.x_m: {uniform: [-1.7e308, 1.7e308]}}")},
        "a grid of 1e308 steps": {"pack.yaml": pack("{goal.x_m: {grid: {from: 0, to: 4, step: 1.0e-308}}}")},
        "a spread": {"pack.yaml": pack("{goal.x_m: {normal: {mean: 0, std: 1.0e308, between: [-4, 4]}}}")},
        "a tower": {"pack.yaml": pack("{goal.x_m: {expr: '9 ** 9 ** 9 ** 9'}}")},
    },
    "depth": {
        "of YAML": {"pack.yaml": "[" * 100_000},
        "of a model": {"model.yaml": "artifacts: " + "{a: " * 100_000},
        "of a formula": {"pack.yaml": pack("{goal.x_m: {expr: '" + "(" * 20_000 + "'}}")},
        "of signs": {"pack.yaml": pack("{goal.x_m: {expr: '" + "-" * 50_000 + "1'}}")},
        "of XML": with_site("<mujoco>" + "<worldbody>" * 50_000),
    },
    "bulk": {
        "keys": {"pack.yaml": pack() + "".join(f"key_{i}: 1\n" for i in range(20_000))},
        "scenarios": {"pack.yaml": "simgate: 1\nscenarios:\n" + "".join(f"  s{i}: {{}}\n" for i in range(5_000))},
        "a key": {"pack.yaml": pack() + "a" * 200_000 + ": 1\n"},
        "columns": {"pack.yaml": pack(CSV % "w.csv"), "w.csv": ",".join(f"k{i}" for i in range(50_000)) + "\n1\n"},
        "aliases": {"pack.yaml": "a: &a [x, x]\n" + "".join(f"a{i}: &a{i} [*a, *a, *a]\n" for i in range(9_000))},
    },
    "sites": {
        "copies": with_site(mjcf('<replicate count="1000000000"><geom size="0.1"/></replicate>')),
        "shapes": with_site(mjcf('<geom size="0.1"/>' * 100_000)),
        "itself": with_site(mjcf("<attach model='s' body='cart' prefix='a'/>", "<asset><model name='s' file='site.xml'/></asset>")),
        "a texture": with_site(mjcf("", '<asset><texture name="t" builtin="flat" width="900000" height="900000"/></asset>')),
        "a picture that unpacks": with_site(mjcf("", TEXTURE)) | {"p.png": png(60_000, 60_000)},
        "no numbers": with_site(mjcf('<geom type="box" size="nan inf 1e999"/>')),
    },
    "bytes": {
        "NUL in a pack": {"pack.yaml": b"simgate: 1\npack: a\0b\n"},
        "NUL in a site": with_site(b"<mujoco>\0</mujoco>"),
        "NUL in a table": {"pack.yaml": pack(CSV % "t.csv"), "t.csv": b"c\n1\0\n"},
        "UTF-16": {"pack.yaml": pack().encode("utf-16")},
        "a terminal's": {"pack.yaml": pack().replace("title: A", r'title: "\e]0;FORGED\a\e[2J"') + "x: 1\n"},
        "NUL in a name": {"pack.yaml": pack(r'{goal.x_m: {from_file: {csv: "a\0.csv", column: c}}}')},
    },
    "ways out": {
        "a link": {"pack.yaml": pack(CSV % "loop.csv")},
        "a base": {"pack.yaml": pack(more="extends: loop.yaml\n")},
        "a pipe": {"pack.yaml": pack(CSV % "pipe.csv")},
        "an endless base": {"pack.yaml": pack(more="extends: /dev/zero\n")},
        "a site": with_site("", "/dev/zero"),
        "a socket": {"pack.yaml": pack(more="extends: socket.yaml\n")},
        "a long name": {"pack.yaml": pack(CSV % ("a" * 5_000))},
        "a card": {"model.yaml": MODEL % ("m.onnx", "../secret.txt")},
        "weights": {"model.yaml": MODEL % ("../secret.txt", "card.md")},
        "an endless model": {"model.yaml": MODEL % ("/dev/zero", "card.md")},
    },
}  # fmt: skip
CASES = [(kind, name) for kind, members in KINDS.items() for name in members]


class EndlessError(Exception):
    """A file has kept the processor busy for too long."""


@pytest.fixture(autouse=True)
def _limit() -> Any:
    def stop(*_: object) -> None:
        raise EndlessError(f"more than {SECONDS} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str | bytes]], str]:
    """Writes a stranger's files into a folder, beside a secret, and gives the name of what is linted."""

    def write(files: dict[str, str | bytes]) -> str:
        (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
        folder = tmp_path / "given"
        folder.mkdir()
        monkeypatch.chdir(folder)
        for name in ("loop.csv", "loop.yaml"):
            Path(name).symlink_to(name)
        os.mkfifo("pipe.csv")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.yaml")
        for name, content in files.items():
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return next(iter(files))

    return write


def test_every_kind_has_at_least_five_members() -> None:
    assert all(len(members) >= 5 for members in KINDS.values())


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_strangers_file_is_told_in_few_words_and_opens_nothing_else(
    lay: Callable[[dict[str, str | bytes]], str],
    capfd: pytest.CaptureFixture[str],
    kind: str,
    name: str,
) -> None:
    path = lay(KINDS[kind][name])
    before = sorted(item.name for item in Path().iterdir())
    for words in (["lint", path], ["lint", path, "--format", "sarif"], ["expand", path]):
        code = main(words)
        said = "".join(capfd.readouterr())
        assert code in (0, 1, 2), said[-2000:]
        assert "Traceback" not in said and "has crashed" not in said
        assert len(said) < MOST_CHARS
        assert SECRET not in said and "\x1b" not in said and "\0" not in said
    assert sorted(item.name for item in Path().iterdir()) == before, "nothing is left in the folder"
    assert sorted(item.name for item in Path("..").iterdir()) == ["given", "secret.txt"]
