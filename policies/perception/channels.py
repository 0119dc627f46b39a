"""Whether a robot senses what a model is given: a package's channels held against the robot's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simgate.policies.documents.diagnostics import Diagnostic, near
from simgate.policies.perception.model_yaml.spec import ConstantInput, FrameInput, ReadingInput
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.preprocessing.readings import fits
from simgate.policies.perception.preprocessing.resize import plan_resize
from simgate.sim_adapters.embodiment import ENDLESS, Channel

CODE = "model-channel"


def names_channels(package: ModelPackage) -> bool:
    """Whether a package asks for more than the robot's first colour camera."""
    return any(spec.channel is not None for _, spec in _inputs(package))


def channel_problems(package: ModelPackage, channels: Sequence[Channel], who: str) -> list[Diagnostic]:
    """What of a package's inputs a robot does not sense, or otherwise than the model takes it.

    Args:
        package: The model.
        channels: The robot's.
        who: The robot, in words.
    """
    problems = []
    for place, spec in _inputs(package):
        if found := _wrong_with(spec, channels, who):
            key, message, hint = found
            at = (*place, key) if key in spec.model_fields_set else place
            problems.append(package.problem(at, CODE, message, hint))
    return problems


def _inputs(package: ModelPackage) -> Iterator[tuple[tuple[str, ...], FrameInput | ReadingInput]]:
    yield ("input",), package.spec.input
    for name, spec in package.spec.extra_inputs.items():
        if not isinstance(spec, ConstantInput):
            yield ("extra_inputs", name), spec


def _wrong_with(
    spec: FrameInput | ReadingInput, channels: Sequence[Channel], who: str
) -> tuple[str, str, str] | None:
    """Key of the package, what is wrong with it, and what to do; None where the channel fits."""
    named = {channel.name: channel for channel in channels}
    cameras = [channel for channel in channels if channel.kind == "rgb"]
    listed = ", ".join(f"{c.name} {list(c.shape)}" for c in channels) or "nothing"
    if spec.channel is None:
        if not cameras:
            return "width", f"{who} has no colour camera", f"name a channel; it senses {listed}"
        return _wrong_frames(spec, cameras[0], who) if isinstance(spec, FrameInput) else None
    channel = named.get(spec.channel)
    if channel is None:
        hint = f"{near(spec.channel, named)}; it senses {listed}" if named else "give the robot sensors"
        return "channel", f"{who} senses no '{spec.channel}'", hint
    if isinstance(spec, FrameInput):
        return _wrong_frames(spec, channel, who)
    return _wrong_readings(spec, channel, who)


def _wrong_frames(spec: FrameInput, channel: Channel, who: str) -> tuple[str, str, str] | None:
    if channel.kind != "rgb":
        hint = f"it is {channel.kind}: declare shape and unit in place of width and height"
        return "channel", f"'{channel.name}' of {who} is no colour camera", hint
    try:
        plan_resize(spec, *channel.shape[:2])
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        return "width", f"'{channel.name}' of {who}: {message}", hint
    return None


def _wrong_readings(spec: ReadingInput, channel: Channel, who: str) -> tuple[str, str, str] | None:
    what = f"'{channel.name}' of {who}"
    if channel.kind == "rgb":
        return "channel", f"{what} is a colour camera", "declare width and height in place of shape and unit"
    if not fits(channel.shape, spec.shape):
        message = f"{what} has shape {list(channel.shape)}, the model takes {list(spec.shape)}"
        return "shape", message, "axes of size 1 may be added or left out; else change the sensor"
    if spec.unit != channel.unit:
        has = f"in {channel.unit}" if channel.unit else "without a unit"
        hint = f'write unit: "{channel.unit}", and let scale make of it what the model was trained with'
        return "unit", f"{what} is {has}, the model takes {spec.unit or 'no unit'}", hint
    if "float" in channel.dtype and "float" not in spec.dtype:
        return "dtype", f"{what} is {channel.dtype}, which {spec.dtype} would cut", "declare dtype: float32"
    if channel.kind in ENDLESS and spec.not_finite is None:
        hint = "declare not_finite: what the model was given for it in training"
        return "channel", f"{what} is inf where nothing was hit", hint
    return None
