"""What is said of a wait that is over: how long, by which key, and whether the machine was to blame."""

from __future__ import annotations

import pytest

from simgate.policies.ros.remote import deadline as deadline_module
from simgate.policies.ros.remote.deadline import Deadline


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (2.9, "8 s (timeout_s)"),
        (18.2, "8 s (timeout_s); this machine is overloaded (load 18, 2 processors): run fewer --workers"),
    ],
)
def test_a_wait_is_named_and_so_is_a_machine_with_too_much_to_do(
    monkeypatch: pytest.MonkeyPatch, load: float, said: str
) -> None:
    monkeypatch.setattr(deadline_module.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(deadline_module.os, "getloadavg", lambda: (load, 0.0, 0.0))
    now = [100.0]
    monkeypatch.setattr(deadline_module.time, "monotonic", lambda: now[0])
    deadline = Deadline(8, "timeout_s")
    assert str(deadline) == said
    now[0] = 108.0
    assert not deadline.is_over
    now[0] = 108.5
    assert deadline.is_over
