"""Kinds of declared worlds: the word that tells a kind from the others, and the keys beside it."""

from __future__ import annotations

from typing import Literal

from simgate.harness.packs.language.dataset import DatasetKeys
from simgate.harness.packs.language.definition import Keys
from simgate.harness.packs.language.environment import EnvironmentKeys, LabKeys
from simgate.harness.packs.language.log import LogKeys
from simgate.policies.documents.nodes import MappingNode

Kind = Literal["log", "env", "isaaclab", "dataset"]
DECLARED: dict[Kind, type[Keys]] = {
    "log": LogKeys,
    "env": EnvironmentKeys,
    "isaaclab": LabKeys,
    "dataset": DatasetKeys,
}
"""In the order in which they are looked for; a world without any of these words is a native one."""


def kind_of(node: MappingNode) -> Kind | None:
    """The kind of a world that is declared; None for a native one."""
    return next((kind for kind in DECLARED if node.find(kind) is not None), None)
