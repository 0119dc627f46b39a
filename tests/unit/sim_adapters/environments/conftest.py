"""The environment that tests of a link play with."""

from __future__ import annotations

import pytest

from tests.unit.sim_adapters.environments.links import opened


@pytest.fixture
def cart():
    link = opened()
    yield link
    link.close()
