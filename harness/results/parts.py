"""What a run is made of besides its pack: code, weights and files, by content, and what of it has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import Field

from simgate.harness.results.record import ResultModel

MOST_FILES = 2000
"""Modules, and other files, of a part that are listed one by one; its hash is over all of them."""
JUDGED = ("model", "policy")
"""Roles of what a run judges. Everything else is what it judges with."""
UNKNOWN = (
    "what code, weights and files it was made with is not known: the simgate that made it kept no hashes"
)
_SEVERAL = ("world", "task", "metric", "reader", "native world")
"""Roles of which a run may have more than one part, told apart by name."""
_NAMED = 5


class Part(ResultModel):
    """One part: a plugin, the model, a native world, or simgate's own core."""

    role: str
    """``policy``, ``simulator``, ``runtime``, ``world``, ``task``, ``metric``, ``reader``, ``model``,
    ``pack``, ``native world`` or ``core``."""
    name: str
    alias: str = Field(default="", exclude_if=lambda found: not found)
    """Name that the pack gives a model, where it has several."""
    entry: str = ""
    """``module:attribute`` of a plugin."""
    distribution: str = ""
    """Distribution that brought a plugin; empty where it is not installed."""
    version: str = ""
    """Of that distribution."""
    sha256: str
    """Over everything here but role, name and alias, and over all files."""
    code: dict[str, str] = Field(default_factory=dict)
    """Module, written as a file (``acme/door.py``), -> SHA-256, hex; the same wherever it is installed."""
    files: dict[str, str] = Field(default_factory=dict)
    """Other file -> SHA-256, hex, by its place beside the others, wherever they lie together."""
    unlisted: int = 0
    """Further modules and files, which only ``sha256`` speaks of."""
    releases: dict[str, str] = Field(default_factory=dict)
    """Distributions that its code imports -> version; their content is not looked at."""
    said: dict[str, str] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """What a policy behind a server says of itself."""

    @property
    def label(self) -> str:
        """How messages name it."""
        if self.alias:
            return f"{self.role} {self.alias} ({self.name})"
        return f"{self.role} {self.name}" if self.role != "core" else self.name


def make_part(
    role: str,
    name: str,
    *,
    code: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    alias: str = "",
    entry: str = "",
    distribution: str = "",
    version: str = "",
    releases: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
) -> Part:
    """A part with its hash; see :class:`Part`."""
    modules, others, bought = (dict(sorted((given or {}).items())) for given in (code, files, releases))
    content: list[object] = [entry, distribution, version, modules, others, bought]
    if said:
        content.append(dict(sorted(said.items())))
    canonical = json.dumps(content, separators=(",", ":"))
    return Part(
        role=role,
        name=name,
        alias=alias,
        entry=entry,
        distribution=distribution,
        version=version,
        sha256=hashlib.sha256(canonical.encode()).hexdigest(),
        code=dict(list(modules.items())[:MOST_FILES]),
        files=dict(list(others.items())[:MOST_FILES]),
        unlisted=max(0, len(modules) - MOST_FILES) + max(0, len(others) - MOST_FILES),
        releases=bought,
        said=dict(said or {}),
    )


def code_parts(parts: Iterable[Part]) -> list[Part]:
    """The parts that are code: simgate's core and the plugins."""
    return [part for part in parts if part.code]


def changed_parts(
    before: Sequence[Part] | None,
    now: Sequence[Part] | None,
    roles: Sequence[str] = (),
    but: Sequence[str] = (),
) -> list[str]:
    """What differs between two runs' parts, in words, each with its files; empty when one side is unknown.

    Args:
        before: Parts of a run; None when the simgate that made it did not keep them.
        now: Parts of another one.
        roles: Look only at these; empty for all.
        but: Leave these roles out.
    """
    if before is None or now is None:
        return []
    old, new = _by_place(before), _by_place(now)
    found = []
    for place in sorted({*old, *new}):
        if (roles and place[0] not in roles) or place[0] in but:
            continue
        if place not in old:
            found.append(f"{new[place].label} is new")
        elif place not in new:
            found.append(f"{old[place].label} is gone")
        elif old[place].sha256 != new[place].sha256:
            found.append(f"{new[place].label}: {'; '.join(_changes(old[place], new[place]))}")
    return found


def _by_place(parts: Sequence[Part]) -> dict[tuple[str, str], Part]:
    return {(part.role, part.name if part.role in _SEVERAL else part.alias): part for part in parts}


def _changes(was: Part, now: Part) -> Iterator[str]:
    """What differs between two parts that are not the same."""
    old, new = was.code | was.files, now.code | now.files
    different = [name for name in old if new.get(name, old[name]) != old[name]]
    gone = [name for name in old if name not in new]
    fresh = [name for name in new if name not in old]
    said = False
    for names, one, many in (
        (different, "has changed", "have changed"),
        (gone, "is gone", "are gone"),
        (fresh, "is new", "are new"),
    ):
        if names:
            said = True
            yield f"{_few(names)} {one if len(names) == 1 else many}"
    for text in _versions(was, now):
        said = True
        yield text
    if not said:
        yield f"sha256 was {was.sha256[:12]}, is {now.sha256[:12]}"


def _versions(was: Part, now: Part) -> Iterator[str]:
    if was.entry != now.entry:
        yield f"it was {was.entry}, is {now.entry}"
    if (was.distribution, was.version) != (now.distribution, now.version):
        yield f"it came from {_from(was)}, comes from {_from(now)}"
    if was.said != now.said:
        yield f"it said of itself {was.said}, says {now.said}"
    for name in sorted({*was.releases, *now.releases}):
        old, new = was.releases.get(name, "absent"), now.releases.get(name, "absent")
        if old != new:
            yield f"{name}, which it imports, was {old}, is {new}"


def _from(part: Part) -> str:
    return f"{part.distribution} {part.version}".strip() or "no distribution"


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
