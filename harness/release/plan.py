"""What a release file says: the candidate, what it must cover, and where the evidence of each layer is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simgate.sim_adapters.plain_file import read_plain

Layer = Literal["offline", "simulation", "field", "canary"]
LAYERS: tuple[Layer, ...] = ("offline", "simulation", "field")
"""Layers that are runs, in the order in which they are told."""
MOST_BYTES = 1 << 20
_Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
_Ident = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
_Metric = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]{0,99}$")]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BadRelease(Exception):  # noqa: N818 - the name says what is wrong
    """A release file that cannot be used; the message names file, place and remedy."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Leg(_Said):
    """A layer whose evidence is a run."""

    run: _Word
    """Folder of the run, from the release file's."""
    model_sha256: _Sha256 | None = None
    """Of imported runs, which do not say it themselves: which model package was judged."""
    drift: _Word | None = None
    """``drift.json`` of ``simgate drift``, from the release file's folder."""
    largest_drift: Annotated[float | None, Field(gt=0, le=1)] = None
    """Largest effect (energy coefficient) that may lie between this layer and the one it was held against."""


class Canary(_Said):
    """A form about a trial on few robots, filled in by hand."""

    robots: Annotated[int, Field(ge=1)]
    days: Annotated[float, Field(gt=0)]
    incidents: Annotated[int, Field(ge=0)]
    most_incidents: Annotated[int, Field(ge=0)] = 0
    model_sha256: _Sha256
    signed: _Word
    date: _Word


class SignOff(_Said):
    """Somebody who answers for the release."""

    role: _Word
    name: _Word | None = None
    date: _Word | None = None


class Signal(_Said):
    """A number that deployed robots report, and its limit."""

    requirement: _Ident
    metric: _Metric
    """Name of the Prometheus metric."""
    at_most: _Finite | None = None
    at_least: _Finite | None = None
    for_minutes: Annotated[int, Field(ge=1, le=1440)] = 5
    meaning: _Word


class Monitoring(_Said):
    """What is watched once it is deployed."""

    signals: Annotated[tuple[Signal, ...], Field(min_length=1)]
    rollback: _Word
    """What to do, in words."""
    label: Annotated[str, Field(pattern=r'^[a-zA-Z_]\w*="[^"\\{}\x00-\x1f]*"$')] = 'job="robot"'
    """Which series are the robots'."""


class Layers(_Said):
    """Where the evidence is."""

    offline: Leg | None = None
    simulation: Leg | None = None
    field: Leg | None = None
    canary: Canary | None = None


class Release(_Said):
    """A release file."""

    release: _Word
    model: _Word
    """Path of the candidate's ``model.yaml``, from the file's folder."""
    requirements: Annotated[tuple[_Ident, ...], Field(min_length=1)]
    layers: Layers
    needed: tuple[Layer, ...] = LAYERS
    """Layers without which there is no GO."""
    checklist: dict[_Word, bool] = Field(default_factory=dict)
    sign_offs: tuple[SignOff, ...] = ()
    monitoring: Monitoring | None = None


def read_release(path: Path) -> Release:
    """Reads a release file.

    Raises:
        BadRelease: It is none; the message says where and why.
    """
    try:
        said: Any = yaml.safe_load(read_plain(path, MOST_BYTES).decode("utf-8"))
    except OSError as error:
        raise BadRelease(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise BadRelease(f"{path} is no YAML: {' '.join(str(error).split())[:300]}") from None
    try:
        found = Release.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise BadRelease(f"{path}: {place}: {first['msg']}; see docs/releases.md") from None
    for signal in found.monitoring.signals if found.monitoring else ():
        if (signal.at_most is None) == (signal.at_least is None):
            message = "write at_most or at_least, one of them"
            raise BadRelease(f"{path}: monitoring signal {signal.metric}: {message}")
    return found
