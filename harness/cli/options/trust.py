"""The option ``--trust`` of all commands that load models."""

from __future__ import annotations

import argparse
from typing import Any

from simgate.policies.perception.files.trust import TRUST_HELP, trust_all


class _Trust(argparse.Action):
    """Says so in the environment, which every worker inherits."""

    def __call__(self, *_: Any) -> None:
        trust_all()


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    parser.add_argument("--trust", nargs=0, action=_Trust, default=argparse.SUPPRESS, help=TRUST_HELP)
