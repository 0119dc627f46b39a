"""MuJoCo's warnings of an environment go to standard error.

It would else append them to MUJOCO_LOG.TXT where a user stands.
"""

from __future__ import annotations

import sys
from typing import Any

from .on_import import once_imported


def warnings_to_stderr() -> None:
    """Whether MuJoCo is imported by now or later."""
    once_imported("mujoco", _listen)


def _listen(module: Any) -> None:
    take = getattr(module, "set_mju_user_warning", None)
    if take is not None:
        take(_say)


def _say(text: str) -> None:
    print(f"MuJoCo: {text.strip()}", file=sys.stderr, flush=True)
