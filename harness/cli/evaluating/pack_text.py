"""The pack that ``simgate eval`` runs: written to be kept, edited and run again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.cli.evaluating.setting import Setting
from simgate.harness.packs.checks.check_policy import policy_file
from simgate.policies.perception.model_yaml.text import read_text

if TYPE_CHECKING:
    from simgate.harness.results.record import Scalar

SCENARIO = "episodes"
LAB = "isaaclab:"
"""What the name of a task of Isaac Lab begins with."""
_LAB_BATCH = 16
"""Its worlds share a simulation, which is made anew for each batch."""
_MARK = re.compile(r"# Written by simgate eval, as ([0-9a-f]{16})\b")
_DEFAULT_HZ = 10


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one line asks for.

    Attributes:
        env: An id, ``package.module:factory``, ``file.py:factory`` or ``isaaclab:TASK``.
        adapter: That runs it.
        policy: As a pack names it; a ``policy.yaml`` or the folder that holds one is a learned policy.
        policy_options: What the policy is made with.
        episodes: So many.
        steps: An episode is over after so many.
        rate_hz: Steps a second, for the times in reports.
        settings: What varies beside the seed, which every episode has its own of.
        success: Condition that ends an episode as a success; None for none.
        least_return: An episode passes from this return on; None for any.
        at_least: Share of episodes that has to pass.
        confidence: With which that is to be shown.
        max_drop: Largest drop of that share against a baseline; None when there is none.
        seed: From which the episodes' seeds are drawn.
        python: Interpreter in which the environment is installed; None for simgate's own.
        clip: Whether actions beyond their bounds are cut.
        repeats: Runs of every episode, with other seeds of the policy.
        reproducible: Whether one seed leads to one episode.
        axes: Set of ranges of what may be worn; None for none.
        instructions: Wordings of the task, of which each episode draws one.
        policy_python: Interpreter in which the policy is installed; None for simgate's own.
        assets: What stands for the remote files of a task of Isaac Lab; empty for those.
    """

    env: str
    adapter: str
    policy: str
    policy_options: Mapping[str, Scalar]
    episodes: int
    steps: int
    rate_hz: int
    settings: Sequence[Setting]
    success: str | None
    least_return: float | None
    at_least: float
    confidence: float
    max_drop: float | None
    seed: int
    python: str | None
    clip: bool
    repeats: int = 1
    reproducible: bool = True
    axes: str | None = None
    instructions: Sequence[str] = ()
    policy_python: str | None = None
    assets: str = ""


def rate_of(said: Mapping[str, Any], policy: str = "") -> int:
    """Steps a second: the environment's own, else as the policy was trained, else as it is drawn."""
    step_s: float | None = said["step_s"]
    fps: float | None = said["fps"]
    if step_s and step_s > 0.0:
        return max(round(1.0 / step_s), 1)
    return trained_hz(policy) or max(round(fps or _DEFAULT_HZ), 1)


def trained_hz(policy: str) -> int | None:
    """Decisions a second that a policy.yaml declares; None without, and where it is wrong: said later."""
    path = policy_file(policy)
    if not _is_declaration(path) or not path.is_file():
        return None
    text = read_text(path)[1]
    rate = text.data.get("control_hz") if text is not None and isinstance(text.data, dict) else None
    return rate if type(rate) is int and rate > 0 else None


def name_of(env: str) -> str:
    """A pack's name for an environment: ``CartPole-v1``, ``team_env-Cart``."""
    return (
        re.sub(
            r"[^A-Za-z0-9_-]+", "-", env.replace(".py:", ":").removeprefix("./").removeprefix("preset:")
        ).strip("-")
        or "env"
    )


def named_policy(policy: str) -> str | dict[str, str]:
    """What a pack writes for a policy that a line names."""
    path = policy_file(policy)
    return {"network": path.as_posix()} if _is_declaration(path) else policy


def _is_declaration(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml")


def pack_document(asked: Evaluation) -> dict[str, Any]:
    """The pack as data, its keys in the order in which a person reads them."""
    rate = asked.rate_hz
    return {
        "simgate": 1,
        "pack": name_of(asked.env),
        **({"extends": f"axes/{asked.axes}"} if asked.axes else {}),
        **_policy(asked),
        "sim": {
            "adapter": asked.adapter,
            "physics_hz": rate,
            "control_hz": rate,
            "camera_hz": rate,
            "time_limit_s": asked.steps / rate,
            **({"batch": _LAB_BATCH} if asked.env.startswith(LAB) else {}),
        },
        "seed": asked.seed,
        "scenarios": {SCENARIO: _scenario(asked)},
        "gate": _gate(asked),
    }


def _scenario(asked: Evaluation) -> dict[str, Any]:
    varied = [one for one in asked.settings if not one.argument]
    parameters: dict[str, Any] = {one.parameter: one.value for one in varied}
    task = {} if asked.success is None else {"success": asked.success}
    if len(asked.instructions) > 1:
        parameters["instruction"] = {"choice": list(asked.instructions)}
    elif asked.instructions:
        task["instruction"] = asked.instructions[0]
    accept: dict[str, Any] = {}
    if asked.success is not None:
        accept["success"] = {"equals": True}
    if asked.least_return is not None:
        accept["return"] = {"at_least": asked.least_return}
    return {
        "title": f"Episodes of {asked.env}",
        "severity": "critical",
        "world": _world(asked),
        **({"task": task} if task else {}),
        **({"parameters": parameters} if parameters else {}),
        "variants": {
            "count": asked.episodes,
            **({"repeats": asked.repeats} if asked.repeats > 1 else {}),
            "method": "random",
        },
        "accept": accept,
    }


def _world(asked: Evaluation) -> dict[str, Any]:
    is_lab = asked.env.startswith(LAB)
    world: dict[str, Any] = {"isaaclab": asked.env.removeprefix(LAB)} if is_lab else {"env": asked.env}
    if asked.python is not None:
        world["python"] = asked.python
    if asked.assets:
        world["assets"] = asked.assets
    if asked.clip:
        world["clip"] = True
    if not asked.reproducible:
        world["reproducible"] = False
    if arguments := {one.argument: one.value for one in asked.settings if one.argument}:
        world["make"] = arguments
    if targets := {one.parameter: one.target for one in asked.settings if not one.argument and one.target}:
        world["set"] = targets
    return world


def _gate(asked: Evaluation) -> list[dict[str, Any]]:
    rate = {"at_least": asked.at_least, "confidence": asked.confidence}
    rules: list[dict[str, Any]] = [
        {"severity": "critical", "pass_rate": rate},
        {"invalid_or_error": {"at_most": 0.02}},
    ]
    if asked.max_drop is not None:
        rules.append({"regression": {"max_drop": asked.max_drop, "confidence": asked.confidence}})
    return rules


def _policy(asked: Evaluation) -> dict[str, Any]:
    options = dict(asked.policy_options)
    if asked.policy_python is None:
        return {"policy": named_policy(asked.policy), **({"policy_options": options} if options else {})}
    policy: dict[str, Any] = {"file": asked.policy, "python": asked.policy_python}
    return {"policy": {**policy, "options": options} if options else policy}


def pack_text(asked: Evaluation) -> str:
    """The pack as text; its first line tells later whether somebody has edited it."""
    import yaml

    document = pack_document(asked)
    body = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    return f"# Written by simgate eval, as {_digest(body)}; edit it and run it: simgate run FILE\n{body}"


def is_ours(path: Path) -> bool:
    """Whether a pack is as ``simgate eval`` wrote it, so that nothing is lost when it is written anew."""
    first, _, body = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    mark = _MARK.match(first)
    return mark is not None and mark[1] == _digest(body)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
