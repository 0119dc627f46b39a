"""One signed package of a small run, for a file of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.evidence.build import build_evidence
from simgate.harness.evidence.signing import make_key_pair, read_private_key, read_public_key
from simgate.harness.results.run_folder import RunFolder
from tests.unit.evidence.packages import GATE
from tests.unit.evidence.runs import small_run


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@pytest.fixture(scope="module")
def folder(place) -> RunFolder:
    return small_run(place, gate=GATE)


@pytest.fixture(scope="module")
def keys(place):
    private, public = make_key_pair(place / "signer")
    return read_private_key(private), read_public_key(public)


@pytest.fixture(scope="module")
def signed(place, folder, keys) -> bytes:
    return build_evidence(folder, place / "signed.zip", keys[0]).path.read_bytes()
