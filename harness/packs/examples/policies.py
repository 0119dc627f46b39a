"""Examples about the learned policy that a pack names."""

from __future__ import annotations

from collections.abc import Mapping

from simgate.harness.packs.examples.example import Example, sound_pack


def _rows(field: str, name: str, numbers: str) -> str:
    """Of an ONNX graph: a float32 tensor of rows, as many as there are worlds."""
    info = f"\x0a{chr(len(name))}{name}\x12\x0c\x0a\x0a\x08\x01\x12\x06\x0a\0\x0a\x02\x08{numbers}"
    return f"{field}{chr(len(info))}{info}"


_GRAPH = _rows("\x5a", "obs", "\3") + _rows("\x62", "actions", "\2")
_NETWORK = f"\x3a{chr(len(_GRAPH))}{_GRAPH}"
"""An ONNX file that only says what goes in and comes out."""
_PACK = sound_pack().replace("policy: door_navigator", "policy: {network: policy.yaml}")
_FILES = {"pack.yaml": _PACK, "drive.onnx": _NETWORK}
_RIGHT = """\
network: drive.onnx
control_hz: 10
observation:
  - {channel: pose, entries: [x_m, y_m, yaw_rad], scale: 0.1}
action: {names: [forward_mps, yaw_rate_rps], clip: [-1, 1]}
"""


def _of_policy(
    code: str, before: str, after: str, advice: str, files: Mapping[str, str] = _FILES, also: bool = True
) -> Example:
    wrong = _RIGHT.replace(before, after)
    return Example(
        code, wrong, _RIGHT, "file", advice, "policy.yaml", files, also=("policy-package",) * also
    )  # fmt: skip


POLICY_EXAMPLES = (
    _of_policy(
        "policy-value",
        "action: {names:",
        "action: {@name:",
        "`docs/learned-policies.md` lists every key of a policy.yaml.",
    ),
    _of_policy(
        "policy-io",
        "network: drive.onnx",
        "network: @driver.onnx",
        "The network's file itself says which tensors go in and come out; the message lists all of them.",
    ),
    _of_policy(
        "policy-robot",
        "entries: [x_m, y_m, yaw_rad]",
        "entries: [x_m, y_m, @heading]",
        "What a network is shown and moves is held against the robot of each scenario, by names: an order "
        "of joints that does not fit would drive, and drive wrongly.",
        also=False,
    ),
    Example(
        "policy-robot",
        "policy:\n  server: ws://127.0.0.1:8000\n  observation: {observation/state: @wheels}\n",
        "policy:\n  server: ws://127.0.0.1:8000\n  observation: {observation/state: pose}\n",
        level="pack",
        advice="The same holds of what a policy behind a server is sent, and of the names of its actions.",
    ),
    Example(
        "policy-package",
        "policy: {network: @old.yaml}\n",
        "policy: {network: policy.yaml}\n",
        level="pack",
        advice="It stands beside the problems in the policy's own file, so that the pack shows which line "
        "brought them in.",
        files={"policy.yaml": _RIGHT, "old.yaml": _RIGHT.replace("drive", "old"), "drive.onnx": _NETWORK},
        also=("policy-io",),
    ),
)
