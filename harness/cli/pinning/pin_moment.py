"""Makes a scenario of a moment of a field log: the part around it, the picture, and what is known of both."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.cli.pinning.pin_place import CannotPin
from simgate.sim_adapters.replay.labels import LABEL_TYPES, read_labels
from simgate.sim_adapters.replay.log_file import LogFile, open_log
from simgate.sim_adapters.replay.pictures import IMAGE_TYPES, read_picture
from simgate.sim_adapters.worlds.native_file import NativeError

AROUND_S = 2.0
"""So much before and after the moment is replayed."""
_NEAR_S = 0.05


@dataclass(frozen=True, slots=True)
class Moment:
    """What was written.

    Attributes:
        pack: The pack with one scenario.
        picture: What the camera saw.
        at_s: When that was taken, seconds from the log's first picture.
        labels: Classes that are labelled in it.
    """

    pack: Path
    picture: Path
    at_s: float
    labels: tuple[str, ...]


def pin_moment(path: Path, at_s: float, images: str = "", truth: str = "") -> Moment:
    """Writes a pack and a picture into the current folder.

    Args:
        path: The log.
        at_s: Seconds from its first picture.
        images: Topic of its pictures; empty for its only one.
        truth: Topic of their labels; empty for its only one, if there is one.

    Raises:
        CannotPin: The log cannot be read, has several topics to choose from, or is over by then.
        OSError: A file cannot be written.
    """
    try:
        log = open_log(path)
        images = images or _only(log, IMAGE_TYPES, "pictures", "--images")
        truth = truth or (_only(log, LABEL_TYPES, "labels", "--truth") if _able(log, LABEL_TYPES) else "")
        begin_ns, stamp_ns, said = _picture_at(log, images, at_s)
        labels = _labels_at(log, truth, stamp_ns) if truth else ()
        pixels = read_picture(log.topics[images], said)
    except (NativeError, ValueError) as error:
        raise CannotPin(getattr(error, "message", str(error))) from None
    from PIL import Image

    taken_s = (stamp_ns - begin_ns) / 1e9
    name = re.sub(r"\W+", "_", f"{path.stem}_{taken_s:.1f}s").strip("_")
    made = Moment(Path(f"{name}.yaml"), Path(f"{name}.png"), taken_s, labels)
    for place in (made.pack, made.picture):
        if place.exists() or place.is_symlink():
            raise CannotPin(f"{place} is there already; move it away")
    Image.fromarray(pixels, "RGB").save(made.picture)
    made.pack.write_text(_pack(path, name, made, images, truth, log.parameters), encoding="utf-8")
    return made


def _able(log: LogFile, kinds: Sequence[str]) -> list[str]:
    return [topic for topic, kind in log.topics.items() if kind in kinds]


def _only(log: LogFile, kinds: Sequence[str], what: str, option: str) -> str:
    able = _able(log, kinds)
    # Boxes that a model has said are annotations like the truth.
    if option == "--truth" and len(able) > 1:
        able = [topic for topic in able if topic.endswith("/truth")] or able
    if len(able) != 1:
        raise CannotPin(
            f"the log has {len(able)} topics with {what} ({', '.join(able)}): name one by {option}"
        )
    return able[0]


def _picture_at(log: LogFile, topic: str, at_s: float) -> tuple[int, int, object]:
    """Stamps of the first picture and of the newest one at a moment, and that one."""
    begin_ns, found = None, None
    for stamp_ns, said in log.messages(topic):
        begin_ns = stamp_ns if begin_ns is None else begin_ns
        if (stamp_ns - begin_ns) / 1e9 > at_s and found is not None:
            return begin_ns, *found
        found = stamp_ns, said
    if begin_ns is None or found is None:
        raise CannotPin(f"the log has no picture on {topic}")
    end_s = (found[0] - begin_ns) / 1e9
    if at_s > end_s + 1.0:
        raise CannotPin(f"the log's last picture is at {end_s:.1f} s, and {at_s:g} s is asked for")
    return begin_ns, *found


def _labels_at(log: LogFile, topic: str, stamp_ns: int) -> tuple[str, ...]:
    for labelled_ns, said in log.messages(topic):
        if abs(labelled_ns - stamp_ns) <= _NEAR_S * 1e9:
            return tuple(sorted({entity.label for entity in read_labels(log.topics[topic], said)}))
    return ()


def _pack(path: Path, name: str, made: Moment, images: str, truth: str, known: Mapping[str, str]) -> str:
    def word(text: str) -> str:
        return json.dumps(text, ensure_ascii=True)

    labels = f", truth: {word(truth)}" if truth else ""
    accept = [f"      {word(f'detection.{label}.recall')}: {{at_least: 0.9}}" for label in made.labels]
    begin_s, end_s = max(0.0, made.at_s - AROUND_S), made.at_s + AROUND_S
    lines = [
        "simgate: 1",
        f"pack: {name}",
        "model: model.yaml                        # the package of the model that was wrong",
        "policy: watcher",
        "sim: {adapter: replay, physics_hz: 1000, control_hz: 20, camera_hz: 1000}",
        "scenarios:",
        f"  {name}:",
        f"    title: {word(f'What {path.name} shows at {made.at_s:.2f} s')}",
        "    severity: critical",
        f"    # {made.picture} is the moment.",
        f"    world: {{log: {word(str(path))}, images: {word(images)}{labels}}}",
        "    # In simulation: a scenario of its own, with world: {mjcf: SITE.xml, ...} or an installed world",
        "    # in which the same can be seen (docs/native-worlds.md).",
        *(["    # Known of it:"] if known else []),
        *(f"    #   {word(key)}: {word(value)}" for key, value in known.items()),
        f"    parameters: {{log.from_s: {begin_s:.3f}, log.to_s: {end_s:.3f}}}",
        "    variants: {count: 1}",
        "    accept:                              # what should have been so: complete it",
        *(accept or ["      latency.p95_ms: {at_most: 100}"]),
        "gate:",
        "  - {severity: critical, pass_rate: {at_least: 0.5, confidence: 0.5}}",
    ]
    return "\n".join(lines) + "\n"
