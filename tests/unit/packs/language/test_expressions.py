"""Conditions: what they mean, what they refuse, and that nothing of Python leaks in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.packs.expressions.conditions import Symbol, holds, parse
from simgate.harness.packs.expressions.syntax import FUNCTIONS, ExpressionError

NAMES = {"a": 1.5, "b": -2.0, "door.distance_m": 4.0, "n": 3, "open": True, "kind": "glass"}
SYMBOLS = {
    "a": Symbol("number"), "b": Symbol("number"), "door.distance_m": Symbol("number"), "n": Symbol("number"),
    "open": Symbol("bool"), "kind": Symbol("text", ("glass", "wood")),
}  # fmt: skip

_numbers = st.recursive(
    st.sampled_from(["a", "b", "n", "1", "2.5", "0.5", "3e-1"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(" ".join),
        inner.map(lambda x: f"({x})"),
        inner.map(lambda x: f"-{x}"),
        inner.map(lambda x: f"abs({x})"),
        st.tuples(inner, inner).map(lambda x: f"max({x[0]}, {x[1]})"),
        st.tuples(inner, inner).map(lambda x: f"min({x[0]}, {x[1]}, 7)"),
    ),
    max_leaves=12,
)
_conditions = st.recursive(
    st.one_of(
        st.tuples(_numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _numbers).map(" ".join),
        st.tuples(_numbers, _numbers, _numbers).map(lambda x: f"{x[0]} < {x[1]} <= {x[2]}"),
        st.sampled_from(["open", "kind == 'glass'", "kind in ['wood', 'glass']", "kind not in ('wood',)", "n in [1, 3]"]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map(lambda x: f"not {x}"),
        inner.map(lambda x: f"({x})"),
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_conditions)
def test_conditions_mean_what_they_mean_in_python(text: str) -> None:
    expected = eval(text, {"__builtins__": {}, "abs": abs, "max": max, "min": min}, dict(NAMES))
    assert holds(text, NAMES) == bool(expected)


@settings(max_examples=200, deadline=None)
@given(_numbers)
def test_arithmetic_means_what_it_means_in_python(text: str) -> None:
    expected = eval(text, {"__builtins__": {}, "abs": abs, "max": max, "min": min}, dict(NAMES))
    assert float(parse(text).evaluate(NAMES)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 ** 3 ** 2", 512), ("-2 ** 2", -4), ("2 ** -1", 0.5), ("7 % 3", 1), ("-7 % 3", 2), ("1 - 2 - 3", -4),
        ("8 / 2 / 2", 2), ("hypot(3, 4)", 5), ("sqrt(9)", 3), ("deg(rad(30))", 30), ("sin(rad(90))", 1),
        ("cos(0)", 1), ("clip(7, 0, 5)", 5), ("clip(-1, 0, 5)", 0), ("max(1, 2, 3)", 3), ("min(4, 2, 3)", 2),
    ],
)  # fmt: skip
def test_operators_and_functions_have_their_usual_values(text: str, value: float) -> None:
    assert float(parse(text).evaluate({})) == pytest.approx(value)


def test_arrays_are_evaluated_elementwise_with_scalars_broadcast() -> None:
    values = {"a": np.array([1.0, 2.0, 3.0]), "kind": np.array(["glass", "wood", "glass"]), "b": 2}
    found = parse("a * b >= 4 and kind == 'glass'").evaluate(values)
    assert found.tolist() == [False, False, True]


def test_an_undefined_value_makes_a_condition_false() -> None:
    assert parse("1 / a > 0").evaluate({"a": np.array([0.0, 2.0])}).tolist() == [True, True]
    assert parse("sqrt(a) >= 0").evaluate({"a": np.array([-1.0, 4.0])}).tolist() == [False, True]
    assert math.isnan(float(parse("0 / a").evaluate({"a": 0.0})))


def test_whole_numbers_do_not_overflow() -> None:
    assert holds("n * n * n * n * n > 0", {"n": np.array(10_000_000, dtype=np.int64)})


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "().__class__", "a.b()", "lambda: 1", "[x for x in a]", "f'{a}'", "a if b else n", "a := 1",
        "a[0]", "print(a)", "a; b", "a @ b", "a // b", "a << 1", "open()", "{1: 2}", "*a", "a is b", "1_000", "0x1f",
    ],
)  # fmt: skip
def test_everything_else_of_python_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "ends too early"), ("a >", 3, "ends too early"), ("(a > 1", 6, "')' is missing"), ("a > 1)", 5, "unexpected ')'"),
        ("a = 1", 2, "unexpected '='"), ("a > 1 && b", 6, "unexpected '&'"), ("kind == 'glass", 8, "without an end"),
        ("a > abbs(b)", 4, "unknown function"), ("abs(a, b) > 1", 0, "takes 1 arguments, not 2"), ("max() > 1", 0, "at least 2"),
        ("kind in 'glass'", 8, "after 'in' stands a list"), ("a b", 2, "unexpected 'b'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_column(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.offset == offset and message in caught.value.message


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a > c", 4, "unknown parameter 'c'"), ("a + b", 0, "must be true or false"), ("kind > 3", 0, "'>' needs a number"),
        ("kind == 3", 8, "compares text with a number"), ("kind == 'glas'", 8, "never 'glas'"), ("not a", 4, "'not' needs true or false"),
        ("open and a", 9, "'and' needs true or false"), ("kind in ['glass', 'steel']", 18, "never 'steel'"), ("-open < 1", 1, "'-' needs a number"),
    ],
)  # fmt: skip
def test_a_condition_that_fits_no_parameter_is_reported(text: str, offset: int, message: str) -> None:
    (problem,) = parse(text).problems(SYMBOLS)
    assert problem.offset == offset and message in problem.message


def test_all_problems_of_a_condition_are_reported_at_once() -> None:
    found = parse("c > 1 and d < 2 and kind == 'x'").problems(SYMBOLS)
    assert [problem.offset for problem in found] == [0, 10, 28]


def test_a_sound_condition_has_no_problem_and_knows_its_names() -> None:
    condition = parse("door.distance_m > 4 * a and kind in ['glass'] or not open")
    assert condition.problems(SYMBOLS) == []
    assert condition.names == {"door.distance_m", "a", "kind", "open"}


@pytest.mark.parametrize(
    "text", ["(" * 5000, "not " * 5000 + "open", "-" * 5000 + "a", "a" + "+a" * 5000, "2" + "**2" * 200]
)
def test_endless_conditions_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abn.()[]'<>=!+-*/%, 01", max_size=30) | st.text(max_size=20))
def test_any_text_is_read_or_refused_without_a_traceback(text: str) -> None:
    try:
        parse(text).problems(SYMBOLS)
    except ExpressionError as error:
        assert 0 <= error.offset <= len(text)


@settings(max_examples=100, deadline=None)
@given(_conditions)
def test_sound_conditions_pass_the_check(text: str) -> None:
    assert parse(text).problems(SYMBOLS) == []


def test_every_function_of_the_language_can_be_evaluated() -> None:
    for name, (fewest, _) in FUNCTIONS.items():
        assert np.isfinite(parse(f"{name}({', '.join(['0.5'] * fewest)})").evaluate({}))
