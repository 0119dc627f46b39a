"""What a policy draws in one world must not depend on the worlds beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from simgate.policies.policy import NAME, Policy
from simgate.sim_adapters.environments.remote.draws import used_up


class SharedDraws(ValueError):  # noqa: N818 - the name says what is wrong
    """A policy of several worlds draws from a generator that they share; a worker then plays each alone."""


@contextmanager
def alone(policy: Policy, worlds: int) -> Iterator[None]:
    """Around a call of the policy: looks whether it draws from the process's own generators.

    Args:
        policy: That is called.
        worlds: For how many; one has them for itself, seeded anew in each episode.

    Raises:
        SharedDraws: It does, for several worlds.
    """
    if worlds == 1:
        yield
        return
    before = used_up()
    yield
    if used_up() != before:
        raise SharedDraws(
            f"policy {NAME.of(policy) or type(policy).__name__!r} draws from random, numpy.random or torch's "
            f"generator, which the {worlds} worlds of a batch share: what one is told would depend on those "
            "beside it; draw from numpy.random.default_rng(brief.seed) for each, or write sim: {batch: 1}"
        )
