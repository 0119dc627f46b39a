"""Whether hosts that have served a run can serve another one."""

from __future__ import annotations

from simgate.harness.execution.planning.plan import Plan
from simgate.harness.results.manifest import Fingerprint
from simgate.harness.results.parts import JUDGED, Part

_LOADS = {"model": "runtime"}
"""Role -> that of the plugin that loads its files, where it does not do so itself."""


def is_served_by(plan: Plan, earlier: Plan) -> bool:
    """Whether processes that hold an earlier plan can go on with this one.

    They load pack, model and a policy's network again, and keep what they have imported, what the simulator
    has open, and what code of a team's own may keep of the files that it has read: of that nothing may have
    changed. The most memory that a process has had is of all that it has ever held, so what a criterion asks
    of that is told by a new one.
    """
    asked = (c.metric or "" for s in plan.pack.scenarios for c in (*s.accept, *s.hard))
    if any(metric.startswith(("cpu.", "gpu.")) for metric in asked):
        return False
    if (plan.pack.path, plan.pack.sim, plan.interpreter) != (
        earlier.pack.path,
        earlier.pack.sim,
        earlier.interpreter,
    ):
        return False
    now, before = plan.manifest.fingerprint, earlier.manifest.fingerprint
    return (now.runtime, _held(now)) == (before.runtime, _held(before))


def _held(fingerprint: Fingerprint) -> list[Part]:
    """What a process keeps: code and installed releases of all parts, and the files of those that judge, or
    that others than we load."""
    loaded_again = {"sha256": "", "name": "", "files": {}, "said": {}}
    parts = [part for part in fingerprint.parts or () if part.role != "pack"]
    loaded_by = {role: [p.entry for p in parts if p.role in (role, _LOADS.get(role))] for role in JUDGED}
    ours = {role for role, entries in loaded_by.items() if all(map(_is_ours, entries))}
    return [part.model_copy(update=loaded_again) if part.role in ours else part for part in parts]


def _is_ours(entry: str) -> bool:
    return not entry or entry.startswith("simgate.")
