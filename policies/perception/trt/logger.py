"""TensorRT's log: errors are kept for the message, the rest goes to stderr."""

from __future__ import annotations

import sys
from collections import deque
from typing import Any

import tensorrt as trt

_KEPT = 3


class KeepingLogger(trt.ILogger):  # type: ignore[misc, unused-ignore]
    """Keeps the last errors, because TensorRT returns None or False and says why only here."""

    def __init__(self, verbose: bool = False) -> None:
        trt.ILogger.__init__(self)
        self._verbose = verbose
        self._errors: deque[str] = deque(maxlen=_KEPT)

    def log(self, severity: Any, msg: str) -> None:
        """Called by TensorRT, from any thread."""
        if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
            self._errors.append(msg.strip())
        elif severity != trt.ILogger.Severity.WARNING and not self._verbose:
            return
        print(f"TensorRT {severity.name}: {msg}", file=sys.stderr, flush=True)

    def cause(self) -> str:
        """What TensorRT has said since it was last asked, to be put behind a colon."""
        said = "; ".join(dict.fromkeys(self._errors))
        self._errors.clear()
        return said or "TensorRT gave no reason"
