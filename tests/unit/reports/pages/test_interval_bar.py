import re

import pytest

from simgate.harness.gate.verdict import Decision, Interval, RuleVerdict
from simgate.reports.drawing.interval_bar import Axis, rate_bar, rule_bar, share_axis
from simgate.reports.html import rule_numbers

WILSON = Interval(low=0.9, high=0.96, confidence=0.95, method="Wilson")


@pytest.mark.parametrize(
    ("low", "start"), [(0.999, 0.98), (0.965, 0.95), (0.93, 0.9), (0.6, 0.5), (0.1, 0.0)]
)
def test_the_axis_begins_at_a_round_share_below_every_value(low: float, start: float) -> None:
    axis = share_axis([low, 1.0, None])
    assert (axis.low, axis.high) == (start, 1.0)


def test_the_text_alternative_has_the_numbers() -> None:
    bar = rate_bar(0.94, WILSON, Axis(0.8, 1.0))
    assert 'aria-label="pass rate 94.0 %, Wilson interval 90.0 % to 96.0 %"' in bar


def test_nothing_counted_is_said_in_words() -> None:
    assert "nothing counted" in rate_bar(None, None, Axis(0, 1))


def test_a_rule_shows_threshold_and_exact_ends() -> None:
    rule = RuleVerdict(
        statement="pass rate at least 0.98",
        decision=Decision.NO_GO,
        reason="",
        estimate=0.94,
        shown=WILSON,
        exact=Interval(low=0.89, high=0.97, confidence=0.95, method="exact"),
        bound=0.98,
    )
    bar = rule_bar(rule)
    assert bar.count('class="exact"') == 2
    assert bar.count('class="bound"') == 1
    assert "threshold 98.0 %" in bar


def test_no_axis_of_shares_goes_beyond_all_of_them() -> None:
    exact = Interval(low=0.49, high=0.99, confidence=0.9, method="exact")
    rule = RuleVerdict(statement="", decision=Decision.GO, reason="", estimate=0.9, exact=exact, bound=0.4)
    assert ">100 %<" in rule_bar(rule)


def test_a_metric_in_milliseconds_is_not_written_as_a_share() -> None:
    rule = RuleVerdict(statement="latency", decision=Decision.GO, reason="", estimate=38.0, bound=50.0)
    assert "threshold 50" in rule_bar(rule)
    assert "%" not in rule_bar(rule)


def test_a_loss_of_a_metric_has_its_unit_and_a_gain_its_place_left_of_zero() -> None:
    rule = RuleVerdict(
        kind="not_worse_by",
        statement="clearance",
        decision=Decision.GO,
        reason="",
        estimate=0.01,
        exact=Interval(low=-0.04, high=0.03, confidence=0.95, method="betting"),
        bound=0.05,
    )
    bar = rule_bar(rule)
    assert "%" not in bar
    assert "%" not in " ".join(line.partition("(")[0] for line in rule_numbers(rule))
    places = [float(x) for x in re.findall(r'd="M([\d.]+) 5v12"', bar)]
    assert 8.0 < places[0] < places[1] < 212.0


def test_marks_stay_inside_the_picture() -> None:
    bar = rate_bar(0.2, Interval(low=0.0, high=1.0, confidence=0.95, method="Wilson"), Axis(0.5, 1.0))
    numbers = [float(x) for x in re.findall(r' (?:x|cx|x1|x2)="([-\d.]+)"', bar)]
    assert all(0 <= x <= 220 for x in numbers)


def test_a_rule_that_measured_nothing_has_no_bar() -> None:
    assert rule_bar(RuleVerdict(statement="s", decision=Decision.INCONCLUSIVE, reason="")) == ""
