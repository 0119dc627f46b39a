"""Reads a field log as a world: which pictures, which labels."""

from __future__ import annotations

import hashlib
import json

from simgate.harness.packs.checks.check_traits import ADAPTERS
from simgate.harness.packs.language.log import LogKeys
from simgate.harness.packs.model import CodedTask, SimSpec
from simgate.harness.packs.reading.worlds.read_native import CODES
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.registry import is_there
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode
from simgate.sim_adapters.plain_file import absolute
from simgate.sim_adapters.replay.opened import OpenedLog
from simgate.sim_adapters.worlds.declared.log import LogSpec, LogWorld
from simgate.sim_adapters.worlds.native_file import NativeError

WATCHING = CodedTask(code="watch", signals={}, fact_names=())
"""The task of every log."""


def is_log(node: MappingNode) -> bool:
    """Whether a world says that it is a log."""
    return node.find("log") is not None


def read_log(reader: Reader, sim: SimSpec, node: MappingNode) -> LogWorld | None:
    """The world; None when something is missing or wrong, which is reported.

    Args:
        reader: Typed access to nodes.
        sim: The pack's simulator and limits.
        node: What the pack says.
    """
    read = read_keys(reader, node, LogKeys, "the log")
    if read is None or not read.is_whole or "log" not in read.nodes or "images" not in read.nodes:
        return None
    keys, nodes = read.keys, read.nodes
    if sim.adapter not in OpenedLog.adapters and is_there(ADAPTERS, sim.adapter, reader.folder):
        message = f"the simulator '{sim.adapter}' replays no logs"
        reader.problems.at(node.key("log"), "world-adapter", message, "write sim: {adapter: replay}")
    labels = absolute(reader.folder / keys.labels) if keys.labels is not None else None
    if labels is not None and keys.truth is not None:
        message = "the labels are those of a topic (truth) or those of a file (labels), not both"
        reader.problems.at(nodes["labels"], "wrong-value", message, "leave one of them out")
        return None
    try:
        opened = OpenedLog(
            absolute(reader.folder / keys.log), keys.images, keys.truth, labels, keys.labels_by
        )
    except NativeError as error:
        at = nodes["labels"] if labels is not None and str(labels) in error.message else nodes["log"]
        if error.what == "element":
            at = nodes["truth"] if error.unknown == keys.truth and "truth" in nodes else nodes["images"]
        hint = error.hint or (near(error.unknown, error.known) if error.unknown else "")
        reader.problems.at(at, CODES[error.what], error.message, hint)
        return None
    if opened.duration_s > sim.time_limit_s:
        message = f"the log lasts {opened.duration_s:.1f} s, and an episode {sim.time_limit_s:g} s: "
        message += "a part that is longer is cut off"
        hint = "write sim: {time_limit_s: N}, or take parts with log.from_s and log.to_s"
        reader.problems.warn(nodes["log"], "rates", message, hint)
    files = opened.hashes()
    spec = LogSpec(
        file=keys.log,
        sha256=hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest(),
        images=keys.images,
        truth=keys.truth,
        labels=keys.labels,
        labels_by=keys.labels_by,
        channel=keys.channel,
        tolerance_ms=keys.tolerance_ms,
        shape=opened.shape,
        duration_s=opened.duration_s,
        files=files,
    )
    return LogWorld(spec, reader.folder)
