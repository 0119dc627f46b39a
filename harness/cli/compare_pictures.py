"""Sees to it that a broken variant has a picture with both versions: passing variants leave none."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.gate.comparing.compare import ComparedResult, ComparedVariant, RunComparison
    from simgate.harness.results.run_folder import RunFolder

_PICTURES = ("failure_picture", "end_picture")


def with_pictures(
    comparison: RunComparison, baseline: RunFolder, candidate: RunFolder, count: int
) -> RunComparison:
    """The comparison with pictures of the first broken variants on both sides.

    Replays what left none. A comparison needs no simulator, so one that cannot start costs the pictures and
    nothing else.

    Args:
        comparison: Of the two runs.
        baseline: The older run.
        candidate: The run in question.
        count: Broken variants to see to; 0 replays nothing.
    """
    left = count
    variants: list[ComparedVariant] = []
    for variant in comparison.variants:
        if variant.change == "broken" and left > 0:
            left -= 1
            try:
                variants.append(
                    variant.model_copy(
                        update={
                            "baseline": _pictured(variant.baseline, baseline, variant.variant),
                            "candidate": _pictured(variant.candidate, candidate, variant.variant),
                        }
                    )
                )
                continue
            except _Unreplayable as error:
                print(f"no pictures of passing variants: {error}", file=sys.stderr)
                left = 0
        variants.append(variant)
    return comparison.model_copy(update={"variants": tuple(variants)})


class _Unreplayable(Exception):  # noqa: N818 - the name says what happened
    """The variant cannot be run here and now."""


def _pictured(result: ComparedResult, folder: RunFolder, variant: str) -> ComparedResult:
    from simgate.harness.execution.hosts.pool.host_pool import HostsCannotStart
    from simgate.harness.execution.planning.replay import CannotReplay, replay
    from simgate.harness.execution.planning.resume import CannotResume
    from simgate.harness.registry import UnknownPlugin
    from simgate.policies.perception.problems import PackageError

    if any(name in result.artifacts for name in _PICTURES):
        return result
    try:
        again = replay(folder.path, variant)
    except (CannotReplay, CannotResume, HostsCannotStart, PackageError, UnknownPlugin, OSError) as error:
        raise _Unreplayable(str(error).splitlines()[0]) from None
    if not again.same:
        raise _Unreplayable(f"{variant} went another way when it was run again")
    inside = again.folder.path.relative_to(folder.path)
    made = {name: (inside / path).as_posix() for name, path in again.now.artifacts.items()}
    return result.model_copy(update={"artifacts": {**result.artifacts, **made}})
