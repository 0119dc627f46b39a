"""The pack that a run's manifest holds; the manifest may be damaged, or of another version."""

from __future__ import annotations

from pydantic import ValidationError

from simgate.harness.packs.model import Pack
from simgate.harness.results.damage import damage
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.run_folder import NotARun


def kept_pack(manifest: Manifest) -> Pack:
    """The checked pack of a run.

    Raises:
        NotARun: It cannot be read, or lacks a scenario of which variants are expected.
    """
    try:
        pack = Pack.model_validate(manifest.pack)
    except ValidationError as error:
        raise NotARun(
            f"the pack in the manifest of {manifest.run_id} cannot be read: {damage(error)}"
        ) from None
    lacking = {expected.scenario for expected in manifest.expected} - {one.id for one in pack.scenarios}
    if lacking:
        raise NotARun(
            f"the manifest of {manifest.run_id} is damaged: it expects variants of the scenario "
            f"'{min(lacking)}', which its pack does not have"
        )
    return pack
