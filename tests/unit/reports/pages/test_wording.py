from pathlib import Path

import pytest

from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.text import number
from simgate.reports.wording import describe_criterion, percent, replay_line, unit_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.1235"),
        (1234.5, "1234"),
        (3, "3"),
        (True, "true"),
        ("oak", "oak"),
        (None, "none"),
        (1e-7, "1e-7"),
    ],
)
def test_numbers_are_short(value: object, text: str) -> None:
    assert number(value) == text  # type: ignore[arg-type]


def test_a_share_below_one_is_never_shown_as_a_hundred_percent() -> None:
    assert percent(0.9999) == "99.9 %"
    assert percent(1.0) == "100.0 %"
    assert percent(None) == "n/a"


@pytest.mark.parametrize(
    ("name", "unit"),
    [("door.distance_m", "m"), ("lighting.lux", "lx"), ("person.speed_mps", "m/s"), ("door.kind", "")],
)
def test_the_unit_is_part_of_a_name(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_a_criterion_is_one_line_with_bound_value_margin_and_time() -> None:
    criterion = CriterionResult(
        metric="stop_distance_m",
        statement="stop_distance_m between 0.3 and 1.5",
        observed=0.12,
        unit="m",
        outcome=Outcome.FAIL,
        margin=-0.18,
        lost_at_s=6.31,
    )
    wanted = "stop_distance_m between 0.3 and 1.5: observed 0.12 m, margin -0.18 m, lost at 6.3 s"
    assert describe_criterion(criterion) == wanted


def test_the_replay_line_survives_a_shell() -> None:
    assert replay_line(Path("my runs/r1"), "s::v0001") == "simgate replay 'my runs/r1' s::v0001"
