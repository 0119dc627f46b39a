"""What every verdict needs of SciPy, without the packages around it.

``scipy.special`` takes 0.2 s to import, nine tenths of it for array libraries that nobody uses here, and
``scipy.optimize`` 0.3 s. What is here is their own, from the compiled modules in which they have it.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
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


def compiled(package: str, module: str) -> ModuleType | None:
    """A compiled module of SciPy that needs no other one, apart from its package; None where there is none.

    Args:
        package: Dotted, with nothing but ``scipy`` above it.
        module: Its name in there.
    """
    spec = PathFinder.find_spec(f"{package}.{module}", _folders(package))
    if spec is None or spec.loader is None:
        return None
    try:
        found = module_from_spec(spec)
        spec.loader.exec_module(found)
    except ImportError:
        return None
    return found


def _folders(package: str) -> list[str]:
    import scipy

    return [f"{folder}/{package.rpartition('.')[2]}" for folder in scipy.__path__]


def _functions() -> ModuleType:
    """What has all of them: the compiled module, or the package."""
    package, module = "scipy.special", "_ufuncs"
    # Its neighbours, which it imports, are found through a stand-in for the package, and another thread that
    # imports the package meanwhile would be given that.
    if package not in sys.modules and len(sys._current_frames()) == 1:
        hollow = ModuleType(package)
        hollow.__path__ = _folders(package)
        sys.modules[package] = hollow
        try:
            found = importlib.import_module(f"{package}.{module}")
            if all(hasattr(found, name) for name in __all__):
                return found
        except ImportError:
            pass
        finally:
            # Whoever wants the package afterwards gets the real one.
            del sys.modules[package]
    return importlib.import_module(package)


if not TYPE_CHECKING:
    _special = _functions()
    globals().update({name: getattr(_special, name) for name in __all__})
