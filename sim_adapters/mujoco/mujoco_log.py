"""MuJoCo's warnings go to standard error, each once; else they fill MUJOCO_LOG.TXT where a user stands."""

from __future__ import annotations

import sys
from functools import cache

import mujoco


@cache
def warn_on_stderr() -> None:
    """Takes MuJoCo's warnings over for this process; in a host they end in ``hosts/<n>.log`` of the run."""
    mujoco.set_mju_user_warning(_say)


@cache
def _say(text: str) -> None:
    print(f"MuJoCo: {text.strip()}", file=sys.stderr, flush=True)
