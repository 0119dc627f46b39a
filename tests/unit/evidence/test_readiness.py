from __future__ import annotations

from simgate.harness.evidence.readiness import Check, readiness

WHOLE = Check("Was the whole pack run?", "no", "-k glass")
CLEAN = Check("Was the checkout clean?", "not known", "the pack is not in git")
GO = Check("Is the gate's decision GO?", "yes", "GO")
UNSIGNED = Check("Is this package signed?", "no", "nobody vouches for it", needed=False)


def test_what_is_in_the_way_of_a_release_is_named():
    assert readiness([GO, WHOLE, CLEAN, UNSIGNED]) == (
        "not ready for release: Was the whole pack run? no; Was the checkout clean? not known"
    )


def test_what_is_not_required_is_not_in_the_way():
    assert readiness([GO, UNSIGNED]) == "ready for release"
