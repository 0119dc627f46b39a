"""What a release file says: the candidate, what it must cover, and where the evidence of each layer is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from simgate.policies.documents.diagnostics import Diagnostic, near, of_file
from simgate.policies.documents.named_file import absence
from simgate.policies.perception.model_yaml.text import PackageText, read_text
from simgate.policies.perception.problems import PackageError

Layer = Literal["offline", "simulation", "field", "canary"]
LAYERS: tuple[Layer, ...] = ("offline", "simulation", "field")
"""Layers that are runs, in the order in which they are told."""
VALUE = "release-value"
"""Code of everything that cannot be in a release file."""


def _shown(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("write one line that can be read: no blanks alone, no control characters")
    return text


_Word = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_shown)]
_Argument = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]
_Ident = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
_Metric = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]{0,99}$")]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Leg(_Said):
    """A layer whose evidence is a run, or what a command shows."""

    run: _Word | None = None
    """Folder of the run, from the release file's."""
    command: Annotated[tuple[_Argument, ...] | None, Field(min_length=1)] = None
    """Program and arguments, run in the release file's folder: it makes the run where that is not there
    yet, or is the evidence itself."""
    exit_code: Annotated[int, Field(ge=0, le=255)] = 0
    """What the command must end with."""
    shows: _Word | None = None
    """What must stand in the command's output."""
    timeout_minutes: Annotated[float, Field(gt=0, le=10_080)] = 60.0
    """After so long the command is ended."""
    requirements: tuple[_Ident, ...] = ()
    """What a command without a run covers."""
    model_sha256: _Sha256 | None = None
    """Of imported runs and commands, which do not say it themselves: which model package was judged."""
    drift: _Word | None = None
    """``drift.json`` of ``simgate drift``, from the release file's folder."""
    largest_drift: Annotated[float | None, Field(gt=0, le=1)] = None
    """Largest effect (energy coefficient) that may lie between this layer and the one it was held against."""

    @model_validator(mode="after")
    def _has_evidence(self) -> Self:
        if self.run is None and self.command is None:
            raise ValueError("write run: FOLDER, or command: [PROGRAM, ARGUMENT, ...], or both")
        own = self.model_fields_set & {"exit_code", "shows", "timeout_minutes"}
        if self.command is None and own:
            raise ValueError(f"{min(own)} is said of a command, and there is none")
        if self.run is not None and self.requirements:
            raise ValueError("a run says itself which requirements it covers: leave requirements out")
        if self.run is None and (self.drift is not None or self.largest_drift is not None):
            raise ValueError("drift is measured of a run, and there is none: write run: FOLDER")
        if self.run is None and self.model_sha256 is None:
            raise ValueError("write model_sha256: a command without a run does not say which model it judges")
        return self

    @model_validator(mode="after")
    def _bounds_its_drift(self) -> Self:
        if self.drift is not None and self.largest_drift is None:
            raise ValueError(
                "drift limits nothing without largest_drift: add it, for example largest_drift: 0.1"
            )
        return self


class Canary(_Said):
    """A form about a trial on few robots, filled in by hand; what is not filled in yet is empty."""

    sites: Annotated[tuple[_Word, ...] | None, Field(min_length=1)] = None
    robots: Annotated[int | None, Field(ge=1)] = None
    hours: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None
    """Of all robots together."""
    incidents: Annotated[int | None, Field(ge=0)] = None
    most_incidents: Annotated[int | None, Field(ge=0)] = None
    """With more it is NO-GO."""
    model_sha256: _Sha256 | None = None
    signed: _Word | None = None
    date: _Word | None = None

    @property
    def empty(self) -> list[str]:
        """Fields that are to be filled in."""
        return [name for name in type(self).model_fields if getattr(self, name) is None]

    @property
    def is_blank(self) -> bool:
        """Whether nobody has begun to fill it in."""
        return len(self.empty) == len(type(self).model_fields)


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

    @model_validator(mode="after")
    def _has_one_limit(self) -> Self:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("write at_most or at_least, one of them")
        return self


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
        PackageError: Something is wrong; all problems with file, line and column.
        OSError: It cannot be opened.
    """
    if not path.is_file():
        raise PackageError([of_file(path, VALUE, f"the release file {absence(path)}", "check the path")])
    problems, text = read_text(path)
    if text is None or problems:
        raise PackageError(
            [replace(p, code=VALUE) if p.code == "model-package-value" else p for p in problems]
        )
    try:
        return Release.model_validate_json(json.dumps(text.data), strict=True)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A list of which an entry is wrong is also said to be too short.
        whole = {one["loc"][:k] for one in errors for k in range(len(one["loc"]))}
        found = [_problem(text, dict(one)) for one in errors if one["loc"] not in whole]
        raise PackageError(sorted(set(found), key=lambda p: (p.line, p.column))) from None


def _problem(text: PackageText, error: dict[str, Any]) -> Diagnostic:
    at, kind = list(error["loc"]), str(error["type"])
    if at and at[-1] == "[key]":  # Pydantic's word for a key that cannot be.
        del at[-1]
    dotted = ".".join(map(str, at)) or "a release file"
    if kind == "extra_forbidden":
        hint = near(str(at[-1]), _keys(at[:-1]))
        return text.problem(at, VALUE, f"unknown key '{dotted}'", hint, at_key=True)
    if kind == "missing":
        return text.problem(at, VALUE, f"key '{dotted}' is missing", "add it (docs/releases.md)")
    if kind == "value_error":
        return text.problem(at, VALUE, f"{dotted}: {str(error['msg']).removeprefix('Value error, ')}")
    said = "be a mapping" if kind.startswith("model_") else re.sub(r"^\w+ should ", "", str(error["msg"]))
    return text.problem(at, VALUE, f"{dotted} must {said}, not {text.node(at).described}")


def _keys(at: Sequence[str | int]) -> list[str]:
    """Keys that the mapping at a place may have."""
    model: type[BaseModel] = Release
    for part in (part for part in at if isinstance(part, str)):
        inner = [one for one in _classes(model.model_fields[part].annotation) if issubclass(one, BaseModel)]
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)


def _classes(annotation: Any) -> list[type]:
    """The classes that a type is made of."""
    if args := get_args(annotation):
        return [one for arg in args for one in _classes(arg)]
    return [annotation] if isinstance(annotation, type) else []
