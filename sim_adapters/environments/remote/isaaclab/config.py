"""What simgate changes in a task's configuration, and what it says of that."""

from __future__ import annotations

from typing import Any, Iterator

_FOREVER_S = 1.0e9
_MARKERS = "visualizer_cfg"
"""What fields of markers end with, which are drawn for people who look on: arrows and frames."""
_ENDS = (".usd", ".usda", ".usdc", ".usdz", ".mdl", ".hdr", ".exr", ".png", ".urdf")
"""Of names of files."""


def adapt(config: Any, keeps_time_limit: bool) -> list[str]:
    """Makes worlds that do not depend on their neighbours.

    Returns:
        What was switched off, in words.
    """
    config.seed = 0
    config.compute_final_obs = True
    # Away from the origin a world's numbers round otherwise, and the place would decide the episode. Worlds
    # never touch each other, so all of them may stand at the same one.
    config.scene.env_spacing = 0.0
    if not keeps_time_limit:
        config.episode_length_s = _FOREVER_S
    off = []
    for name, group in _parts(getattr(config, "observations", None)):
        if getattr(group, "enable_corruption", False):
            group.enable_corruption = False
            off.append(f"noise of the observations '{name}'")
        for of, term in _parts(group):
            if getattr(term, "delay_max_lag", 0) and term.delay_hold_prob < 1.0:
                term.delay_hold_prob = 1.0
                off.append(f"delay of '{of}' in the observations '{name}', which changes at random times")
    for name in ("observation_noise_model", "action_noise_model"):
        if getattr(config, name, None) is not None:
            setattr(config, name, None)
            off.append(name.replace("_", " "))
    for name, term in _parts(getattr(config, "events", None)):
        if getattr(term, "mode", "") == "interval":
            setattr(config.events, name, None)
            off.append(f"event '{name}', which comes at random times")
    for _, term in _parts(getattr(config, "commands", None)):
        if hasattr(term, "debug_vis"):
            term.debug_vis = False
    for name, _ in _parts(getattr(config, "curriculum", None)):
        setattr(config.curriculum, name, None)
        off.append(f"curriculum '{name}', which remembers other episodes")
    return off


def draws(config: Any) -> list[str]:
    """Events that draw something at the start of an episode, from the variant's seed."""
    return [
        f"event '{name}' ({term.mode})"
        for name, term in _parts(getattr(config, "events", None))
        if getattr(term, "mode", "") in ("prestartup", "startup", "reset")
    ]


def _parts(group: Any) -> Iterator[tuple[str, Any]]:
    for name, one in list(vars(group).items()) if group is not None else ():
        if not name.startswith("_") and one is not None and hasattr(one, "__dict__"):
            yield name, one


def asset_paths(config: Any) -> Iterator[str]:
    """Files of the scene that a configuration names, as it names them; those of markers are left out."""
    seen, waiting = set(), [config.scene, getattr(config, "sim", None)]
    waiting += [one for name, one in vars(config).items() if name not in ("scene", "sim")]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, str):
            if one.lower().endswith(_ENDS):
                yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif type(one).__module__.startswith("isaaclab") or hasattr(one, "__dataclass_fields__"):
            named = vars(one).items() if hasattr(one, "__dict__") else ()
            waiting += [value for name, value in named if not name.endswith(_MARKERS)]
