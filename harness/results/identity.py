"""Run identity: one hash that names what was simulated, by what, with which model, judged how.

A record with the same identity need not be run again. Everything that can change a record goes in; what
cannot (worker count, order, host, the position of a line in the pack) stays out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping


def run_identity(variant_digest: str, conditions: Mapping[str, object]) -> str:
    """SHA-256 of a variant under conditions, hex.

    Args:
        variant_digest: Names what is simulated.
        conditions: JSON values by name: model hash, adapter and version, timing, criteria, ...

    Raises:
        TypeError: A condition is not a JSON value.
        ValueError: A condition is not a finite number.
    """
    return identities(conditions)(variant_digest)


def identities(conditions: Mapping[str, object]) -> Callable[[str], str]:
    """Run identity of a variant digest under these conditions, for many variants. Raises as above."""
    canonical = json.dumps(dict(conditions), sort_keys=True, separators=(",", ":"), allow_nan=False)
    begun = hashlib.sha256(f'{{"conditions":{canonical},"variant":'.encode())

    def of(variant_digest: str) -> str:
        whole = begun.copy()
        whole.update(f"{json.dumps(variant_digest)}}}".encode())
        return whole.hexdigest()

    return of
