"""Run folders that something has damaged, by kind: a sentence with the file, soon, and nothing outside of the folder."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.hosts.host_process import HostProcess
from simgate.harness.exit_codes import ExitCode
from simgate.harness.results.run_folder import RunFolder
from tests.integration.test_hostile_files import MOST_CHARS, SECRET, _limit, png
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["_limit", "memory_plugins"]

DEEP = b"[" * 100_000
VARIANT = "door_ahead::v0000"
ENDS = (0, 1, 2, 20, 69)
"""Every code but that of a crash."""
COMMANDS = {
    "gate": "gate {run}",
    "explain": "explain {run}",
    "variant": f"explain {{run}} {VARIANT}",
    "report": "report {run}",
    "coverage": "coverage {run}",
    "compare": "compare {run} sound --replay 0",
    "compared": "compare sound {run} --replay 0",
    "evidence": "evidence build {run} --out {run}/evidence.zip",
    "baseline": "baseline set main {run} --runs-dir {run}",
    "resume": "run --resume {run} --workers 0 --quiet",
    "reuse": "run pack.yaml --runtime memory_runtime --workers 0 --quiet --runs-dir {run} --run-name reuse --reuse {run}",
    "against": "run pack.yaml --runtime memory_runtime --workers 0 --quiet --runs-dir {run} --run-name against --baseline {run}",
    "replay": f"replay {{run}} {VARIANT} --workers 0",
}

Damage = Callable[[Path], object]


def holds(content: bytes | str) -> Damage:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def leads(to: str) -> Damage:
    return lambda path: path.symlink_to(to)


def is_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


PLACES: dict[str, Damage] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a socket": is_socket,
    "an endless one": leads("/dev/zero"),
    "a loop": lambda path: path.symlink_to(path.name),
}
TEXTS: dict[str, Damage] = {
    "deep": holds(DEEP),
    "half": holds('{"schema_version": 1, "adapter'),
    "no text": holds(b"\xff\xfe\0\0" * 300),
    "a number": holds("1e999"),
    "long": holds(b'{"' + b"x" * 300_000 + b'": "\x1b[2J"}'),
}


def line(content: bytes) -> Damage:
    """A line in the middle of the journal."""

    def change(path: Path) -> None:
        first, *others = (path.parent / "whole").read_bytes().splitlines(keepends=True)
        path.write_bytes(first + content + b"\n" + b"".join(others))

    return change


def gone(*parts: str) -> Damage:
    return lambda run: [shutil.rmtree(run / part) for part in parts]


def frames_are(*, link: bool) -> Damage:
    def change(run: Path) -> None:
        shutil.rmtree(run / "frames")
        if link:
            (run / "frames").symlink_to("../outside")
        else:
            (run / "frames").write_text("")

    return change


def renamed(path: str, name: str) -> Damage:
    """Something beside the run has another name; where it is the run itself, that is where it now lies."""

    def change(run: Path) -> Path:
        Path(name).parent.mkdir(exist_ok=True)
        moved = Path(path).rename(name)
        return moved if path == run.name else run

    return change


def nowhere(run: Path) -> Path:
    """The current folder is deleted."""
    whole, deleted = run.absolute(), Path("deleted").absolute()
    deleted.mkdir()
    os.chdir(deleted)
    deleted.rmdir()
    return whole


def picture(width: int, height: int) -> Damage:
    return holds(png(width, height))


KINDS: dict[str, tuple[str, str, dict[str, Damage]]] = {
    "what a worker said": ("hosts/0.json", "gate report coverage compare replay resume reuse", PLACES | TEXTS),
    "the manifest": ("manifest.json", "gate report compared evidence replay resume reuse", PLACES | TEXTS),
    "the journal": ("journal.ndjson", "gate variant coverage resume evidence reuse against", PLACES | {
        "a link outside": lambda path: path.symlink_to((path.parent / "whole").rename("outside/journal.ndjson").absolute())} | {
        f"{name} line": line(content) for name, content in {
            "a deep": DEEP, "a half": b'{"schema_version":1,"var', "a NUL": b"\0" * 5_000,
            "another": b'{"schema_version":1}', "a long": b'{"' + b"x" * 300_000 + b'":1}',
        }.items()}),
    "a recording": ("trace", "variant report evidence reuse", PLACES | TEXTS | {
        "a pickle": holds(pickle.dumps(Path.touch)), "cut": holds(b"PK\3\4" * 9)}),
    "a picture": ("end_picture", "variant report", PLACES | {
        "that unpacks": picture(60_000, 60_000), "PostScript": holds("%!PS-Adobe-3.0\n{} loop"),
        "no picture": TEXTS["no text"], "cut": holds(png(20, 20)[:40])}),
    "the verdict": ("verdict.json", "gate report evidence", PLACES | TEXTS),
    "the first baseline": ("first_baseline.json", "gate report", PLACES | TEXTS),
    "named baselines": ("baselines.json", "baseline against", PLACES | TEXTS),
    "lost folders": ("", "report evidence replay resume reuse", {
        "hosts": gone("hosts"), "recordings": gone("recordings"), "frames": gone("frames"),
        "all": gone("hosts", "recordings", "frames"),
        "a link outside": frames_are(link=True), "a file instead": frames_are(link=False)}),
    "renamed folders": ("", "gate report replay resume", {
        "the run": renamed("run", "other"), "below another": renamed("run", "outside/run"),
        "the model": renamed("model", "model2"), "the pack": renamed("pack.yaml", "pack2.yaml"),
        "the run with a link": lambda run: Path(run.name + "2").symlink_to(run.rename("kept")) or Path("run2"),
        "no current folder": nowhere}),
    "the lock": (".lock", "resume baseline", PLACES | {
        "a forged holder": holds("process 1\n::error::FORGED\x1b[2J")}),
}  # fmt: skip
CASES = [(kind, name) for kind, (_, _, members) in KINDS.items() for name in members]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pack, in which the first test leaves a sound run of it, all recorded."""
    return write_pack(tmp_path_factory.mktemp("sound"), 2).parent


@pytest.fixture
def run(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory_plugins: None) -> Path:
    """A copy of the run beside a secret and another folder; the current folder is that of both."""
    if not (sound / "run").exists():
        monkeypatch.chdir(sound)
        words = "run pack.yaml --runtime memory_runtime --workers 0 --record all --quiet --run-name run --runs-dir ."
        assert main(words.split()) == 0
    shutil.copytree(sound, tmp_path / "here", symlinks=True)
    monkeypatch.chdir(tmp_path / "here")
    shutil.copytree("run", "sound", symlinks=True)
    first, *_ = Path("run/journal.ndjson").read_bytes().splitlines(keepends=True)
    Path("run/journal.ndjson").write_bytes(first)  # Something is left to be resumed, and to be written.
    Path("outside").mkdir()
    Path("secret.txt").write_text(SECRET, encoding="utf-8")
    return Path("run")


def place_in(run: Path, name: str) -> Path:
    if "." in name or not name:
        return run / name
    records = map(json.loads, (run / "journal.ndjson").read_text().splitlines())
    return run / next(record["artifacts"][name] for record in records if record["variant"] == VARIANT)


def around(run: Path) -> list[str]:
    """What lies beside the run, but for the reports that ``compare`` writes into the other one."""
    here = run.parent
    ours = {run.resolve(), here / "sound"}
    return sorted(str(path) for path in here.rglob("*") if not ours & {*path.parents})


HELD = {
    "by its name": "run --resume run",
    "by the latest": "run --resume latest",
    "by a link": "run --resume link",
    "by another path": "run --resume outside/../run",
    "with workers": "run --resume run --workers 1",
    "once more where the machine fails": "run --resume run --retry-infrastructure 2",
}


@pytest.mark.parametrize("words", HELD.values(), ids=HELD)
def test_a_run_that_another_process_has_is_not_taken_up_and_can_be_judged(
    run: Path, capfd: pytest.CaptureFixture[str], words: str
) -> None:
    Path("link").symlink_to("run")
    before = (run / "journal.ndjson").read_bytes()
    with RunFolder(run).lock():
        assert main([*words.split(), "--quiet"]) == ExitCode.USAGE
        assert f"is in use by process {os.getpid()} on " in capfd.readouterr().err
        assert main(["gate", "run"]) == main(["report", "run"]) + ExitCode.INCONCLUSIVE
    assert (run / "journal.ndjson").read_bytes() == before


@pytest.mark.parametrize(
    "end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV]
)
def test_whose_process_was_ended_can_be_taken_up(run: Path, end: signal.Signals) -> None:
    hold = "import fcntl, time; f = open('run/.lock', 'a'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-S", "-c", hold], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline()
        assert main(["run", "--resume", "run", "--workers", "0", "--quiet"]) == ExitCode.USAGE
        holder.send_signal(end)
        assert holder.wait(60) == -end or end is signal.SIGINT
    assert main(["run", "--resume", "run", "--workers", "0", "--quiet"]) == ExitCode.GO
    assert len((run / "journal.ndjson").read_bytes().splitlines()) == 2


@pytest.mark.parametrize("place", [*PLACES.values(), leads("../log")])
def test_a_workers_log_is_a_plain_file_or_none(tmp_path: Path, place: Damage) -> None:
    path = tmp_path / "hosts" / "0.log"
    path.parent.mkdir()
    place(path)
    with pytest.raises(OSError, match="it is no plain file, and is not written to; delete it"):
        HostProcess(0, path)
    assert [*tmp_path.rglob("*")] == [path.parent, path]


def test_every_kind_has_at_least_five_members() -> None:
    assert all(len(members) >= 5 for _, _, members in KINDS.values())


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_damaged_run_is_told_in_few_words_and_nothing_else_is_touched(
    run: Path, capfd: pytest.CaptureFixture[str], kind: str, name: str
) -> None:
    place, commands, members = KINDS[kind]
    path = place_in(run, place)
    (run / "whole").write_bytes((run / "journal.ndjson").read_bytes())
    if path != run:
        path.unlink(missing_ok=True)
    now = members[name](path)
    run = (now if isinstance(now, Path) else run).absolute()
    before = around(run)
    for command in commands.split():
        code = main(COMMANDS[command].format(run=run).split())
        said = "".join(capfd.readouterr())
        assert code in ENDS, (command, said[-2000:])
        assert "Traceback" not in said and "has crashed" not in said, (command, said[-2000:])
        assert len(said) < MOST_CHARS, command
        assert SECRET not in said and "\x1b" not in said and "\0" not in said and "\n::" not in said, command
        assert code != ExitCode.USAGE or not (run / command).exists(), "what was refused has left a folder"
        if kind == "what a worker said" and command != "gate":  # That folds its lines.
            assert "hosts/0.json cannot be read: " in said, command
    assert around(run) == before
