"""SciPy's special functions, without the rest of ``scipy.special``.

The package takes 0.2 s to import, nine tenths of it for array libraries that nobody uses here, and every
verdict needs these functions. They are the package's own, from the module in which it has them.
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
_PACKAGE = "scipy.special"


def _functions() -> ModuleType:
    if _PACKAGE in sys.modules:
        return sys.modules[_PACKAGE]
    import scipy

    # Its module of functions alone is imported; whoever wants the package afterwards gets the real one.
    package = ModuleType(_PACKAGE)
    package.__path__ = [f"{folder}/special" for folder in scipy.__path__]
    sys.modules[_PACKAGE] = package
    try:
        return importlib.import_module(f"{_PACKAGE}._ufuncs")
    except ImportError:
        pass
    finally:
        del sys.modules[_PACKAGE]
    return importlib.import_module(_PACKAGE)


if not TYPE_CHECKING:
    _found = _functions()
    globals().update({name: getattr(_found, name) for name in __all__})
