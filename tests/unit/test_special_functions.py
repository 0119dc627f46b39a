"""SciPy's functions are its own, and its package is imported by who asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOOK = """
import sys
import simgate.harness.gate.decide, simgate.harness.cli.judging
from simgate.harness import special_functions as ours
before = sorted(name for name in sys.modules if name in ("scipy.special", "numpy.testing", "numpy.f2py"))
import scipy.special
print(before, all(getattr(ours, name) is getattr(scipy.special, name) for name in ours.__all__))
print(scipy.special._ufuncs.betainc is ours.betainc, scipy.special.logsumexp([0.0]) == 0.0)
"""


def said(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_verdict_needs_the_functions_alone_and_the_package_comes_when_it_is_asked_for() -> None:
    assert said(LOOK) == "[] True\nTrue True\n"


FALLEN_BACK = """
import importlib
load = importlib.import_module

def without_the_module(name):
    if name.endswith("._ufuncs"):
        raise ImportError(name)
    return load(name)

importlib.import_module = without_the_module
"""


@pytest.mark.parametrize("first", ["import scipy.special", FALLEN_BACK])
def test_the_package_serves_where_it_is_there_already_or_its_module_is_not(first: str) -> None:
    look = "from simgate.harness.special_functions import betainc; import scipy.special"
    assert said(f"{first}\n{look}; print(betainc is scipy.special.betainc)") == "True\n"
