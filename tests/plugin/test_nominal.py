"""The parameters farthest from nominal, as the failure text shows them."""

from __future__ import annotations

import pytest

from simgate.harness.frontend.nominal import farthest
from simgate.harness.packs.model import Scenario
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec


def scenario(**parameters: ValueSpec) -> Scenario:
    return Scenario(
        id="s",
        title="",
        severity="major",
        world="w",
        parameters=parameters,
        variants=VariantsSpec(count=1),
        accept=(),
    )


def test_the_farthest_come_first_and_constants_are_left_out() -> None:
    spec = ValueSpec(kind="uniform", numbers={"low": 0.0, "high": 1.0})
    found = farthest(
        scenario(
            middle=spec,
            low=spec,
            fixed=ValueSpec(kind="constant", choices=(3.0,)),
            word=ValueSpec(kind="choice", choices=("a", "b"), weights=(9.0, 1.0)),
            flag=ValueSpec(kind="bool", numbers={"probability": 0.5}),
        ),
        {"middle": 0.5, "low": 0.03, "fixed": 3.0, "word": "b", "flag": True, "default": 1.0},
    )
    assert [(entry.parameter, entry.where) for entry in found] == [
        ("low", "3rd percentile of 0 to 1"),
        ("word", "10 % of variants"),
        ("flag", "50 % of variants"),
        ("middle", "50th percentile of 0 to 1"),
    ]


def test_at_most_five_are_shown() -> None:
    spec = ValueSpec(kind="uniform", numbers={"low": 0.0, "high": 1.0})
    names = [f"p{number}" for number in range(9)]
    assert len(farthest(scenario(**dict.fromkeys(names, spec)), dict.fromkeys(names, 0.1))) == 5


@pytest.mark.parametrize(("share", "word"), [(0.01, "1st"), (0.11, "11th"), (0.22, "22nd"), (1.0, "100th")])
def test_percentiles_are_ordinals(share: float, word: str) -> None:
    spec = ValueSpec(kind="uniform", numbers={"low": 0.0, "high": 1.0})
    (entry,) = farthest(scenario(p=spec), {"p": share})
    assert entry.where.startswith(f"{word} percentile")
