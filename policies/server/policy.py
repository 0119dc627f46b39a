"""``policy: {server: ws://...}``: a policy behind a server drives, in openpi's protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import ValidationError

from simgate.policies.policy import Act, Brief
from simgate.policies.server.chunks import ChunkPlayer, Rows, StaleChunk
from simgate.policies.server.connection import Connection, PolicyServerFailed
from simgate.policies.server.declaration import ServerSpec
from simgate.policies.server.requests import At, RequestPlan, plan_requests
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option, Options, read_options

_WRITE = "write policy: {server: ws://host:port, observation: {...}}"


class ServerPolicy:
    """See :class:`simgate.policies.policy.Policy`.

    Every episode has a connection of its own, so that nothing of an earlier one can be answered.

    Args:
        control_hz: Decisions a second.
        options: See :attr:`options`.

    Raises:
        PolicyServerFailed: The server cannot be reached, or says nothing by which it can be known.
        ValueError: An option is unknown or missing.

    Attributes:
        said: What the server says of itself; on every later connection it must say the same.
    """

    name = "server"
    options: ClassVar[Options] = {
        "server": Option("text", None, "The address, ws://host:port."),
        "declared": Option("text", None, "What a pack says of it under policy:, as JSON."),
    }
    """What a pack's ``policy:`` is made to."""
    reports: ClassVar[tuple[str, ...]] = ()

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        self._address, self._spec = _read(options or {})
        self._control_hz = control_hz
        self._connections: list[Connection] = []
        self.said = self.says(options or {})

    @staticmethod
    def says(options: Mapping[str, object]) -> dict[str, str]:
        """What the server says of itself now; part of a run's identity.

        Raises:
            PolicyServerFailed: It cannot be reached, or nothing tells which policy it runs.
        """
        address, spec = _read(options)
        connection = Connection(address, spec.timeout_s, spec.api_key_env)
        connection.close()
        if not connection.metadata and not spec.checkpoint:
            raise PolicyServerFailed(
                f"the policy server {address} says nothing of itself, so another policy behind it would be "
                "taken for the same; give it metadata, or write checkpoint: NAME beside server: in the pack"
            )
        return _told(connection, spec)

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N episodes, each on a connection of its own.

        Raises:
            PolicyServerFailed: The server cannot be reached, or is another one now.
            ValueError: The declaration does not fit the robot.
        """
        self.close()
        self._plan = self._planned(embodiment)
        self._prompts = [self._spec.prompt or brief.instruction for brief in briefs]
        self._seeds = [brief.seed for brief in briefs]
        self._over: set[int] = set()
        self._rest = np.zeros(embodiment.action.size)
        self._latencies: list[list[tuple[float, float]]] = [[] for _ in briefs]
        self._players = [ChunkPlayer(self._spec, self._control_hz, embodiment.action.size) for _ in briefs]
        for _ in briefs:
            connection = Connection(self._address, self._spec.timeout_s, self._spec.api_key_env)
            self._connections.append(connection)
            now = _told(connection, self._spec)
            if now != self.said:
                self.close()
                raise connection.refused(
                    f"is another one than when the run began: it said {self.said}, and says {now}"
                )

    def _planned(self, embodiment: Embodiment) -> RequestPlan:
        def refuse(at: At, message: str, hint: str) -> None:
            raise ValueError(f"policy.{'.'.join(map(str, at))}: {message}; {hint}")

        return plan_requests(
            self._spec, embodiment.channels, embodiment.action, f"the robot '{embodiment.name}'", refuse
        )

    def act(self, observation: Observation, outputs: Sequence[Any]) -> list[Act]:
        """Tells each world its action; asks the server where a chunk is used up.

        Raises:
            PolicyServerFailed: The server failed, or its answer is no chunk for this robot.
        """
        acts = []
        for world, player in enumerate(self._players):
            if world in self._over:
                acts.append(Act(self._rest, "over"))
                continue
            try:
                action, word = player.next(partial(self._chunk, observation, world))
            except StaleChunk as error:
                raise self._connections[world].refused(f"is too late: {error}") from None
            acts.append(Act(action, word))
        return acts

    def ended(self, world: int) -> None:
        """Leaves the server for a world whose episode is over: it is asked nothing more for it."""
        self._over.add(world)
        self._connections[world].close()

    def asked(self, observation: Observation, world: int = 0) -> tuple[Rows, float]:
        """One chunk for one world, shape (H, A), and what the answer took, wall-clock seconds.

        Raises:
            PolicyServerFailed: As :meth:`act`.
        """
        connection, plan = self._connections[world], self._plan
        answer, took_s = connection.ask(plan.request(observation, world, self._prompts[world]))
        rows = self._rows(connection, answer)
        told = np.empty_like(rows)
        told[:, plan.order] = rows
        if self._spec.bounds == "cut":
            told = np.clip(told, plan.action.low, plan.action.high)
        return told, took_s

    def _chunk(self, observation: Observation, world: int, number: int) -> tuple[Rows, float]:
        rows, took_s = self.asked(observation, world)
        latency_ms = self._spec.latency_ms(self._seeds[world], number, took_s)
        self._latencies[world].append((latency_ms, took_s * 1000.0))
        return rows, latency_ms

    def latencies(self, world: int) -> list[tuple[float, float]]:
        """Of each chunk of a world's episode: what acted in simulated time, and what the answer took,
        milliseconds."""
        return self._latencies[world]

    @property
    def latency_mode(self) -> Literal["simulated", "measured"]:
        """Where what acted came from."""
        return "measured" if self._spec.latency == "measured" else "simulated"

    def _rows(self, connection: Connection, answer: Mapping[Any, Any]) -> Rows:
        actions, size = answer.get("actions"), self._plan.action.size
        if actions is None:
            held = ", ".join(str(key)[:40] for key in list(answer)[:8]) or "nothing"
            raise connection.refused(f"told no 'actions'; its answer holds {held}")
        if not isinstance(actions, np.ndarray) or actions.dtype.kind not in "fiu":
            raise connection.refused(f"told actions that are {_kind(actions)}, not an array of numbers")
        if actions.ndim != 2 or actions.shape[1] != size or not len(actions):
            wanted = f"(H, {size}): {', '.join(self._plan.action.names)}"
            raise connection.refused(f"told actions of shape {actions.shape}, not {wanted}")
        if self._spec.execute is not None and len(actions) < self._spec.execute:
            raise connection.refused(f"told {len(actions)} actions, fewer than execute: {self._spec.execute}")
        rows = actions.astype(np.float64)
        if not np.isfinite(rows).all():
            row, column = np.argwhere(~np.isfinite(rows))[0]
            name = self._plan.action.names[self._plan.order[column]]
            raise connection.refused(f"told {rows[row, column]} for {name} in action {row} of its chunk")
        return rows

    @staticmethod
    def waits_s(options: Mapping[str, object]) -> float:
        """Seconds of this machine for a connection and an answer."""
        return 2 * _read(options)[1].timeout_s

    def abandon(self) -> None:
        """Leaves the server where an episode came to no end."""
        self.close()

    def close(self) -> None:
        """Leaves the server; safe to call twice."""
        for connection in self._connections:
            connection.close()
        self._connections = []


def _read(options: Mapping[str, object]) -> tuple[str, ServerSpec]:
    given = read_options(ServerPolicy.name, ServerPolicy.options, options)
    if given["server"] is None or given["declared"] is None:
        raise ValueError(f"policy server: {_WRITE}")
    try:
        return str(given["server"]), ServerSpec.model_validate_json(given["declared"])
    except ValidationError as error:
        raise ValueError(f"policy server: {error.errors()[0]['msg']}; {_WRITE}") from None


def _told(connection: Connection, spec: ServerSpec) -> dict[str, str]:
    told = {
        connection.hidden(str(key)): connection.hidden(json.dumps(_plain(value), sort_keys=True))
        for key, value in connection.metadata.items()
    }
    return told | ({"checkpoint, as the pack says": spec.checkpoint} if spec.checkpoint else {})


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _kind(value: object) -> str:
    return f"of type {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
