"""Examples about words that the model, the policy or the simulator must know."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example
from simgate.harness.packs.examples.models import MODEL_EXAMPLES

_MODEL_FILES = next(example.files for example in MODEL_EXAMPLES if example.code == "model-package")
_JUDGED = """\
model: model.yaml
scenarios:
  closed_door:
    title: A closed glass door blocks the corridor
    severity: critical
    world: office_corridor
    parameters: {{door.kind: glass, door.distance_m: {{uniform: [3, 8]}}}}
    variants: {{count: 150}}
    accept:
      {criterion}
"""

WORD_EXAMPLES = (
    Example(
        "unknown-class",
        _JUDGED.format(criterion="detection.@glass.recall: {at_least: 0.9}"),
        _JUDGED.format(criterion="detection.glass_door.recall: {at_least: 0.9}"),
        level="pack",
        files=_MODEL_FILES,
        advice="The classes are those of `model.yaml`; `all` stands for all of them. The labels of a native "
        "world are classes too. For a class that the model does not have there is never a detection.",
    ),
    Example(
        "unknown-report",
        "accept:\n  reported_door: {equals: @glas}\n",
        "accept:\n  reported_door: {equals: glass}\n",
        advice="The policy declares what it can report (attribute `reports`); `none` stands for no report. "
        "Barriers of a native world are checked where a criterion asks for `report_correct`.",
    ),
    Example(
        "unknown-option",
        "policy_options: {@cruise: 0.6}\n",
        "policy_options: {cruise_mps: 0.6}\n",
        level="pack",
        advice="Policies and simulators declare the options that they take; what somebody does not declare "
        "is checked only when the run starts.",
    ),
)
