"""Two runs' parts, and what is said when they differ."""

from __future__ import annotations

import pytest

from simgate.harness.results.parts import MOST_FILES, Part, changed_parts, make_part

DOOR = {"acme/door.py": "a" * 64, "acme/gains.py": "b" * 64}


def policy(name: str = "door", **changes: object) -> Part:
    content: dict[str, object] = {
        "code": DOOR,
        "files": {"net.npz": "c" * 64},
        "entry": "acme.door:Door",
        "distribution": "acme",
        "version": "1.0",
        "releases": {"shapely": "2.0"},
    }
    return make_part("policy", name, **(content | changes))  # type: ignore[arg-type]


def said(now: Part) -> list[str]:
    return changed_parts([policy()], [now])


def test_equal_parts_differ_in_nothing() -> None:
    assert said(policy()) == []


def test_each_change_is_said_with_the_file_or_the_version() -> None:
    assert said(policy(code=DOOR | {"acme/gains.py": "d" * 64})) == ["policy door: acme/gains.py has changed"]
    assert said(policy(files={"net.npz": "d" * 64})) == ["policy door: net.npz has changed"]
    assert said(policy(files={})) == ["policy door: net.npz is gone"]
    assert said(policy(code=DOOR | {"acme/new.py": "d" * 64})) == ["policy door: acme/new.py is new"]
    assert said(policy(version="1.1")) == ["policy door: it came from acme 1.0, comes from acme 1.1"]
    assert said(policy(entry="acme.door:Other")) == ["policy door: it was acme.door:Door, is acme.door:Other"]
    assert said(policy(releases={"shapely": "2.1"})) == [
        "policy door: shapely, which it imports, was 2.0, is 2.1"
    ]


@pytest.mark.parametrize(("files", "last"), [(5, ""), (6, " and 1 more"), (9, " and 4 more")])
def test_many_files_are_counted_after_the_first(files: int, last: str) -> None:
    many = {f"acme/m{k}.py": "e" * 64 for k in range(files)}
    (text,) = changed_parts([policy(code=many)], [policy(code=dict.fromkeys(many, "f" * 64))])
    assert text == (
        f"policy door: acme/m0.py, acme/m1.py, acme/m2.py, acme/m3.py, acme/m4.py{last} have changed"
    )


def test_another_policy_or_model_of_the_same_role_is_compared_file_by_file() -> None:
    assert said(policy("window", files={"net.npz": "d" * 64})) == ["policy window: net.npz has changed"]


def test_of_worlds_and_metrics_each_stands_for_itself() -> None:
    old = [make_part("world", "hall", code={"h.py": "a" * 64}), make_part("metric", "jerk", code={})]
    new = [make_part("world", "yard", code={"h.py": "a" * 64}), make_part("metric", "jerk", code={})]
    assert changed_parts(old, new) == ["world hall is gone", "world yard is new"]


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert changed_parts(None, [policy()]) == []
    assert changed_parts([policy()], None) == []


def test_the_list_of_files_is_bounded_and_the_hash_is_over_all() -> None:
    many = {f"acme/m{k:05d}.py": "e" * 64 for k in range(MOST_FILES + 3)}
    before, now = policy(code=many), policy(code=many | {f"acme/m{MOST_FILES + 2:05d}.py": "f" * 64})
    assert (len(before.code), before.unlisted) == (MOST_FILES, 3)
    assert changed_parts([before], [now]) == [
        f"policy door: sha256 was {before.sha256[:12]}, is {now.sha256[:12]}"
    ]


def test_files_beyond_the_most_that_are_listed_are_counted() -> None:
    def many(more: int) -> dict[str, str]:
        return {f"m{k}.py": "e" * 64 for k in range(MOST_FILES + more)}

    assert policy(code=many(0), files=many(0)).unlisted == 0
    part = policy(code=many(3), files=many(2))
    assert (part.unlisted, len(part.code), len(part.files)) == (5, MOST_FILES, MOST_FILES)
