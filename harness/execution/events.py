"""Events of a run. The engine emits them and knows no consumer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.results.record import RunRecord


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The manifest is written; nothing has run yet."""

    run_dir: Path
    pack: str
    expected: int
    """Variants in the manifest."""
    already_done: int
    """Of these, kept from an earlier, interrupted run."""
    hosts: int


@dataclass(frozen=True, slots=True)
class VariantStarted:
    """A host begins with a variant."""

    variant: str
    host: int


@dataclass(frozen=True, slots=True)
class VariantFinished:
    """A record has arrived and is in the journal."""

    record: RunRecord


@dataclass(frozen=True, slots=True)
class HostLost:
    """A host died or was killed; its unfinished variants are retried or become ERROR."""

    host: int
    reason: str
    retried: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Retried:
    """The machine has failed, and what it failed at is tried again (``--retry-infrastructure``)."""

    what: str
    """A variant, whose attempt is in the journal; or :data:`WORKERS`, of which none could start."""
    reason: str
    left: int
    """Attempts after this one."""


@dataclass(frozen=True, slots=True)
class RunFinished:
    """All batches are done, or the stopping rule ended the run."""

    run_dir: Path
    stopped_early: str = ""
    """Why the run ended before its plan did; empty otherwise."""


WORKERS = "workers"
"""What :class:`Retried` tries again when no worker could start."""

Event = RunStarted | VariantStarted | VariantFinished | HostLost | Retried | RunFinished
Listener = Callable[[Event], None]
