"""The linter keeps up with typing, however long the pack is, and help loads next to nothing."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics
from tests.unit.packs.sound_pack import SOUND


def big_pack(lines: int) -> str:
    """The sound pack with its scenarios repeated under other names."""
    head, _, rest = SOUND.partition("scenarios:\n")
    scenarios, _, gate = rest.partition("\ngate:\n")
    text, number = "", 0
    while text.count("\n") < lines:
        text += re.sub(r"^  (gate_\w+):$", rf"  \1_{number}:", scenarios, flags=re.MULTILINE) + "\n"
        number += 1
    return f"{head}scenarios:\n{text}gate:\n{gate}"


def seconds(folder: Path, lines: int) -> float:
    """Shortest time of the processor in which a sound pack of so many lines is checked."""
    path = folder / f"{lines}.yaml"
    path.write_text(big_pack(lines), encoding="utf-8")
    took = []
    for _ in range(4):
        start = time.process_time()
        assert lint([path], metrics) == []
        took.append(time.process_time() - start)
    return min(took)


def test_sixteen_times_the_lines_take_less_than_48_times_as_long(tmp_path: Path) -> None:
    assert seconds(tmp_path, 4000) < 48 * seconds(tmp_path, 250)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from simgate.harness.cli.main import build_parser\n"
        "build_parser().format_help()\n"
        "heavy = {'numpy', 'scipy', 'yaml', 'pydantic', 'mujoco', 'PIL', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
