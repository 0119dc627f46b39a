"""Vector environments in slots: worlds that are made alike share one, and none may be moved by another."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..episode import Episode
from ..fragment import Stepped, by_steps
from ..making import COUNT
from ..physics import PREFIX
from ..refused import Refused, told
from ..session import Session, closed
from ..spaces import fitting
from .vectors import Row, Vector, is_vector, per_world_in, single_of

_PROBE_STEPS = 100
_OF_ALL = ("make.", "options.")
"""How targets begin that are of all worlds of a vector."""


def session_of(**opened: Any) -> Session:
    """What answers for an environment, a vector of them or one that is taken out of a vector."""
    session = Session(**opened)
    maker, given = session.maker, opened["make"]
    if COUNT not in inspect.signature(maker).parameters:
        return session
    if COUNT in given:
        raise Refused(f"'sim: {{batch: ...}}' says how many worlds there are: leave make.{COUNT} out")
    env = maker(**given, **{COUNT: 1})
    if not is_vector(env):
        env.close()
    elif (single := single_of(env)) is not None:
        single.close()
        session.maker = _taken_out(maker)
    else:
        env.close()
        session = VectorSession(**opened)
    return session


def _taken_out(maker: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(maker)
    def made(**given: Any) -> Any:
        return single_of(maker(**given, **{COUNT: 1}))

    return made


class VectorSession(Session):
    """See :class:`~.session.Session`."""

    _per_world: Sequence[str] = ()
    _is_probed = False

    def _new(self, given: Mapping[str, Any]) -> Any:
        return self._vector(given, 1).rows[0]

    def _vector(self, given: Mapping[str, Any], count: int) -> Vector:
        env = self.maker(**given, **{COUNT: count})
        if not is_vector(env) or env.num_envs != count:
            made = f"one of {env.num_envs}" if is_vector(env) else f"a {type(env).__name__}"
            raise Refused(f"asked by {COUNT} for a vector environment of {count} worlds, it made {made}")
        if count == 1:
            self._per_world = per_world_in(env)
        inner = vars(env.unwrapped)
        per_world = [name for name in self._per_world if np.shape(inner.get(name))[:1] == (count,)]
        return Vector(env, per_world, self._camera)

    def describe(self) -> dict[str, Any]:
        """See :meth:`Session.describe`.

        Raises:
            Refused: A world is another one among others than alone.
        """
        said = super().describe()
        if not self._is_probed:
            self._probe()
            self._is_probed = True
        return said

    def _probe(self) -> None:
        vector = self._vector(self._make_with, 2)
        kind = type(vector.env.unwrapped).__name__
        try:
            vector.reset([0, 1], {})
        except Exception as error:
            why = f"its worlds cannot each be given a seed ({told(error)})"
        else:
            if self.independent({}, 0, _PROBE_STEPS):
                return
            who = "among others than alone" if self.repeats({}, 0, _PROBE_STEPS) else "each time, alone too"
            why = f"under one seed and the same actions a world is another one {who}"
        finally:
            closed(vector.env)
        raise Refused(
            f"a {kind} has worlds that hang together: {why}. Name what makes a single one (of "
            "make_vec: vectorization_mode: sync), and 'sim: {batch: ...}' runs several side by side"
        )

    def begins(
        self,
        slots: Sequence[int],
        seeds: Sequence[int],
        values: Sequence[Mapping[str, Any]],
        asked: Sequence[Sequence[str]],
    ) -> list[dict[str, Any]]:
        """See :meth:`Session.begins`; worlds that differ only in what each can have alone share a vector."""
        self.close()
        together: dict[str, list[int]] = {}
        for place, (one, names) in enumerate(zip(values, asked)):
            shared = {k: v for k, v in one.items() if k.startswith(_OF_ALL)}
            is_alone = not all(_may_share(k, self._per_world) for k in one)
            is_alone = is_alone or any(name.startswith(PREFIX) for name in names)
            together.setdefault(f"{place if is_alone else ''} {sorted(shared.items())}", []).append(place)
        begun: dict[int, dict[str, Any]] = {}
        for places in together.values():
            given = [(slots[k], seeds[k], values[k], asked[k]) for k in places]
            answers = [self.begin(*given[0])] if len(given) == 1 else self._begin_together(given)
            begun.update(zip(places, answers))
        return [begun[place] for place in range(len(slots))]

    def _begin_together(
        self, given: Sequence[tuple[int, int, Mapping[str, Any], Sequence[str]]]
    ) -> list[dict[str, Any]]:
        first, _, values, _ = given[0]
        for slot, seed, _, _ in given:
            self._draws.begin(slot, seed)
        self._draws.resume(first)
        made = {**self._make_with, **{k[5:]: v for k, v in values.items() if k.startswith("make.")}}
        vector = self._vector(made, len(given))
        if not all(_may_share(k, vector.per_world) for _, _, own, _ in given for k in own):
            vector.env.close()
            return [self.begin(*one) for one in given]
        episodes = []
        for row, (slot, _, own, asked) in zip(vector.rows, given):
            episode = self._slots[slot] = Episode(row, own, asked, self._camera)
            episodes.append(episode)
        for episode in episodes:
            episode.set()
        self._draws.resume(first)
        options = {k[8:]: v for k, v in values.items() if k.startswith("options.")}
        vector.reset([seed for _, seed, _, _ in given], options)
        return [self._begun(episode, seed) for episode, (_, seed, _, _) in zip(episodes, given)]

    def steps(self, slots: Sequence[int], actions: np.ndarray) -> dict[str, Any]:
        """See :meth:`Session.steps`."""
        together: dict[Vector, dict[int, Any]] = {}
        for slot, action in zip(slots, actions):
            row: Row = self._slots[slot].env
            if row.vector.count > 1:
                told = together.setdefault(row.vector, {})
                if not told:
                    self._draws.resume(slot)
                told[row.index] = fitting(row.action_space, action)
        for vector, told in together.items():
            vector.step(told)
        return super().steps(slots, actions)

    def _stepping(self, slots: Sequence[int]) -> Callable[[np.ndarray], Stepped]:
        return by_steps(self.steps, slots)

    def beside(self, actions: Mapping[int, Any], mine: int) -> set[int]:
        """See :meth:`Session.beside`; worlds that share its vector are stepped with it."""
        vector, apart = self._slots[mine].env.vector, {}
        for slot, action in actions.items():
            row: Row = self._slots[slot].env
            if row.vector is vector:
                vector.tell(row.index, action)
            else:
                apart[slot] = action
        return super().beside(apart, mine)


def _may_share(target: str, arrays: Collection[str]) -> bool:
    """Whether worlds that share a vector can each have a value of their own, or share it knowingly."""
    name, _, rest = target.partition(".")
    return target.startswith(_OF_ALL) or (
        name.startswith("attr/") and name[5:] in arrays and rest.split(".")[0] == "0"
    )
