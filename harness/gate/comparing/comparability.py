"""May two runs be compared? They must agree in everything but what is judged; what differs is named.

Judged is what is released: the model, and the policy with its code and its ``policy_options``. All else is
the measuring instrument: what is simulated, under which latency, by what, how it is judged, on what machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from simgate.harness.results.fingerprint import PACKAGES
from simgate.harness.results.manifest import Fingerprint, Manifest
from simgate.harness.results.parts import JUDGED, Part, changed_parts, make_part
from simgate.sim_adapters.printable import printable

_OF_THE_CANDIDATE = frozenset(
    {"path", "model", "models", "nodes", "source_sha256", "sources", "policy", "policy_options"}
)
_WORDS = frozenset(
    {"line", "column", "description", "owner", "title", "requirements", "tags", "gate", "hard", "files"}
)
"""What changes no result: where and how something is written, and what is later concluded from it. The files
of a native world have their digest beside them."""
_NAMED_BY_USERS = frozenset({"parameters", "place", "policy_options", "options"})
"""Mappings whose keys are names of the user's own, which may be words as well."""
_SHOWN = 60
"""Characters of a value in a message."""
_LISTED = 12
"""Differences in a message."""
_VERSIONS = ("simgate", "onnxruntime", "tensorrt", "mujoco")
"""Packages whose version is the version of adapter, runtime or harness."""
_FACTS = (
    ("adapter", "", "the simulator"),
    ("adapter_version", "simulator-version", "the simulator's version"),
    ("renderer", "renderer", "the renderer"),
    ("driver", "driver", "the GPU's driver"),
    ("batch", "", "the batch size"),
    ("runtime", "runtime", "the perception runtime"),
)
"""Key of the fingerprint, name under which a difference may be accepted, and its words."""
ACCEPTABLE = ("machine", *(name for _, name, _ in _FACTS if name), *_VERSIONS)
"""What one may be told to look past (``--accept-difference``): where and with which versions it ran, never
what ran or how it was judged."""


class NotComparable(Exception):  # noqa: N818 - the name says what happened
    """Two runs differ in more than what is judged; the message names every difference.

    Attributes:
        differences: One sentence each.
    """

    def __init__(self, baseline: str, candidate: str, differences: list[str]) -> None:
        self.differences = tuple(differences)
        lines = "".join(f"\n  - {printable(difference)}" for difference in differences[:_LISTED])
        if len(differences) > _LISTED:
            lines += f"\n  - and {len(differences) - _LISTED} more"
        super().__init__(
            f"{printable(candidate)} cannot be compared with the baseline {printable(baseline)}; "
            f"only the model and the policy with its options may differ, but:{lines}\n"
            f"run the baseline again under the candidate's conditions{way_out(differences)}"
        )


def accepted_names(text: str) -> tuple[str, ...]:
    """The value of ``--accept-difference``, one name or several with commas between them.

    Raises:
        ValueError: A difference of that name cannot be accepted, or is not known.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    wrong = [name for name in names if name not in ACCEPTABLE]
    if wrong or not names:
        raise ValueError(f"{(wrong or [text])[0]!r} is none of {', '.join(ACCEPTABLE)}")
    return names


def way_out(found: Sequence[str]) -> str:
    """How to look past these differences, as the end of a sentence; empty when one of them must stand."""
    names = [difference.kind for difference in found if isinstance(difference, Difference)]
    if not names or len(names) < len(found) or not all(names):
        return ""
    return (
        f", or accept that they differ, which the verdict will say: --accept-difference "
        f"{','.join(dict.fromkeys(names))}"
    )


class Difference(str):
    """What differs, in words.

    Attributes:
        kind: Name under which it may be accepted; empty when it may not.
    """

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, text: str, kind: str) -> Difference:
        """The words, with the name."""
        made = super().__new__(cls, text)
        made.kind = kind
        return made


def pack_digest(pack: Mapping[str, Any]) -> str:
    """Names what a pack runs and how it judges a variant, whatever model and policy; SHA-256, hex.

    Comments, titles, requirements, the gate's rules and the place of the file do not count.

    Args:
        pack: ``Manifest.pack``.
    """
    canonical = json.dumps(_substance(pack), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def machine_class(fingerprint: Fingerprint) -> str:
    """On what kind of machine a run was made, in words."""
    return "; ".join(part for part in (fingerprint.machine, ", ".join(fingerprint.gpus)) if part)


def differences(
    baseline: Manifest,
    candidate: Manifest,
    before: Fingerprint,
    now: Fingerprint,
    accepted: Collection[str] = (),
) -> list[str]:
    """What differs between two runs besides what is judged, in words; empty when they may be compared.

    Args:
        baseline: Manifest of the baseline.
        candidate: Manifest of the candidate.
        before: The baseline's fingerprint, completed by its hosts where there is any.
        now: The candidate's. A part that one side does not know (no host was ready yet) is not compared.
        accepted: Names (of :data:`ACCEPTABLE`) of differences that are looked past.
    """
    found = [
        f"{run.run_id} was imported from {run.imported.tool}, whose files tell no seeds: nothing is a pair"
        for run in (baseline, candidate)
        if run.imported is not None and not run.imported.paired
    ]
    if baseline.imported is not None and candidate.imported is not None:
        keys = [run.imported.success or "the tool's own key" for run in (baseline, candidate) if run.imported]
        if keys[0] != keys[1]:
            found.append(f"success was '{printable(keys[0])}', is '{printable(keys[1])}'")
    if baseline.pack_name != candidate.pack_name:
        found.append(f"the pack was {baseline.pack_name}, is {candidate.pack_name}")
    told = {name for name, _ in {*_native_worlds(before)} ^ {*_native_worlds(now)}}
    old_pack, new_pack = (_without_digests(_substance(run.pack), told) for run in (baseline, candidate))
    found += [f"in the pack, {text}" for text in _changes(old_pack, new_pack)]
    found += [one for one in conditions(before, now) if one.kind not in accepted]
    return found + changed_parts(_own(before), _own(now), but=(*JUDGED, "pack"))


def conditions(before: Fingerprint, now: Fingerprint) -> Iterator[Difference]:
    """What differs in where, and with which versions, two runs were made."""
    for key, kind, words in _FACTS:
        old, new = getattr(before, key), getattr(now, key)
        if old != new and old and new:
            yield Difference(f"{words} was {old}, is {new}", kind)
    if machine_class(before) != machine_class(now):
        yield Difference(f"the machine was {machine_class(before)}, is {machine_class(now)}", "machine")
    for name in _VERSIONS:
        old, new = before.packages.get(name, "absent"), now.packages.get(name, "absent")
        if old != new:
            yield Difference(f"{name} was {old}, is {new}", name)


def accepted_notes(before: Fingerprint, now: Fingerprint, accepted: Collection[str]) -> list[str]:
    """The differences that were looked past, for whoever reads the verdict; empty without any."""
    found = [one for one in conditions(before, now) if one.kind and one.kind in accepted]
    if not found:
        return []
    return [
        f"compared although {'; '.join(found)} (accepted by name: {', '.join(one.kind for one in found)}): "
        "what changed may be that and not the model"
    ]


def _own(fingerprint: Fingerprint) -> list[Part] | None:
    """Parts by what is in them. Versions of libraries that simgate itself imports are compared elsewhere."""
    if fingerprint.parts is None:
        return None
    found = []
    for part in fingerprint.parts:
        is_ours = part.role == "core" or part.entry.startswith("simgate.")
        bought = {n: v for n, v in part.releases.items() if not is_ours and n.lower() not in PACKAGES}
        plain = make_part(
            part.role, part.name, code=part.code, files=part.files, entry=part.entry, releases=bought
        )
        found.append(part if part.unlisted else plain)
    return found


def other_policy(baseline: Manifest, candidate: Manifest) -> list[str]:
    """What has changed of the policy, in words: name, options and files; empty when nothing is known to."""
    before, now = (
        {k: pack.get(k) for k in ("policy", "policy_options")} for pack in (baseline.pack, candidate.pack)
    )
    files = changed_parts(baseline.fingerprint.parts, candidate.fingerprint.parts, roles=("policy",))
    return [*_changes(before, now), *files]


def judged_notes(baseline: Manifest, candidate: Manifest) -> Iterator[str]:
    """What a reader must know of model and policy: which of them is another one, and by what.

    Two runs of the same model and policy show churn; without hashes of the policy that cannot be told.
    """
    before, now = baseline.fingerprint, candidate.fingerprint
    policy = other_policy(baseline, candidate)
    other_model = changed_parts(before.parts, now.parts, roles=("model",))
    same_model = before.model_sha256 == now.model_sha256 and not other_model
    if not same_model and before.model == now.model:
        hashes = f"sha256 was {before.model_sha256[:12]}, is {now.model_sha256[:12]}"
        yield (
            f"the model is another one under the same name and version: {'; '.join(other_model) or hashes}"
        )
    if not policy and (before.parts is None or now.parts is None):
        side = "baseline" if before.parts is None else "candidate"
        yield (
            f"{'both runs are of the same model; ' if same_model else ''}whether the policy is the same is "
            f"not known: the simgate that made the {side} kept no hashes of code"
        )
        return
    if policy:
        model = "both runs are of the same model, but not of the same policy" if same_model else (
            "not only the model is another one, but the policy too"
        )  # fmt: skip
        yield f"{model}: {'; '.join(policy)}"
    elif same_model:
        yield "both runs are of the same model and policy: what differs is churn"


def _substance(value: Any, top: bool = True, named_by_user: bool = False) -> Any:
    """The pack without words, and without the candidate; parameters stay, whatever their name."""
    if isinstance(value, Mapping):
        left_out = frozenset() if named_by_user else _WORDS | _OF_THE_CANDIDATE if top else _WORDS
        return {
            name: _substance(item, False, not named_by_user and name in _NAMED_BY_USERS)
            for name, item in value.items()
            if name not in left_out
        }
    if isinstance(value, list | tuple):
        return [_substance(item, False) for item in value]
    return value


def _native_worlds(fingerprint: Fingerprint) -> list[tuple[str, str]]:
    return [(p.name, p.sha256) for p in fingerprint.parts or () if p.role == "native world"]


def _without_digests(pack: dict[str, Any], told: Collection[str]) -> dict[str, Any]:
    """A pack without the digests of those native worlds whose parts say which of their files differ."""
    scenarios = [dict(scenario) for scenario in pack["scenarios"]]
    for scenario in scenarios:
        name = scenario["world"].rpartition("@")[0]
        if name in told:
            native = {key: value for key, value in scenario["native"].items() if key != "sha256"}
            scenario.update(world=name, native=native)
    return pack | {"scenarios": scenarios}


def _changes(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Every leaf that differs, by its dotted path; scenarios go by their id."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            inside = f"{where}.{name}" if where else str(name)
            if name not in old:
                yield f"{inside} was not there, is {_short(new[name])}"
            elif name not in new:
                yield f"{inside} was {_short(old[name])}, is gone"
            else:
                yield from _changes(old[name], new[name], inside)
    elif isinstance(old, list) and isinstance(new, list) and _named(old) and _named(new):
        yield from _changes({item["id"]: item for item in old}, {item["id"]: item for item in new}, where)
    elif old != new:
        yield f"{where} was {_short(old)}, is {_short(new)}"


def _named(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and "id" in item for item in items)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
