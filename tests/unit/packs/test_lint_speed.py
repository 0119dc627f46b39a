"""The linter keeps up with typing: 2,000 lines in a third of a second, help at once."""

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


def test_a_pack_of_2000_lines_is_checked_within_300_ms(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(big_pack(2000), encoding="utf-8")
    assert lint([path], metrics) == []
    took = []
    for _ in range(3):
        start = time.process_time()
        lint([path], metrics)
        took.append(time.process_time() - start)
    assert min(took) < 0.3


def test_help_loads_nothing_heavy_and_comes_within_400_ms() -> None:
    code = (
        "import sys, time; start = time.process_time()\n"
        "from simgate.harness.cli.main import build_parser\n"
        "build_parser().format_help()\n"
        "heavy = {'numpy', 'scipy', 'yaml', 'pydantic', 'mujoco', 'PIL', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "print(time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.4
