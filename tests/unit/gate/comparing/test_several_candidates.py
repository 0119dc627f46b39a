"""Several candidates against one baseline: GO by Holm's procedure over all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simgate.harness.gate.comparing.compare import RunComparison, compare_runs
from simgate.harness.gate.comparing.compare_table import several_table
from simgate.harness.gate.comparing.several import chosen_by_holm, judged_together
from simgate.harness.multiplicity import holm_rejects
from tests.unit.gate.pairs import REGRESSION, baseline, evidence_of, run_of
from tests.unit.gate.test_compare import NEW, unknown

SIZE = 200


def together(*candidates: str) -> list[RunComparison]:
    """Each candidate, whose pack allows a drop of 0.02 with a confidence of 0.95."""
    before = baseline("P" * SIZE)
    after = [evidence_of(*run_of(now, made=NEW)) for now in candidates]
    alone = [compare_runs(before, one, REGRESSION, unknown) for one in after]
    count = len(after)
    return judged_together(before, after, alone, [REGRESSION] * count, [None] * count)


def judged(*candidates: str) -> list[str]:
    return [one.decision.value for one in together(*candidates)]


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=6))
def test_who_is_chosen_is_who_holm_rejects(p_values: list[float]) -> None:
    chosen = chosen_by_holm(len(p_values), lambda k, parts: p_values[k] < 0.05 / parts)
    wanted = holm_rejects(p_values, [0.05] * len(p_values))
    assert [k in chosen for k in range(len(p_values))] == wanted


def test_a_candidate_that_is_go_alone_may_not_be_among_several() -> None:
    # 0 of 200 broken shows a drop below 0.02 at 0.05 (0.98 ** 200 = 0.018), at 0.05 / 2, and not at 0.05 / 3.
    clean, broken = "P" * SIZE, "F" * 20 + "P" * (SIZE - 20)
    assert judged(clean) == ["GO"]
    assert judged(clean, clean) == ["GO", "GO"]
    assert judged(clean, clean, clean) == ["INCONCLUSIVE"] * 3
    assert judged(clean, broken) == ["GO", "NO-GO"]
    assert judged(clean, broken, broken) == ["INCONCLUSIVE", "NO-GO", "NO-GO"]


def test_a_rule_that_is_go_alone_and_not_among_several_says_so_itself() -> None:
    (alone,) = together("P" * SIZE)
    assert alone.rule.decision.value == "GO"
    for one in together(*["P" * SIZE] * 3):
        assert one.rule.decision.value == "INCONCLUSIVE"
        assert one.rule.reason.startswith(alone.rule.reason)
        assert one.rule.reason.endswith(
            "GO alone, but not as one of 3 candidates from which one is chosen (Holm)"
        )
        assert one.rule.would_change == "more variants"


def test_no_gain_has_no_sign_of_a_loss() -> None:
    found = together("P" * SIZE, "P" * SIZE)
    (one, *_) = found
    assert one.rule.paired is not None
    slight = one.rule.paired.model_copy(
        update={
            "drop": 0.0004,
            "exact": one.rule.paired.exact.model_copy(update={"low": 0.0, "high": 0.0003}),
        }
    )
    row = several_table([one.model_copy(update={"rule": one.rule.model_copy(update={"paired": slight})})])
    assert "+0.000  +0.000 to +0.000" in row
    assert "-0.000" not in row + several_table(found)
