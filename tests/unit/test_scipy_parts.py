"""SciPy's functions are its own, and its packages are imported by who asks for them."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from scipy.optimize import brentq

from simgate.harness.gate.statistics.root import root

LOOK = """
import sys
import simgate.harness.gate.decide, simgate.harness.cli.judging
from simgate.harness import scipy_parts as ours
from simgate.harness.gate.statistics.root import root
zero = root(lambda x: x * x - 2.0, 0.0, 2.0)
heavy = ("scipy.special", "scipy.optimize", "numpy.testing", "numpy.f2py")
before = sorted(name for name in sys.modules if name in heavy)
import scipy.optimize, scipy.special
print(before, all(getattr(ours, name) is getattr(scipy.special, name) for name in ours.__all__))
print(scipy.special._ufuncs.betainc is ours.betainc, scipy.special.logsumexp([0.0]) == 0.0)
print(zero == scipy.optimize.brentq(lambda x: x * x - 2.0, 0.0, 2.0))
"""


def said(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300.0).stdout


def test_a_verdict_needs_the_functions_alone_and_the_package_comes_when_it_is_asked_for() -> None:
    assert said(LOOK) == "[] True\nTrue True\nTrue\n"


FALLEN_BACK = """
import importlib
from importlib.machinery import PathFinder
load, find = importlib.import_module, PathFinder.find_spec

def without_the_module(name):
    if name.endswith("._ufuncs"):
        raise ImportError(name)
    return load(name)

importlib.import_module = without_the_module
PathFinder.find_spec = lambda name, path=None, target=None: (
    None if name.endswith("._zeros") and "scipy.optimize" not in sys.modules else find(name, path, target)
)
"""
MOVED_ON = """
import importlib
load = importlib.import_module
class Other:
    betainc = None

importlib.import_module = lambda name: Other() if name.endswith("._ufuncs") else load(name)
"""
IN_A_THREAD = """
import threading
waits = threading.Event()
threading.Thread(target=waits.wait, daemon=True).start()
"""


@pytest.mark.parametrize("first", ["import scipy.special", FALLEN_BACK, MOVED_ON, IN_A_THREAD])
def test_the_package_serves_where_it_is_there_already_or_its_module_is_not(first: str) -> None:
    look = "from simgate.harness.scipy_parts import betainc; print('scipy.special' in sys.modules)"
    checked = "import scipy.special; print(betainc is scipy.special.betainc)"
    assert said(f"import sys\n{first}\n{look}\n{checked}") == "True\nTrue\n"
    look = "from simgate.harness.gate.statistics.root import root; print(root(float, -1.0, 2.0))"
    assert said(f"import sys\n{first.replace('special', 'optimize')}\n{look}") == "0.0\n"


WHO_IMPORTS_TOO = """
import importlib, threading
load, asked, done, faults = importlib.import_module, threading.Event(), threading.Event(), []

def other():
    asked.wait()
    try:
        from scipy.special import expit
        from scipy.optimize import newton
    except ImportError as error:
        faults.append(error)
    done.set()

def in_between(name):
    if name.startswith("scipy.") and threading.current_thread() is threading.main_thread():
        asked.set()
        done.wait(60.0)
    return load(name)

threading.Thread(target=other).start()
importlib.import_module = in_between
from simgate.harness.gate.statistics.root import root
print(root(float, -1.0, 2.0), asked.is_set(), faults)
"""


def test_another_thread_that_imports_the_package_meanwhile_gets_all_of_it() -> None:
    assert said(WHO_IMPORTS_TOO) == "0.0 True []\n"


@pytest.mark.parametrize("precision", [2e-12, 1e-7])
def test_a_zero_is_that_of_scipys_own_function(precision: float) -> None:
    functions = [lambda x: math.cos(x) - x, lambda x: x**3 - 0.1, lambda x: math.expm1(x) - 1e-3]
    for function in functions:
        assert root(function, -0.5, 2.0, precision) == brentq(function, -0.5, 2.0, xtol=precision)


def test_a_function_without_a_value_or_without_a_change_of_sign_has_no_zero() -> None:
    with pytest.raises(ValueError, match=r"the function has no value at 0\.0"):
        root(lambda x: math.nan, 0.0, 1.0)
    with pytest.raises(ValueError, match="different signs"):
        root(lambda x: x + 1.0, 0.0, 1.0)
