"""Reads ``policy: {server: ws://...}``: a policy behind a server, with what it is sent."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from simgate.harness.packs.language.server import SentKeys, ServerKeys
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.read_latency import read_latency
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.policies.documents.nodes import MappingNode, Node, SequenceNode

_CHANNEL = "the name of a channel, a list of names, or a mapping with channel"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_server(reader: Reader, node: MappingNode) -> dict[str, Scalar]:
    """Options of the policy ``server``; what is wrong is reported.

    Args:
        reader: Typed access to nodes.
        node: Value of ``policy:``, a mapping with ``server``.
    """
    from simgate.policies.server.declaration import ServerSpec

    read = read_keys(reader, node, ServerKeys, "policy")
    if read is None:
        return {}
    keys = read.keys
    if _is_empty(read.nodes.get("names")):
        reader.wrong(read.nodes["names"], "a list with at least one entry of the action")
    _check_address(reader, read.nodes["server"], keys.server)
    if keys.api_key_env and not _VARIABLE.fullmatch(keys.api_key_env):
        message = "api_key_env must be the name of an environment variable, never the key"
        hint = "write for example api_key_env: OPENPI_API_KEY"
        reader.problems.at(read.nodes["api_key_env"], "wrong-value", message, hint)
    data: dict[str, Any] = {
        "observation": _entries(reader, read.nodes.get("observation"), ()),
        "prompt": keys.prompt,
        "late": keys.late,
        "timeout_s": keys.timeout_s,
        "api_key_env": keys.api_key_env,
        "checkpoint": keys.checkpoint,
        "bounds": keys.bounds,
        "execute": keys.execute,
        "meanwhile": keys.meanwhile,
        "names": list(keys.names) or None,
        "latency": read_latency(reader, read.nodes.get("latency")),
    }
    if not read.is_whole or len(reader.problems):
        return {}
    spec = ServerSpec.model_validate_json(json.dumps(data))
    _check_waiting(reader, read, spec.waits)
    return {"server": keys.server, "declared": spec.model_dump_json(exclude_defaults=True)}


def _check_address(reader: Reader, node: Node, address: str | None) -> None:
    if address is None:
        return
    wrong, hint = "", "write ws://host:port"
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.port == 0:
            wrong = "is no address of a websocket"
        elif parts.username or parts.password:
            wrong, hint = "holds a name or a password, which would stand in every report", "leave it out"
    except ValueError:
        wrong = "is no address of a websocket"
    if wrong:
        reader.problems.at(node, "wrong-value", f"'{address}' {wrong}", hint)


def _check_waiting(reader: Reader, read: Written[ServerKeys], waits: bool) -> None:
    if waits and read.keys.meanwhile is None:
        message = "with a latency, policy has no 'meanwhile'"
        hint = "add meanwhile: zero for speeds and torques, last for positions, rest for the chunk before"
        reader.problems.at(read.nodes["latency"], "missing-key", message, hint)
    for name in ("meanwhile", "late"):
        if name in read.nodes and not waits:
            message = f"{name} can change nothing without a latency"
            reader.problems.at(read.nodes[name], "wrong-value", message, "write latency: 80, or leave it out")


def _entries(reader: Reader, node: Node | None, above: tuple[str, ...]) -> list[dict[str, Any]]:
    """Entries of the request; a mapping without ``channel`` is a mapping in the request."""
    entries = reader.mapping(node, "a mapping of what the server is sent, its key: channel")
    if node is not None and isinstance(node, MappingNode) and not entries:
        reader.wrong(node, "a mapping with at least one entry")
    found = []
    for key, value in entries:
        path = (*above, key.text)
        if path == ("prompt",):
            message = "the instruction is no channel"
            reader.problems.at(value, "wrong-value", message, "write prompt: beside server:")
        elif isinstance(value, MappingNode) and value.find("channel") is None:
            found += _entries(reader, value, path)
        else:
            found.append({"key": path, **_sent(reader, value)})
    return found


def _sent(reader: Reader, node: Node) -> dict[str, Any]:
    if isinstance(node, SequenceNode):
        names = reader.texts(node, _CHANNEL)
        if not names:
            reader.wrong(node, "a list with at least one channel")
        return {"channels": names}
    if not isinstance(node, MappingNode):
        return {"channels": (reader.text(node, _CHANNEL),)}
    read = read_keys(reader, node, SentKeys, "an entry of observation")
    if read is None:
        return {}
    entries, sizes = read.nodes.get("entries"), read.nodes.get("size")
    places = [reader.scalar(one) for one in reader.items(entries, "a list of entries")]
    if any(isinstance(place, bool | float) for place in places) or _is_empty(entries):
        reader.wrong(read.nodes["entries"], "a list of names or places")
    size = [reader.integer(one, 1, 4096) for one in reader.items(sizes, "[rows, columns]")]
    if isinstance(sizes, SequenceNode) and len(size) != 2:
        reader.wrong(sizes, "[rows, columns]")
    return {
        "channels": (read.keys.channel,),
        "layout": read.keys.layout,
        "entries": places or None,
        "size": size or None,
    }


def _is_empty(node: Node | None) -> bool:
    """Whether it is a list of nothing, which would be taken for a key that was left out."""
    return isinstance(node, SequenceNode) and not node.items
