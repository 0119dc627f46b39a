"""What every verdict needs of SciPy, without the packages around it.

``scipy.special`` takes 0.2 s to import, nine tenths of it for array libraries that nobody uses here, and
``scipy.optimize`` 0.3 s. What is here is their own, from the compiled modules in which they have it.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.special import (
        bdtr,
        betainc,
        betaincc,
        betaincinv,
        betaln,
        gammaln,
        ndtr,
        ndtri,
        xlog1py,
        xlogy,
    )

__all__ = [
    "bdtr",
    "betainc",
    "betaincc",
    "betaincinv",
    "betaln",
    "gammaln",
    "ndtr",
    "ndtri",
    "xlog1py",
    "xlogy",
]


def part_of(package: str, module: str) -> ModuleType | None:
    """A module of a package of SciPy, which is not imported for it; None where it cannot be had so.

    Args:
        package: Dotted, with nothing but ``scipy`` above it.
        module: Its name in there.
    """
    if package in sys.modules:
        return None
    import scipy

    # Whoever wants the package afterwards gets the real one.
    hollow = ModuleType(package)
    hollow.__path__ = [f"{folder}/{package.rpartition('.')[2]}" for folder in scipy.__path__]
    sys.modules[package] = hollow
    try:
        return importlib.import_module(f"{package}.{module}")
    except ImportError:
        return None
    finally:
        del sys.modules[package]


if not TYPE_CHECKING:
    _special = part_of("scipy.special", "_ufuncs") or importlib.import_module("scipy.special")
    globals().update({name: getattr(_special, name) for name in __all__})
