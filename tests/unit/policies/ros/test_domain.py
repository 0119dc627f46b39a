"""Worlds that run at once have ROS domains of their own."""

from __future__ import annotations

import pytest

from simgate.policies.ros import domain
from simgate.policies.ros.domain import Domain, NoDomain


def test_a_domain_is_nobody_elses_until_it_is_given_back(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(domain, "_DOMAINS", range(1, 4))
    held = [Domain() for _ in range(3)]
    assert sorted(one.number for one in held) == [1, 2, 3]
    with pytest.raises(NoDomain, match="all 3 ROS domains of this machine are taken; use fewer --workers"):
        Domain()
    held[1].close()
    held[1].close()
    again = Domain()
    assert again.number == held[1].number
    for one in (held[0], held[2], again):
        one.close()
