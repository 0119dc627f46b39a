"""A verdict in words: what is said of which verdict, and that nothing it notes is left out."""

from __future__ import annotations

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.texts.explain import explain
from tests.unit.gate.runs import PASS_RATE, a_run

STRICTER = PASS_RATE.model_copy(update={"at_least": 0.95})


def explained(letters, *gate, early=False, width=10_000):
    manifest, records = a_run(letters, *gate)
    verdict = decide(manifest.model_copy(update={"until_decided": early}), records)
    return verdict, explain(verdict, width)


@pytest.mark.parametrize(
    ("letters", "says"),
    [
        ("P" * 60, "every rule is proven"),
        ("F" * 60, "at least one rule is refuted"),
        ("P" * 9, "does not suffice"),
    ],
)
def test_the_first_sentence_is_the_decision_and_what_it_means(letters, says):
    verdict, text = explained(letters, PASS_RATE)
    first = text.partition("\n\n")[0]
    assert first.startswith(f"{verdict.decision.value} for {verdict.model} on doors: ")
    assert says in first


def test_every_note_is_said_each_on_a_line_of_its_own():
    verdict, text = explained("P" * 20 + "-" * 40, PASS_RATE, early=True)
    assert verdict.notes
    assert text.endswith("\n\n" + "\n".join(f"- {note}" for note in verdict.notes))


def test_what_holds_it_up_is_said_of_what_is_undecided_alone():
    verdict, text = explained("P" * 9, PASS_RATE)
    assert f"What holds it up: {verdict.headline.partition(': ')[2]}" in text.split("\n\n")
    assert "What holds it up" not in explained("P" * 60, PASS_RATE)[1]


def test_several_tests_at_once_are_told_of_where_there_are_several():
    assert "Holm's procedure" in explained("P" * 60, PASS_RATE, STRICTER)[1]
    assert "Holm's procedure" not in explained("P" * 60, PASS_RATE)[1]


def test_a_run_that_ended_early_says_after_how_many_variants():
    verdict, text = explained("P" * 41 + "-" * 159, PASS_RATE, early=True)
    assert f"ended by a sequential test after {verdict.stopped_at} variants" in text
    assert "sequential test" not in explained("P" * 60, PASS_RATE)[1]


def test_a_rule_names_its_counts_its_interval_and_its_limit():
    _, text = explained("P" * 57 + "F" * 2 + "I", PASS_RATE)
    assert "variants   60 expected: 57 passed, 2 failed, 1 INVALID" in text
    assert "each end at 95 %" in text
    assert "the rule's limit is 0.9" in text
    assert "estimate   0.966" in text


def test_lines_are_as_wide_as_asked_for_and_go_on_below_their_text():
    _, text = explained("P" * 9, PASS_RATE, width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert any(line.startswith(" " * 13) for line in text.splitlines())
