"""Ticks played where environments and policy are together are the ticks that they would have been one by one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.harness.execution.episode.world_run import WorldRun
from simgate.policies.interpreter.policy import InterpreterPolicy, PolicyFailed
from simgate.sim_adapters.environments import link
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.environments.fragment import MixedDraws
from simgate.sim_adapters.environments.link import EnvironmentFailed
from simgate.sim_adapters.scene.environment import EnvironmentSite
from tests.unit.execution.test_quiet_ticks import ASKED, ENV, HELD, RETURN, Stepwise, played, whole

DRAWING = ENV.replace(
    "        self.k += 1\n",
    "        self.k += 1\n        self.x += 0.01 * float(np.random.normal()) + 0.01 * random.random()\n"
    "        if self.odd == 'raises' and self.k == 10: raise RuntimeError('the arm is stuck')\n",
).replace("import gymnasium\n", "import random\n\nimport gymnasium\n")
POLICIES = '''
import os
import random
import sys
import time

import numpy as np


class Base:
    def __init__(self, control_hz, options):
        self.options = options

    def reset(self, briefs, embodiment):
        self.count, self.streams = 0, [np.random.default_rng(brief.seed) for brief in briefs]

    def act(self, observation, outputs):
        self.count += 1
        said = [self.one(k, stream.uniform(-1, 1, 2)) for k, stream in enumerate(self.streams)]
        for array in observation.channels.values():
            array[...] = 7
        return said


class Moded(Base):
    def one(self, world, values):
        return {"values": values, "mode": f"mode {self.count % 3}"}


class Says(Base):
    def one(self, world, values):
        said = {"report": f"at {self.count}", "pressure": 1.5 * self.count} if self.count in (4, 9) else {}
        return {"values": values, "facts": said, "done": self.count == 15 + 3 * world}


class Numbers(Base):
    """All at once, by what it sees."""

    def act(self, observation, outputs):
        seen = observation.channels["obs.at"]
        answer = np.tanh(np.stack([seen[:, 0] + observation.step, seen[:, 1]], axis=1)).astype(np.float32)
        seen[...] = 3
        return answer


class Couples(Base):
    """By what the first world has observed, also once that is over."""

    def act(self, observation, outputs):
        seen = observation.channels["obs.at"]
        return np.tanh(np.repeat(seen[:1, :2], len(seen), axis=0)).astype(np.float64)


class Draws(Base):
    """From what is everybody's."""

    def act(self, observation, outputs):
        if len(self.streams) > 1:
            return np.zeros((len(self.streams), 2))
        return np.array([[np.random.uniform(-1, 1), random.uniform(-1, 1)]])


class DrawsForAll(Base):
    def one(self, world, values):
        return np.random.uniform(-1, 1, 2) if self.count == 7 else values


class Elsewhere(Base):
    """Says that it is made of other files where environments are."""

    def files(self):
        return () if "gymnasium" in sys.modules else (__file__.replace("mine.py", "gains.txt"),)

    def one(self, world, values):
        return values


class Raises(Base):
    def one(self, world, values):
        if self.count == 7:
            raise KeyError("gain")
        return values


class Dies(Base):
    def one(self, world, values):
        if self.count == 7:
            os._exit(3)
        return values


class Hangs(Base):
    def one(self, world, values):
        if self.count == 7:
            time.sleep(60)
        return values


class Far(Base):
    def one(self, world, values):
        return [1.0, 1.0 + 0.5 * (self.count == 7)]


class Nan(Base):
    def act(self, observation, outputs):
        self.count += 1
        return np.full((len(self.streams), 2), np.nan if self.count == 7 else 0.5)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quiet_env.py").write_text(DRAWING)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mine.py").write_text(POLICIES)
    return tmp_path


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """So many ticks were recorded at once, of each fragment."""
    found: list[int] = []
    real = WorldRun.take_fragment

    def counted(run: WorldRun, first: int, rows: Any, *given: Any) -> None:
        found.append(len(rows))
        real(run, first, rows, *given)

    monkeypatch.setattr(WorldRun, "take_fragment", counted)
    return found


def sites(folder: Path, odd: str, count: int, *, clip: bool = False) -> list[EnvironmentSite]:
    kind = EnvironmentSite(
        "odd", "quiet_env.py:Env", str(folder), python=sys.executable, clip=clip, batch=count
    )
    oddities = [odd if k == 0 else "" for k in range(count)]
    return [replace(kind, seed=k + 3, values=(("make.odd", one),)) for k, one in enumerate(oddities)]


def policy_of(folder: Path, name: str, python: str = sys.executable) -> InterpreterPolicy:
    return InterpreterPolicy(20, {"file": f"{folder}/mine/mine.py:{name}", "python": python})


def both(
    folder: Path, name: str, worlds: list[EnvironmentSite], task: dict[str, Any], monkeypatch: Any
) -> list[Any]:
    """What comes of it where the policy lives beside the environments, and where each is alone."""
    found: list[Any] = []
    for kind in (GymnasiumAdapter, Stepwise):
        with monkeypatch.context() as patch:
            if kind is Stepwise:
                patch.setattr(InterpreterPolicy, "lodge", lambda policy, link: None)
            policy = policy_of(folder, name)
            try:
                found.append([whole(one) for one in played(kind, worlds, policy, task)])
            except (PolicyFailed, EnvironmentFailed, ValueError) as error:
                found.append((type(error), str(error)))
            finally:
                policy.close()
    return found


@pytest.mark.parametrize("odd", ["", "endless", "over", "cut"])
@pytest.mark.parametrize("name", ["Moded", "Says", "Numbers", "Couples"])
@pytest.mark.parametrize("count", [1, 3])
def test_an_episode_is_the_same_where_the_policy_lives_beside_its_environment(
    folder: Path, odd: str, name: str, count: int, monkeypatch: pytest.MonkeyPatch, taken: list[int]
) -> None:
    here, apart = both(folder, name, sites(folder, odd, count), ASKED, monkeypatch)
    assert here == apart
    assert sum(taken) > 6 * count


@pytest.mark.parametrize("task", [RETURN, HELD], ids=["return", "held"])
def test_conditions_that_may_end_it_at_any_tick_are_asked_at_each(
    folder: Path, task: dict[str, Any], monkeypatch: pytest.MonkeyPatch, taken: list[int]
) -> None:
    here, apart = both(folder, "Moded", sites(folder, "", 1), task, monkeypatch)
    assert here == apart
    assert sum(taken) == (39 if task is RETURN else 0)


def test_what_environment_and_policy_draw_from_one_process_s_generators_stays_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch, taken: list[int]
) -> None:
    here, apart = both(folder, "Draws", sites(folder, "", 1), RETURN, monkeypatch)
    assert here == apart
    assert sum(taken) == 39


@pytest.mark.parametrize(
    ("name", "odd", "said"),
    [
        ("Raises", "", (PolicyFailed, "policy mine.py:Raises: KeyError: 'gain' (raised at mine.py:")),
        (
            "DrawsForAll",
            "",
            (PolicyFailed, "policy mine.py:DrawsForAll: SharedDraws: policy 'mine.py:DrawsForAll'"),
        ),
        ("Nan", "", (PolicyFailed, "policy mine.py:Nan: ValueError: act() answered nan for action.0")),
        (
            "Far",
            "",
            (ValueError, "policy 'interpreter', step 6: action.1 is 1.5, beyond its range from -1 to 1"),
        ),
        (
            "Moded",
            "raises",
            (EnvironmentFailed, "environment quiet_env.py:Env: RuntimeError: the arm is stuck"),
        ),
    ],
)
def test_what_goes_wrong_there_is_told_as_it_is_apart(
    folder: Path,
    name: str,
    odd: str,
    said: tuple[type[Exception], str],
    monkeypatch: pytest.MonkeyPatch,
    taken: list[int],
) -> None:
    count = 3 if name == "DrawsForAll" else 1
    here, apart = both(folder, name, sites(folder, odd, count), RETURN, monkeypatch)
    if count == 1:
        assert here == apart
    kind, text = here
    assert issubclass(kind, said[0])
    assert text.startswith(said[1])
    assert bool(taken) == (name == "Far")


@pytest.mark.parametrize(
    ("name", "said"), [("Dies", "ended (exit 3)"), ("Hangs", "no answer to 'policy.fragment'")]
)
def test_where_their_process_ends_or_hangs_both_are_named_and_it_is_gone(
    folder: Path, name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("STEP_S", "ACT_S"):
        monkeypatch.setattr(link, limit, 1.0)
    policy = policy_of(folder, name)
    with pytest.raises(
        EnvironmentFailed, match=rf"environment quiet_env\.py:Env with policy mine\.py:{name}: "
    ) as error:
        played(GymnasiumAdapter, sites(folder, "", 1), policy, RETURN)
    assert said in str(error.value)
    # The next episode begins with both anew.
    policy_again = policy_of(folder, "Moded")
    assert played(GymnasiumAdapter, sites(folder, "", 1), policy_again, RETURN)
    policy.close()
    policy_again.close()


def test_actions_are_clipped_there_and_recorded_as_they_were_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, taken: list[int]
) -> None:
    here, apart = both(folder, "Far", sites(folder, "", 3, clip=True), RETURN, monkeypatch)
    assert here == apart
    assert sum(taken) == 3 * 39
    assert np.frombuffer(here[0]["told"]).max() == 1.5


def test_a_policy_of_another_interpreter_or_with_a_name_that_is_taken_stays_where_it_is(
    folder: Path, tmp_path: Path, taken: list[int]
) -> None:
    other = tmp_path / "bin"
    other.mkdir()
    (other / "python").symlink_to(sys.executable)
    policy = policy_of(folder, "Moded", str(other / "python"))
    alone = [whole(one) for one in played(GymnasiumAdapter, sites(folder, "", 1), policy, RETURN)]
    policy.close()
    # Both import a module of one name, each its own.
    for place in (folder, folder / "mine"):
        (place / "gains.py").write_text("GAIN = 1.0\n")
    for path in (folder / "quiet_env.py", folder / "mine" / "mine.py"):
        path.write_text(f"import gains\n{path.read_text()}")
    policy = policy_of(folder, "Moded")
    assert [whole(one) for one in played(GymnasiumAdapter, sites(folder, "", 1), policy, RETURN)] == alone
    policy.close()
    assert not taken


@pytest.mark.parametrize("place", ["", "mine"])
def test_what_an_environment_sets_in_a_module_that_the_policy_has_too_is_not_seen_by_that(
    folder: Path, place: str, taken: list[int]
) -> None:
    late = "import_module('gains')" if place else "gains"
    for where in (folder, folder / place):
        (where / "gains.py").write_text("GAIN = 0.5\n")
    env, policy = folder / "quiet_env.py", folder / place / "mine.py"
    reset = "        super().reset(seed=seed)\n"
    env.write_text("import gains\n" + env.read_text().replace(reset, f"{reset}        gains.GAIN = 0.25\n"))
    told = f"        return np.full((len(self.streams), 2), {late}.GAIN)\n"
    head = "from importlib import import_module\n" if place else "import gains\n"
    own = f"class Gained(Base):\n    def act(self, observation, outputs):\n{told}"
    policy.write_text(f"{head}{POLICIES}\n\n{own}")
    made = InterpreterPolicy(20, {"file": f"{policy}:Gained", "python": sys.executable})
    (episode,) = played(GymnasiumAdapter, sites(folder, "", 1), made, RETURN)
    made.close()
    assert not taken
    assert episode.trace.actions is not None
    assert np.unique(episode.trace.actions.values).tolist() == [0.5]


def test_an_environment_does_without_a_module_that_only_the_policy_has(
    folder: Path, monkeypatch: pytest.MonkeyPatch, taken: list[int]
) -> None:
    (folder / "mine" / "late.py").write_text("BY = 7.0\n")
    env = folder / "quiet_env.py"
    late = "        try:\n            import late\n            self.x += late.BY\n        except ImportError: pass\n"
    env.write_text(env.read_text().replace("        self.k += 1\n", f"        self.k += 1\n{late}"))
    here, apart = both(folder, "Numbers", sites(folder, "", 1), RETURN, monkeypatch)
    assert here == apart


def test_one_that_would_be_made_of_other_files_there_stays_where_it_is(
    folder: Path, taken: list[int]
) -> None:
    (folder / "mine" / "gains.txt").write_text("1.0")
    policy = policy_of(folder, "Elsewhere")
    played(GymnasiumAdapter, sites(folder, "", 1), policy, RETURN)
    policy.close()
    assert not taken


def test_what_an_environment_imports_late_is_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, taken: list[int]
) -> None:
    (folder / "late.py").write_text("BY = 0.25\n")
    (folder / "mine" / "late.py").write_text("BY = 7.0\n")
    text = (folder / "quiet_env.py").read_text()
    late = "        self.k += 1\n        import late\n        self.x += late.BY\n"
    (folder / "quiet_env.py").write_text(text.replace("        self.k += 1\n", late))
    here, apart = both(folder, "Numbers", sites(folder, "", 1), RETURN, monkeypatch)
    assert here == apart
    assert not taken  # Of two modules of one name a process has one.


def test_an_episode_in_which_draws_have_mixed_is_played_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch, taken: list[int]
) -> None:
    policy, real, calls = policy_of(folder, "Draws"), InterpreterPolicy.roll, []

    def mixed(*given: Any) -> Any:
        calls.append(real(*given))
        if len(calls) == 1:
            raise MixedDraws
        return calls[-1]

    monkeypatch.setattr(InterpreterPolicy, "roll", mixed)
    once, again = (played(GymnasiumAdapter, sites(folder, "", 1), policy, RETURN) for _ in range(2))
    policy.close()
    assert list(map(whole, once)) == list(map(whole, again))
    assert len(calls) == 3
    assert taken == [39, 39]


def test_it_starts_anew_with_environments_that_do(folder: Path, taken: list[int]) -> None:
    policy = policy_of(folder, "Moded")
    first, second = (played(GymnasiumAdapter, sites(folder, "", 2), policy, RETURN) for _ in range(2))
    assert list(map(whole, first)) == list(map(whole, second))
    assert len(taken) == 4
    shutil.rmtree(folder / "mine")
    with pytest.raises(PolicyFailed, match=r"there is no file"):
        played(GymnasiumAdapter, sites(folder, "", 2), policy, RETURN)
    policy.close()
