"""Field logs as a side of a comparison: a pack that shows them, part by part, to another side's model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.replay.log_file import open_log
from simgate.sim_adapters.replay.parts import logs_in
from simgate.sim_adapters.replay.pictures import IMAGE_TYPES
from simgate.sim_adapters.worlds.native_file import NativeError

_ENDINGS = (".mcap", ".bag")


class NoFieldSide(Exception):  # noqa: N818 - the name says what is wrong
    """The logs cannot be shown to the model; the message says why."""


def is_log_path(path: Path) -> bool:
    """Whether a path is that of a log or of a folder of logs, and of no run."""
    if path.is_dir():
        return not (path / "manifest.json").exists()
    return path.suffix in _ENDINGS


def pack_of_logs(path: Path, images: str, window_s: float, judged: Pack) -> Pack:
    """A pack whose variants are windows of logs.

    Args:
        path: A log, or a folder of logs.
        images: Topic of their pictures; empty for the only one.
        window_s: Length of a window, seconds: an episode of the comparison.
        judged: The other side's pack: its model looks at the logs.

    Raises:
        NoFieldSide: The logs cannot be read, or have several topics of pictures, or none.
        PackError: They cannot be shown to that model.
    """
    if len(judged.packages) != 1:
        raise NoFieldSide(f"{judged.name} has {len(judged.packages)} models, and logs are shown to one")
    (model,) = judged.packages.values()
    try:
        images = images or _only(next(iter(logs_in(absolute(path)).values())))
    except NativeError as error:
        raise NoFieldSide(f"{error.message}; {error.hint}".rstrip("; ")) from None
    text = _PACK.format(
        model=_word(str(absolute(Path(model)))),
        title=_word(str(path)),
        log=_word(str(absolute(path))),
        images=_word(images),
        window=window_s,
        limit=window_s + 1.0,
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "logs.yaml"
        file.write_text(text, encoding="utf-8")
        return load_pack(file)


_PACK = """\
simgate: 1
pack: field_logs
model: {model}
policy: watcher
sim: {{adapter: replay, physics_hz: 1000, control_hz: 20, camera_hz: 1000, time_limit_s: {limit:g}}}
scenarios:
  logs:
    title: {title}
    severity: minor
    world: {{log: {log}, images: {images}, parts: {{window_s: {window:g}}}}}
    accept: {{latency.p95_ms: {{at_least: 0}}}}
gate: []
"""


def _word(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


def _only(path: Path) -> str:
    able: Sequence[str] = [name for name, kind in open_log(path).topics.items() if kind in IMAGE_TYPES]
    if len(able) != 1:
        said = f"{path.name} has {len(able)} topics with pictures ({', '.join(able)})"
        raise NoFieldSide(f"{said}: name one by --images")
    return able[0]
