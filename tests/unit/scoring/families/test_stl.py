"""Temporal logic: what formulas may say, robustness by hand and by a plain definition, end of the trace."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.packs.model import Criterion
from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.scoring.criteria import judge, number_in_words
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import saturated
from simgate.harness.scoring.metrics import check_formula, signal_quantities
from simgate.harness.scoring.stl.formula import read_formula
from simgate.harness.scoring.stl.metric import formula_metric
from simgate.harness.scoring.stl.robustness import Evaluation
from tests.unit.scoring.traces import make_trace, samples

SLOWS_DOWN = "always ((barrier_distance_m < 1.5) -> eventually[0:0.8] (speed_mps < 0.25))"


def criterion(text, **changes):
    return Criterion(metric="slows_down", op="at_least", bound=0.0, stl=text, **changes)


def value_of(text, **signals):
    rows = len(next(iter(signals.values())))
    evidence = Evidence(make_trace(rows, signals), samples())
    return formula_metric(criterion(text)).compute(evidence, {})


# By hand: one row every 0.1 s.
DOWN = [1.0, 0.8, 0.5, 0.2, 0.1]


@pytest.mark.parametrize(
    ("text", "signals", "robustness"),
    [
        ("always (speed_mps > 0)", {"speed_mps": DOWN}, 0.1),
        ("always (speed_mps > 0.15)", {"speed_mps": DOWN}, -0.05),
        ("eventually (speed_mps < 0.15)", {"speed_mps": DOWN}, 0.05),
        ("eventually[0:0.2] (speed_mps < 0.15)", {"speed_mps": DOWN}, -0.35),
        ("always[0.1:0.3] (speed_mps <= 0.9)", {"speed_mps": DOWN}, 0.1),
        ("always[100ms:300ms] (speed_mps <= 0.9)", {"speed_mps": DOWN}, 0.1),
        ("(speed_mps > 0.4) until (speed_mps < 0.3)", {"speed_mps": DOWN}, 0.1),
        ("not (speed_mps > 0.9)", {"speed_mps": DOWN}, -0.1),
        ("(speed_mps > 0.9) and (speed_mps < 5)", {"speed_mps": DOWN}, 0.1),
        ("(speed_mps > 2) or (speed_mps < 1.25)", {"speed_mps": DOWN}, 0.25),
        ("(speed_mps > 0.9) -> eventually (speed_mps < 0.3)", {"speed_mps": DOWN}, 0.2),
        ("always (abs(speed_mps - x_m) < 2)", {"speed_mps": DOWN, "x_m": [0, 0, 0, 1, 2]}, 0.1),
        ("G (speed_mps > 0) and F (speed_mps < 0.2)", {"speed_mps": DOWN}, 0.1),
    ],
)
def test_robustness_of_hand_made_traces(text, signals, robustness):
    assert value_of(text, **signals).value == pytest.approx(robustness)


def test_the_robot_that_brakes_in_time_holds_the_formula_and_the_late_one_does_not():
    barrier = [2.0, 1.4, 1.2, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    brakes = [0.8] * 4 + [0.1] * 8
    late = [0.8] * 11 + [0.1]
    assert value_of(SLOWS_DOWN, barrier_distance_m=barrier, speed_mps=brakes).value == pytest.approx(0.15)
    found = value_of(SLOWS_DOWN, barrier_distance_m=barrier, speed_mps=late)
    # At 0.1 s max(1.4 - 1.5, 0.25 - 0.8), at 0.2 s max(1.2 - 1.5, 0.25 - 0.8), from 0.3 s on in time.
    assert found.value == pytest.approx(-0.3)
    assert found.lost_at_s == pytest.approx(0.1)


class TestTheEndOfTheTrace:
    def test_eventually_must_come_true_within_the_trace(self):
        barrier = [2.0, 2.0, 1.4]
        found = value_of(SLOWS_DOWN, barrier_distance_m=barrier, speed_mps=[0.8] * 3)
        assert found.value == pytest.approx(-0.1)
        assert found.lost_at_s == pytest.approx(0.2)

    def test_always_speaks_of_what_the_trace_has(self):
        assert value_of("always[0:9] (speed_mps > 0)", speed_mps=DOWN).value == pytest.approx(0.1)

    @pytest.mark.parametrize("text", ["always[1:2] (speed_mps > 0)", "eventually[1:2] (speed_mps > 0)"])
    def test_a_formula_about_times_after_the_end_is_undefined_and_never_a_pass(self, text):
        assert "before the times that the formula speaks of" in value_of(text, speed_mps=DOWN).undefined
        evidence = Evidence(make_trace(5, {"speed_mps": DOWN}), samples())
        assert judge(criterion(text), evidence).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("text", "lost_at_s"),
    [
        ("always (speed_mps > 0.3)", 0.3),
        ("always[0.4:0.4] (speed_mps > 0.3)", 0.4),
        ("eventually (speed_mps < 0)", 0.4),
        ("eventually[0:0.2] (speed_mps < 0.15)", 0.2),
        ("always (speed_mps > 0) and always (speed_mps > 0.6)", 0.2),
        ("speed_mps > 2", 0.0),
    ],
)
def test_the_time_of_violation_is_the_moment_to_look_at(text, lost_at_s):
    assert value_of(text, speed_mps=DOWN).lost_at_s == pytest.approx(lost_at_s)


def test_a_signal_without_a_value_makes_the_formula_undefined():
    found = value_of("always (barrier_distance_m > 0.3)", speed_mps=DOWN)
    assert found.undefined == "signal barrier_distance_m has no value in this scene"


def test_arithmetic_that_fails_makes_the_formula_undefined():
    assert "arithmetic" in value_of("always (1 / yaw_rad > 0)", speed_mps=DOWN).undefined


def test_the_margin_is_the_robustness_beyond_the_bound():
    evidence = Evidence(make_trace(5, {"speed_mps": DOWN}), samples())
    met = judge(criterion("always (speed_mps > 0)"), evidence)
    assert (met.outcome, met.margin) == (Outcome.PASS, pytest.approx(0.1))
    assert met.statement == "slows_down: always (speed_mps > 0)"
    asked = criterion("always (speed_mps > 0)").model_copy(update={"bound": 0.3})
    broken = judge(asked, evidence)
    assert (broken.outcome, broken.margin) == (Outcome.FAIL, pytest.approx(-0.2))
    assert broken.reason == "robustness of slows_down: observed 0.1, must be at least 0.3 (short by 0.2)"


def test_one_formula_judges_many_traces_without_memory():
    text = "always (speed_mps > 0.15)"
    assert [value_of(text, speed_mps=DOWN[:n]).value for n in (2, 5, 3, 2)] == pytest.approx(
        [0.65, -0.05, 0.35, 0.65]
    )


# A plain definition to compare with: recursion over rows, each answer a pair (at least, at most).
UNKNOWN = (-math.inf, math.inf)


def plain(formula, x, t):
    kind, n = formula[0], len(x)
    if kind == "above":
        return UNKNOWN if x[t] is None else (x[t] - formula[1],) * 2
    if kind == "not":
        low, high = plain(formula[1], x, t)
        return -high, -low
    if kind in ("and", "or"):
        pick = min if kind == "and" else max
        return tuple(map(pick, plain(formula[1], x, t), plain(formula[2], x, t)))
    begin, end = formula[1]
    rows = range(t + begin, min(t + end, n - 1) + 1)
    if kind == "until":
        worlds = [
            [
                min(plain(formula[3], x, r)[k], *(plain(formula[2], x, q)[k] for q in range(t, r)), math.inf)
                for r in rows
            ]
            for k in (0, 1)
        ]
        if rows:
            return tuple(map(max, worlds))
        return -math.inf, min(plain(formula[2], x, q)[1] for q in range(t, n))
    inner = [plain(formula[2], x, row) for row in rows]
    pick = min if kind == "always" else max
    return tuple(pick(values) for values in zip(*inner, strict=True)) if inner else UNKNOWN


def written(formula):
    kind = formula[0]
    if kind == "above":
        return f"(speed_mps > {formula[1]})"
    if kind == "not":
        return f"(not {written(formula[1])})"
    if kind in ("and", "or"):
        return f"({written(formula[1])} {kind} {written(formula[2])})"
    interval = f"[{formula[1][0] / 10}:{formula[1][1] / 10}]"
    if kind == "until":
        return f"({written(formula[2])} until{interval} {written(formula[3])})"
    return f"({kind}{interval} {written(formula[2])})"


BOUNDS = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda b: (b[0], b[0] + b[1]))
ATOMS = st.tuples(st.just("above"), st.integers(0, 9))
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.sampled_from(["always", "eventually"]), BOUNDS, inner),
        st.tuples(st.just("until"), BOUNDS, inner, inner),
    ),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    formula=FORMULAS,
    x=st.lists(st.one_of(st.integers(0, 9), st.none(), st.just(math.inf)), min_size=1, max_size=8),
)
def test_robustness_agrees_with_the_plain_definition_whatever_is_unknown(formula, x):
    found = value_of(written(formula), speed_mps=np.array([math.nan if v is None else v for v in x], float))
    low, high = plain(formula, x, 0)
    if low < 0.0 <= high:
        assert found.value is None
        assert found.undefined
    else:
        assert found.value == pytest.approx(saturated(low if low >= 0.0 else high))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(formula=FORMULAS, x=st.lists(st.integers(0, 9), min_size=15, max_size=20))
def test_robustness_agrees_with_rtamt_where_the_trace_decides(formula, x):
    rtamt = pytest.importorskip("rtamt", reason="rtamt stops at Python 3.12")
    specification = rtamt.StlDiscreteTimeOfflineSpecification()
    specification.declare_var("speed_mps", "float")
    specification.set_sampling_period(1, "s")
    # A period of a second instead of a tenth: rtamt then has whole bounds.
    specification.spec = re.sub(
        r"\[(\S+):(\S+)\]",
        lambda m: f"[{round(float(m[1]) * 10)}:{round(float(m[2]) * 10)}]",
        written(formula),
    )
    specification.parse()
    wanted = specification.evaluate({"time": list(range(len(x))), "speed_mps": [float(v) for v in x]})[0][1]
    found = value_of(written(formula), speed_mps=np.array(x, float))
    if found.value is not None:
        assert found.value == pytest.approx(wanted)


PAST = [
    ("once (speed_mps > 0.9)", 2, 0.1),
    ("once[0.1:0.1] (speed_mps > 0.9)", 1, 0.1),
    ("historically (speed_mps > 0.4)", 2, 0.1),
    ("historically[0:0.1] (speed_mps > 0.4)", 3, -0.2),
    ("(speed_mps < 0.9) since (speed_mps > 0.9)", 2, 0.1),
    ("rise(speed_mps > 0.4)", 0, 0.6),
    ("rise(speed_mps > 0.4)", 2, -0.4),
    ("fall(speed_mps > 0.4)", 3, 0.1),
]


@pytest.mark.parametrize(("text", "row", "wanted"), PAST)
def test_operators_of_the_past_at_a_row(text, row, wanted):
    formula = read_formula(text, 10, frozenset(signal_quantities()))
    known = Evaluation(formula, {"speed_mps": np.array(DOWN)}).known(formula.root)
    assert (known.low[row], known.high[row]) == (pytest.approx(wanted), pytest.approx(wanted))


def test_before_the_start_nothing_is_known():
    formula = read_formula("once[0.1:0.2] (speed_mps > 0.9)", 10, frozenset(signal_quantities()))
    known = Evaluation(formula, {"speed_mps": np.array(DOWN)}).known(formula.root)
    assert (known.low[0], known.high[0]) == UNKNOWN


class TestWhatIsUnknown:
    AFTER = "eventually[1:2] (speed_mps > 0)"

    def test_a_formula_about_times_after_the_end_cannot_pass_inside_a_conjunction(self):
        assert value_of(f"always (speed_mps > 0) and {self.AFTER}", speed_mps=DOWN).value is None
        assert value_of(f"always (speed_mps > 0) and not {self.AFTER}", speed_mps=DOWN).value is None

    def test_a_part_that_decides_the_whole_does(self):
        assert value_of(f"always (speed_mps > 0.5) and {self.AFTER}", speed_mps=DOWN).value == pytest.approx(
            -0.4
        )
        assert value_of(f"always (speed_mps > 0) or {self.AFTER}", speed_mps=DOWN).value == pytest.approx(0.1)
        assert value_of("barrier_distance_m > 1 or speed_mps > 0.5", speed_mps=DOWN).value == pytest.approx(
            0.5
        )

    @pytest.mark.parametrize(("first", "value"), [(0.2, 0.1), (0.05, -0.05)])
    def test_an_episode_of_one_row_is_judged(self, first, value):
        assert value_of("always (speed_mps > 0.1)", speed_mps=[first]).value == pytest.approx(value)

    @pytest.mark.parametrize(
        ("text", "outcome", "observed"),
        [
            ("eventually (lidar_min_m > 3)", Outcome.PASS, "unlimited"),
            ("always (lidar_min_m > 3)", Outcome.PASS, "unlimited"),
            ("always (lidar_min_m < 3)", Outcome.FAIL, "-unlimited"),
        ],
    )
    def test_an_infinite_signal_is_a_number(self, text, outcome, observed):
        evidence = Evidence(make_trace(5, {"lidar_min_m": [math.inf] * 5}), samples())
        judged = judge(criterion(text), evidence)
        assert judged.outcome is outcome
        assert number_in_words(judged.observed) == observed
        assert CriterionResult.model_validate_json(judged.model_dump_json()) == judged

    def test_a_bound_is_decided_by_the_side_that_is_known(self):
        asked = criterion("speed_mps > 0.6 or barrier_distance_m > 1")
        evidence = Evidence(make_trace(5, {"speed_mps": DOWN}), samples())
        assert judge(asked.model_copy(update={"bound": 0.3}), evidence).outcome is Outcome.PASS
        assert "no value" in judge(asked.model_copy(update={"bound": 0.5}), evidence).reason


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("always (barier_distance_m > 1)", 8, "unknown signal 'barier_distance_m'"),
        ("always (speed_mps > )", 20, "syntax error"),
        ("always (speed_mps > 1", 20, "syntax error: the end of the formula"),
        ("(x_m > 1) -> (x_m > 2) -> (x_m > 3)", 23, "'->' is not expected"),
        ("abs(x_m > 1) > 1", 4, "a number is needed"),
        ("pow(x_m) > 1", 0, "pow takes 2 and not 1"),
        ("always (s > 1)", 8, "'s' is no signal"),
        ("not " * 200 + "(x_m > 1)", 404, "more than 100 deep"),
        ("always[0:0.25] (speed_mps > 1)", 6, "not in whole control periods"),
        ("always[2:1] (speed_mps > 1)", 6, "empty interval"),
        ("always[0s:1] (speed_mps > 1)", 6, "no time interval"),
        ("speed_mps", 0, "is a number, a comparison is needed"),
        ("0 < speed_mps < 1", 0, "'0 < speed_mps' is true or false, a number is needed"),
        ("(x_m > 1) iff (y_m > 1)", 10, "'iff' has no usable robustness"),
        ("~(x_m > 1)", 0, "holds no '~'"),
        ("from os import path", 0, "unknown signal 'from'"),
        ("out = always (x_m > 1)", 0, "unknown signal 'out'"),
        ("", 0, "syntax error"),
    ],
)
def test_a_wrong_formula_is_found_before_anything_runs(text, offset, message):
    problem = check_formula(text, control_hz=10)[0]
    assert problem.offset == offset
    assert message in problem.message


def test_a_near_name_is_suggested():
    assert check_formula("G (barier_distance_m > 1)", 10)[0].hint == "did you mean 'barrier_distance_m'?"


@pytest.mark.parametrize(("sign", "hint"), [("=", "compare with ==, <, <=, >, >= or !=="), ("?", "")])
def test_only_a_single_equals_sign_is_told_how_to_compare(sign, hint):
    (problem,) = check_formula(f"G (speed_mps {sign} 1)", 10)
    assert (problem.message, problem.hint) == (f"a formula holds no '{sign}'", hint)


def test_bounds_are_held_against_the_control_rate():
    assert not check_formula("always[0:0.25] (speed_mps > 1)", control_hz=20)
    assert not check_formula("always[0:0.1] (speed_mps > 1)", control_hz=30)
