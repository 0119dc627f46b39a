"""The manifest: what a run set out to do, and with what, written before the first variant runs.

The gate counts against this list, so that a variant that never reported is missing evidence and
never simply absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from simgate.harness.results.parts import Part
from simgate.harness.results.record import ResultModel
from simgate.harness.results.schema_version import reads


@dataclass(frozen=True, slots=True)
class ExpectedVariant:
    """One variant that must have a record; a run may have a million, so they are kept small."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    scenario: str
    severity: str
    digest: str
    """Variant digest."""
    identity: str
    """Run identity that its record must carry."""
    scene: str = ""
    """Names world, objects and all parameters but those of light and camera; variants of one scene are a
    cluster. Empty in manifests of older versions: every variant then stands for itself."""

    @property
    def own_scene(self) -> str:
        """Its scene, or itself where it stands for itself."""
        return self.scene or self.id


class Fingerprint(ResultModel):
    """With what the run was made; two runs are comparable when all but the model agree."""

    git_commit: str = ""
    """Commit of the checkout that holds the pack; empty outside git."""
    git_dirty: bool = False
    packages: dict[str, str] = Field(default_factory=dict)
    """Versions of the packages that can change a result."""
    python: str = ""
    machine: str = ""
    """Operating system, architecture and CPU model."""
    gpus: tuple[str, ...] = ()
    adapter: str = ""
    adapter_version: str = ""
    """What the simulator says of itself; known once a host has started."""
    renderer: str = ""
    driver: str = ""
    """Version of NVIDIA's kernel driver; empty where there is none."""
    batch: int = 1
    policy: str = ""
    model: str = ""
    """``name version`` of the model package; empty without a model."""
    model_sha256: str = ""
    """Hash of the model package's ``model.yaml``, which holds the hash of every artifact; of several models
    the hash over ``models``."""
    models: dict[str, str] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Of several models the hash of each one's ``model.yaml``, by the pack's name for it."""
    model_lineage: dict[str, str] = Field(default_factory=dict)
    """Where the model's weights come from, as its package and DVC say."""
    runtime: str = ""
    pack_sha256: str = ""
    parts: tuple[Part, ...] | None = None
    """Code, weights and files behind every plugin, the model and native worlds; None in manifests of older
    versions, which kept no hashes of them."""


class Shard(ResultModel):
    """Which part of a pack's variants a run has, where several runs share them."""

    number: int
    """From 1."""
    of: int
    sizes: tuple[int, ...]
    """Variants of each shard, before a selection of pytest."""
    places: tuple[int, ...]
    """Place of each expected variant among those of all shards."""
    variants: str
    """SHA-256 over ids and run identities of the variants of all shards, in order."""
    split: str
    """SHA-256 over the shard of each of them."""
    balanced_by: str = ""
    """Run whose durations they were shared out by; empty where every variant weighs the same."""


class MergedRun(ResultModel):
    """A run that became part of another one."""

    run_id: str
    shard: int
    """Its number."""
    created_utc: str
    machine: str
    records: int
    """Lines of its journal."""


class Reused(ResultModel):
    """An earlier run whose records are this one's too, their variants having the same identity."""

    run_id: str
    records: int


class ImportedFrom(ResultModel):
    """Whose results a run holds that simgate has not run."""

    tool: str
    paired: bool
    """Whether the files tell the seeds of episodes, so that those of two runs are pairs."""
    success: str = Field(default="", exclude_if=lambda found: not found)
    """What says success; empty where it is the tool's one key for it."""


class Manifest(ResultModel):
    """Everything that is known about a run before it starts."""

    schema_version: Annotated[int, reads(1)] = 1
    run_id: str
    """Name of the run's folder."""
    created_utc: str
    """ISO 8601."""
    command: tuple[str, ...] = ()
    """What the user typed."""
    pack_name: str
    pack_path: str
    """As given by the user, relative where possible."""
    pack: dict[str, Any]
    """The checked pack (``simgate.harness.packs.model.Pack`` as JSON), so that the gate needs no YAML."""
    expected: tuple[ExpectedVariant, ...]
    until_decided: bool = False
    """A sequential test ends the run; ``expected`` then is in the order in which variants are counted."""
    selection: str = ""
    """Why fewer variants than the pack's are expected (``--variants 5``, ``-k glass``); empty when it is
    the whole pack."""
    shard: Shard | None = None
    """None for a run that shares its variants with no other."""
    merged_from: tuple[MergedRun, ...] = ()
    """The shards that were put together to this run, in the order in which they were begun."""
    reused: Reused | None = Field(default=None, exclude_if=lambda found: found is None)
    """None for a run that has run all that it holds."""
    accepted: tuple[str, ...] = ()
    """Differences to the baseline, or among the shards, that the user has accepted, by name."""
    looked_past: tuple[str, ...] = ()
    """What differed among the shards of this run, in words."""
    imported: ImportedFrom | None = Field(default=None, exclude_if=lambda found: found is None)
    """None for a run that simgate has made."""
    fingerprint: Fingerprint
