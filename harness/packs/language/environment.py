"""Keys of an environment that a team already has, and of a task of Isaac Lab."""

from __future__ import annotations

from typing import Annotated

from simgate.harness.packs.language.definition import ByHand, Keys, Tree, Wanted, key
from simgate.harness.packs.language.native import set_schema


class EnvironmentKeys(Keys):
    """An environment."""

    env: Annotated[str, Wanted("an id, package.module:factory, file.py:factory or preset:SUITE/NAME")] = key(
        "an id such as CartPole-v1, package.module:factory, file.py:factory or preset:SUITE/NAME"
    )
    make: Annotated[Tree, ByHand(lambda: {"type": "object", "additionalProperties": {}})] = key(
        "keyword arguments that it is made with, name: value", None
    )
    python: Annotated[str | None, Wanted("the path of an interpreter")] = key(
        "interpreter in which it is installed, for example ../venv/bin/python; simgate's own when left out",
        None,
    )
    own_time_limit: bool = key(
        "true to keep the limit of steps that the id is registered with, beside sim.time_limit_s", False
    )
    camera: bool = key("true for a channel render.rgb of what render() draws", False)
    clip: bool = key("true to cut actions beyond their bounds, which are refused otherwise", False)
    reproducible: bool = key(
        "false where one seed may lead to several episodes; what is not said so is INVALID", True
    )
    set: Annotated[Tree, ByHand(set_schema)] = key(
        "parameters that set something in it, name: target (make.NAME, options.NAME, attr/NAME, "
        "body/NAME.mass, seed)",
        None,
    )
    unproven: Annotated[tuple[str, ...], Wanted("a list of parameters")] = key(
        "parameters of set that need not change anything under random actions", ()
    )


class LabKeys(Keys):
    """A task of Isaac Lab."""

    isaaclab: Annotated[str, Wanted("the id of a task")] = key("id of a task, for example Isaac-Cartpole")
    python: Annotated[str, Wanted("the path of an interpreter")] = key(
        "interpreter in which Isaac Lab is installed, for example ../.isaac/bin/python"
    )
    physics: str = key(
        "what Isaac Lab calls its physics: physx (OvPhysX where there is no Kit), ovphysx, newton; "
        "physx when left out",
        "",
    )
    renderer: str = key("what it calls its renderer, of cameras; the task's own when left out", "")
    camera: bool = key("true for channels sensor.NAME.rgb of what the task's own cameras see", False)
    device: str = key("cpu, or cuda:0; cpu when left out", "")
    assets: str = key(
        "folder that stands for Isaac Lab's remote files, or the word simgate for those that come with it; "
        "Isaac Lab's own place, over the network, when left out",
        "",
    )
    own_time_limit: bool = key(
        "true to keep the task's own length of an episode, beside sim.time_limit_s", False
    )
    clip: bool = key("true to cut actions beyond their bounds, which are refused otherwise", False)
    reproducible: bool = key(
        "false where one seed may lead to several episodes; what is not said so is INVALID", True
    )
    set: Annotated[Tree, ByHand(set_schema)] = key(
        "parameters that set something in it, name: target (body/ASSET/NAME.mass, joint/ASSET/NAME.pos, "
        "command/NAME.0, event/NAME.PARAMETER, seed)",
        None,
    )
    unproven: Annotated[tuple[str, ...], Wanted("a list of parameters")] = key(
        "parameters of set that need not change anything under random actions", ()
    )
