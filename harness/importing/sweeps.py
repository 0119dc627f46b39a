"""Result files of tools that list episodes with what varied: gauntlet and Isaac Lab-Arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simgate.harness.importing.episode import Episode, Told
from simgate.harness.importing.value import Value, is_scalar


def gauntlet(root: Value, success: str | None) -> Told:
    """``episodes.json`` of gauntlet; each episode has its own seed."""
    version = ""
    episodes = []
    for one in root:
        cell, index = one.need("cell_index").whole(), one.need("episode_index").whole()
        version = said.text() if (said := one.get("gauntlet_version")) else version
        won: bool | None = one.need(success or "success").truth()
        reason, failed = "", False
        for key, why in (
            ("observation_invalid", "the environment's observation was no number"),
            ("action_invalid", "the policy's action was no number"),
        ):
            if (flag := one.get(key)) is not None and flag.truth():
                won, reason, failed = None, why, True
        episodes.append(
            Episode(
                one.need("suite_name").text(),
                f"c{cell}-e{index}",
                won,
                reason,
                failed,
                pair=str(one.need("seed").whole()),
                parameters=_flat(one.need("perturbation_config").mapping()),
                metrics={
                    "return": _number(one.need("total_reward")),
                    "episode_length": one.need("step_count").number(),
                    **{key: found.number() for key in _MEASURED if (found := one.get(key)) is not None},
                },
            )
        )
    return Told("gauntlet", tuple(episodes), version)


_MEASURED = ("n_collisions", "near_collision_count", "peak_force", "jerk_rms", "time_to_success")


def _number(value: Value) -> float | None:
    """A number; gauntlet writes those that are none as text."""
    return None if value.held in ("NaN", "Infinity", "-Infinity") else value.number()


def arena(rows: Sequence[Value], success: str | None) -> Told:
    """``episode_results.jsonl`` of Isaac Lab-Arena. The seed in it is the whole run's, and what an episode
    draws depends on those before it, so that no two episodes are a pair."""
    episodes = []
    for one in rows:
        job = one.need("job_name").text()
        name = f"env{one.need('env_id').whole()}-e{one.need('episode_in_env').whole()}"
        found = one.get(success or "success")
        varied = one.get("variations")
        length = one.get("episode_length")
        episodes.append(
            Episode(
                job,
                name,
                None if found is None else found.truth(),
                ""
                if found is not None
                else "the environment has no term 'success', so the file does not say",
                parameters=_flat(varied.mapping()) if varied else {},
                metrics={"episode_length": length.number()} if length else {},
            )
        )
    return Told("Isaac Lab-Arena", tuple(episodes))


def _flat(varied: Mapping[Any, object]) -> dict[str, bool | int | float | str]:
    """Draws, those of several values by their keys or places: what is left out makes one scene of two."""
    flat: dict[str, object] = {}
    for key, value in varied.items():
        inner = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inner, dict):
            flat |= {f"{key}.{part}": one for part, one in _flat(inner).items()}
        else:
            flat[key] = value
    return {key: value for key, value in flat.items() if is_scalar(value)}  # type: ignore[misc]
