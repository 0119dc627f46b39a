"""Pins a variant of a run: finds it, writes it, and makes sure that what was written is that variant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.cli.pinning.pin_place import CannotPin, PinEdit, pin_edit
from simgate.harness.execution.planning.replay import find_variant
from simgate.harness.execution.planning.resume import variants_of
from simgate.harness.expansion.expand import expand_variant
from simgate.harness.expansion.pinned import pin_of
from simgate.harness.expansion.variant import Variant
from simgate.harness.frontend.packs import load_checked
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.run_folder import RunFolder

_UNSAFE = re.compile(r"[^\w.:-]")
"""What a comment may not hold: a run's name comes from a file that anybody can write."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What became of it.

    Attributes:
        variant: The variant of the run.
        pin_id: Id of the pin.
        edit: What was written; None when the pack had it pinned already.
        repeats: Whether the pinned variant simulates the same, to the bit; not when its world is another now.
    """

    variant: Variant
    pin_id: str
    edit: PinEdit | None
    repeats: bool = True


def pin_variant(run_dir: Path, wanted: str, pack_path: Path | None = None, pin_id: str = "") -> Pinned:
    """Writes a variant of a run into the file of its pack.

    Args:
        run_dir: Folder of the run.
        wanted: ``scenario::v0007``, or a pytest id that ends so.
        pack_path: The pack's file; the run's when None.
        pin_id: Id of the pin; made from the run's day and the variant when empty.

    Raises:
        NotARun: The folder holds no manifest.
        CannotReplay: No such variant in the run.
        CannotResume: This version expands the pack to other variants.
        CannotPin: It cannot be written; the message says why.
        UserError: The pack has problems, or has them with the pin; nothing is written then.
        OSError: The file cannot be written.
    """
    manifest = RunFolder(run_dir).manifest()
    ran = Pack.model_validate(manifest.pack)
    variant = find_variant(variants_of(manifest, ran), wanted, run_dir)
    _require_same(manifest, variant)
    path = _file_of(ran, pack_path)
    pack = load_checked(path)
    scenario = _scenario_of(pack, variant)
    for other in _pinned_variants(pack, scenario):
        if other.digest == variant.digest:
            return Pinned(variant, _name_of(other), None)
    chosen = _id_for(scenario, manifest, variant, pin_id)
    origin = " of ".join(_UNSAFE.sub("?", name) for name in (variant.id, manifest.run_id))
    edit = pin_edit(Path(pack.path), scenario.id, pin_of(variant, chosen), origin)
    return Pinned(variant, chosen, edit, _written(edit, Path(pack.path), scenario.id, chosen, variant))


def _require_same(manifest: Manifest, variant: Variant) -> None:
    """What is pinned must be what ran, not what this version makes of the pack."""
    (expected,) = (one for one in manifest.expected if one.id == variant.id)
    if expected.digest != variant.digest:
        raise CannotPin(
            f"{variant.id}: this version of simgate gives it other values than the run had (digest was "
            f"{expected.digest[:12]}, is {variant.digest[:12]}); pin it with the version that made the run"
        )


def _file_of(ran: Pack, given: Path | None) -> Path:
    path = given or Path(ran.path)
    if not path.exists():
        hint = "" if given else "; say where it is now: --pack FILE"
        raise CannotPin(f"the pack {path} does not exist{hint}")
    return path


def _scenario_of(pack: Pack, variant: Variant) -> Scenario:
    try:
        return pack.scenario(variant.scenario)
    except KeyError:
        known = ", ".join(scenario.id for scenario in pack.scenarios)
        raise CannotPin(
            f"{pack.path} has no scenario '{variant.scenario}' any more (it has {known}); "
            "give the pack that has it: --pack FILE"
        ) from None


def _pinned_variants(pack: Pack, scenario: Scenario) -> Sequence[Variant]:
    first = scenario.variants.count
    return [expand_variant(pack, scenario, first + number) for number in range(len(scenario.pinned))]


def _name_of(pinned: Variant) -> str:
    return pinned.id.rpartition("::pin-")[2]


def _id_for(scenario: Scenario, manifest: Manifest, variant: Variant, wanted: str) -> str:
    """The wanted id, or one that is free."""
    taken = {pin.id for pin in scenario.pinned}
    if wanted in taken:
        raise CannotPin(f"scenario '{scenario.id}' has another pinned variant '{wanted}'; give another --id")
    name = variant.id.rpartition("::")[2]
    made = _name_of(variant) if name.startswith("pin-") else f"{manifest.created_utc[:10]}-{name}"
    number, free = 1, wanted or made
    while free in taken:
        number += 1
        free = f"{made}-{number}"
    return free


def _written(edit: PinEdit, pack: Path, scenario: str, pin_id: str, variant: Variant) -> bool:
    """Writes the file, and takes it back when the pack is not sound with it.

    Returns:
        Whether the pinned variant is the one of the run, to the bit.
    """
    if edit.path.read_bytes() != edit.before:
        raise CannotPin(f"{edit.path} has just been changed by someone else; nothing was written, try again")
    mode = edit.path.stat().st_mode & 0o7777
    write_atomic(edit.path, edit.after, mode)
    try:
        now = load_checked(pack)
        found = now.scenario(scenario)
        (pinned,) = (one for one in _pinned_variants(now, found) if _name_of(one) == pin_id)
        _require_values(pinned, variant, now)
    except BaseException:
        write_atomic(edit.path, edit.before, mode)
        raise
    return pinned.digest == variant.digest


def _require_values(pinned: Variant, variant: Variant, pack: Pack) -> None:
    """All that a file says of a variant has come through; only its world may have changed."""
    same = pinned.seed == variant.seed and pinned.placed == variant.placed
    lost = [name for name, value in variant.parameters.items() if pinned.parameters.get(name) != value]
    if not same or lost:
        what = ", ".join(lost) or "objects and seed"
        raise CannotPin(f"{pack.path}: {what} would not be as in the run; nothing was written")
