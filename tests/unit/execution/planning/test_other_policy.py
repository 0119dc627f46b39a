"""``--policy OPTION=VALUE``: what it makes of an option, and what it refuses before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simgate.harness.execution.planning.other_policy import other_policy
from simgate.harness.packs.model import Pack, Scalar
from simgate.policies.perception.package import PackageError
from tests.unit.execution.memory_pack import make_pack

CODED = """
from simgate.sim_adapters.options import Option


class Team:
    options = {"gain": Option("number", 1.0, "How hard.", high=5.0), "net": Option("file", None, "Weights.")}
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """One of a policy in code, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team.py").write_text(CODED)
    for name in ("net.bin", "2", "new.bin"):
        (tmp_path / name).touch()
    options: dict[str, Scalar] = {"gain": 1.0, "net": "net.bin"}
    return make_pack(tmp_path).model_copy(update={"policy": "team.py:Team", "policy_options": options})


def test_a_number_stays_one_where_a_file_is_called_so(pack: Pack) -> None:
    assert other_policy(pack, "gain=2") == {"gain": 2, "net": "net.bin"}
    assert other_policy(pack, "net=new.bin") == {"gain": 1.0, "net": "new.bin"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("gain=fast", "gain must be a number, not 'fast'"),
        ("gain=.nan", "gain must be finite, not nan"),
        ("gain=", "gain must be a number, not ''"),
        ("net=", "net names no file: "),
        ("net=none.bin", "net names no file: none.bin"),
        ("net=" + "n" * 300, "net names no file: nnn"),
    ],
)
def test_a_value_that_the_policy_cannot_have_is_refused_before_anything_runs(
    pack: Pack, written: str, said: str
) -> None:
    with pytest.raises(PackageError, match=re.escape(said)):
        other_policy(pack, written)


def test_a_policy_that_does_not_declare_its_options_is_given_what_is_written(pack: Pack) -> None:
    told = pack.model_copy(update={"policy": "nobody_has_it", "policy_options": {"word": "old"}})
    assert other_policy(told, "word=") == {"word": ""}
    assert other_policy(told, "word=new.bin") == {"word": "new.bin"}
