"""The environments of networks that stable-baselines3 has trained, as packs: each beside its ``policy.yaml``."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.frontend.packs import load_checked

TRAINED = {
    "cartpole": ("CartPole-v1", 50),
    "pendulum": ("Pendulum-v1", 20),
    "inverted": ("InvertedPendulum-v5", 25),
    "remembers": ("Pendulum-v1", 20),
}
"""Folder -> environment and its steps a second: PPO; SAC, PPO and RecurrentPPO with VecNormalize."""
STEPS = {"CartPole-v1": 500, "Pendulum-v1": 200, "InvertedPendulum-v5": 1000}
"""Of an episode, as gymnasium registers them."""
_PACK = """\
simgate: 1
pack: {name}
policy: {{network: policy.yaml}}
sim: {{adapter: gymnasium, physics_hz: {hz}, control_hz: {hz}, camera_hz: {hz}, time_limit_s: {seconds}, batch: 2}}
scenarios:
  all:
    title: Episodes
    severity: critical
    world: {{env: {env}}}
    variants: {{count: 4}}
    accept: {{return: {{at_least: -400}}}}
"""


def write_pack(folder: Path, name: str) -> Path:
    """Writes the pack of one of :data:`TRAINED`."""
    env, hz = TRAINED[name]
    path = folder / "pack.yaml"
    path.write_text(_PACK.format(name=name, env=env, hz=hz, seconds=STEPS[env] / hz))
    return path


def seeds_of(path: Path) -> dict[str, int]:
    """Variant -> what its environment is reset with."""
    pack = load_checked(path)
    return {variant.id: variant.seed % 2**31 for variant in expand_scenario(pack, pack.scenarios[0])}
