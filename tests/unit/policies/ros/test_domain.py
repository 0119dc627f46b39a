"""Worlds that run at once have ROS domains of their own."""

from __future__ import annotations

from pathlib import Path

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


def test_a_link_in_the_place_of_the_domains_opens_no_folder_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    (tmp_path / "simgate-ros-domains").symlink_to(own)
    monkeypatch.setattr(domain.tempfile, "gettempdir", lambda: str(tmp_path))
    with pytest.raises(NoDomain, match="simgate-ros-domains is a link: remove it"):
        Domain()
    assert own.stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_place_of_a_domain_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(domain, "_DOMAINS", range(1, 3))
    (tmp_path / "simgate-ros-domains").mkdir()
    (tmp_path / "simgate-ros-domains" / "1").symlink_to(tmp_path / "made")
    held = Domain()
    assert held.number == 2
    held.close()
    assert not (tmp_path / "made").exists()
