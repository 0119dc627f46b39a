"""Reads field logs as a world: which pictures, which labels, which parts."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from simgate.harness.packs.checks.check_traits import ADAPTERS
from simgate.harness.packs.language.log import WHOLE, LogKeys, LogPartKeys
from simgate.harness.packs.model import CodedTask, PinnedVariant, SimSpec
from simgate.harness.packs.reading.worlds.log_variants import (
    Replayed,
    about_of_logs,
    channels_of_logs,
    variants_of_logs,
)
from simgate.harness.packs.reading.worlds.read_native import CODES
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.registry import is_there
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, ScalarNode
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.replay.opened import OpenedLog
from simgate.sim_adapters.replay.parts import Cut, logs_in
from simgate.sim_adapters.worlds.declared.log import LogPiece, LogSpec, LogWorld
from simgate.sim_adapters.worlds.native_file import NativeError

WATCHING = CodedTask(code="watch", signals={}, fact_names=())
"""The task of every log."""
_LABEL_ENDINGS = (".json", ".jsonl", ".xml", "")


class LogReader:
    """Reads such worlds of a pack.

    Args:
        reader: Typed access to nodes.
        sim: The pack's simulator and limits.
    """

    def __init__(self, reader: Reader, sim: SimSpec) -> None:
        self._reader, self._sim = reader, sim

    def read(self, node: MappingNode) -> tuple[LogWorld, tuple[PinnedVariant, ...] | None] | None:
        """The world, and the variants that its parts are (None where the pack draws them); None when
        something is missing or wrong, which is reported."""
        reader, before = self._reader, len(self._reader.problems)
        read = read_keys(reader, node, LogKeys, "the log")
        if read is None or not read.is_whole or "log" not in read.nodes or "images" not in read.nodes:
            return None
        keys, nodes = read.keys, read.nodes
        self._require_adapter(node)
        cut, asked = self._cut(nodes), self._channels(nodes, keys)
        if keys.labels is not None and keys.truth is not None:
            message = "the labels are those of a topic (truth) or those of a file (labels), not both"
            reader.problems.at(nodes["labels"], "wrong-value", message, "leave one of them out")
        if keys.labelled == "some" and keys.labels is None and keys.truth is None:
            message = "labelled: some, and nobody labels any picture"
            hint = "name their topic, truth: TOPIC, or their file, labels: FILE; or leave labelled out"
            reader.problems.at(nodes["labelled"], "wrong-value", message, hint)
        if len(reader.problems) > before:
            return None
        try:
            paths = logs_in(absolute(reader.folder / keys.log))
            if cut is None and len(paths) > 1:
                message = f"there are {len(paths)} logs in {keys.log}"
                raise NativeError("file", message, "write parts: whole, or name one of them")
            logs = {name: self._opened(name, path, keys, cut) for name, path in paths.items()}
            world = self._world(keys, logs, asked)
        except NativeError as error:
            self._report(error, keys, nodes)
            return None
        lasting = [
            min(end - begin, log.opened.duration_s) for log in logs.values() for begin, end in log.parts
        ]
        self._warn_of_long(nodes, max(lasting, default=0.0))
        return world, None if cut is None else variants_of_logs(logs, tuple(world.spec.about))

    def _require_adapter(self, node: MappingNode) -> None:
        adapter = self._sim.adapter
        if adapter not in OpenedLog.adapters and is_there(ADAPTERS, adapter, self._reader.folder):
            message = f"the simulator '{adapter}' replays no logs"
            self._reader.problems.at(
                node.key("log"), "world-adapter", message, "write sim: {adapter: replay}"
            )

    def _cut(self, nodes: Fields) -> Cut | None:
        """How the logs are cut; None where the pack says it with parameters."""
        node = nodes.get("parts")
        if node is None or (isinstance(node, ScalarNode) and node.text == WHOLE):
            return None if node is None else Cut()
        read = read_keys(self._reader, node, LogPartKeys, "the parts of the log")
        if read is None or not read.is_whole:
            return None
        keys = read.keys
        if (keys.window_s is None) == (keys.event is None):
            message = "parts are windows, or what is around events"
            hint = "write parts: whole, {window_s: 30} or {event: TOPIC, says: WORDS}"
            self._reader.problems.at(node, "wrong-value", message, hint)
            return None
        return Cut(keys.window_s, keys.event, keys.says, keys.before_s, keys.after_s)

    def _channels(self, nodes: Fields, keys: LogKeys) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, node in self._reader.mapping(nodes.get("channels"), "a mapping of channels to topics"):
            topic = self._reader.text(node, "a topic, or TOPIC#FIELD")
            if name.text == keys.channel:
                message = f"'{name.text}' is the camera's channel already"
                self._reader.problems.at(name, "wrong-value", message, "give it another name")
            elif topic is not None:
                found[name.text] = topic
        return found

    def _opened(self, name: str, path: Path, keys: LogKeys, cut: Cut | None) -> Replayed:
        labels = None
        if keys.labels is not None:
            labels = absolute(self._reader.folder / keys.labels)
            if path != absolute(self._reader.folder / keys.log):
                labels = _labels_of(labels, name)
        opened = OpenedLog(path, keys.images, keys.truth, labels, keys.labels_by)
        return Replayed(opened, labels, opened.parts(cut or Cut()))

    def _world(self, keys: LogKeys, logs: dict[str, Replayed], asked: dict[str, str]) -> LogWorld:
        first, *others = logs.values()
        for one in others:
            if one.opened.shape != first.opened.shape:
                message = f"{one.opened.path.name} has pictures of another size than {first.opened.path.name}"
                raise NativeError("file", message, "make a scenario for each size")
        folder, there = self._reader.folder, absolute(self._reader.folder / keys.log)
        files = {name: sha for one in logs.values() for name, sha in one.opened.hashes(there.parent).items()}
        pieces = {
            name: LogPiece(
                path=keys.log if one.opened.path == there else f"{keys.log.rstrip('/')}/{name}",
                sha256=one.opened.content(),
                labels=None if one.labels is None else Path(_from(one.labels, folder)).as_posix(),
            )
            for name, one in logs.items()
        }
        spec = LogSpec(
            file=keys.log,
            sha256=hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest(),
            images=keys.images,
            truth=keys.truth,
            labels=keys.labels,
            labels_by=keys.labels_by,
            labelled=keys.labelled,
            channel=keys.channel,
            tolerance_ms=keys.tolerance_ms,
            shape=first.opened.shape,
            duration_s=max(one.opened.duration_s for one in logs.values()),
            channels=tuple(channels_of_logs(logs, asked)),
            logs=pieces,
            about=about_of_logs([one.opened.parameters for one in logs.values()]),
            files=files,
        )
        return LogWorld(spec, folder)

    def _report(self, error: NativeError, keys: LogKeys, nodes: Fields) -> None:
        at = nodes["labels"] if keys.labels is not None and keys.labels in error.message else nodes["log"]
        if error.what == "element":
            at = nodes["truth"] if error.unknown == keys.truth and "truth" in nodes else nodes["images"]
            for word, name in (("events", "parts"), ("channel", "channels")):
                at = nodes[name] if word in error.message and name in nodes else at
        hint = error.hint or (near(error.unknown, error.known) if error.unknown else "")
        self._reader.problems.at(at, CODES[error.what], error.message, hint)

    def _warn_of_long(self, nodes: Fields, longest_s: float) -> None:
        if longest_s > self._sim.time_limit_s:
            message = (
                f"a part of the log lasts {longest_s:.1f} s, and an episode {self._sim.time_limit_s:g} s: "
            )
            message += "what is longer is cut off"
            hint = "write sim: {time_limit_s: N}, or take shorter parts"
            self._reader.problems.warn(nodes["log"], "rates", message, hint)


def _labels_of(labels: Path, name: str) -> Path:
    """The labels of a log of a folder: what is called as it is.

    Raises:
        NativeError: There are none.
    """
    stem = labels / name.removesuffix(".mcap").removesuffix(".bag")
    found = [stem.with_name(stem.name + ending) for ending in _LABEL_ENDINGS]
    there = [one for one in found if one.exists()]
    if len(there) != 1:
        what = "has no labels" if not there else "has labels in several formats"
        raise NativeError("file", f"{name} {what} in {labels}", f"put them into {found[1].name}")
    return there[0]


def _from(path: Path, folder: Path) -> str:
    return os.path.relpath(path, absolute(folder))
