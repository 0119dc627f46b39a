"""A wrong and a right example of every diagnostic; documentation and tests are made from them."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example
from simgate.harness.packs.examples.files import FILE_EXAMPLES
from simgate.harness.packs.examples.gate import GATE_EXAMPLES
from simgate.harness.packs.examples.keys import KEY_EXAMPLES
from simgate.harness.packs.examples.models import MODEL_EXAMPLES
from simgate.harness.packs.examples.native import NATIVE_EXAMPLES
from simgate.harness.packs.examples.policies import POLICY_EXAMPLES
from simgate.harness.packs.examples.rules import RULE_EXAMPLES
from simgate.harness.packs.examples.values import VALUE_EXAMPLES
from simgate.harness.packs.examples.words import WORD_EXAMPLES
from simgate.harness.packs.examples.worlds import WORLD_EXAMPLES

EXAMPLES: dict[str, Example] = {
    example.code: example
    for example in sorted(
        (
            *KEY_EXAMPLES,
            *VALUE_EXAMPLES,
            *RULE_EXAMPLES,
            *WORLD_EXAMPLES,
            *NATIVE_EXAMPLES,
            *GATE_EXAMPLES,
            *FILE_EXAMPLES,
            *MODEL_EXAMPLES,
            *WORD_EXAMPLES,
            *POLICY_EXAMPLES,
        ),
        key=lambda example: example.code,
    )
}
"""Code -> example; every code of ``simgate.harness.packs.diagnostics.codes.CODES`` has one."""

__all__ = ["EXAMPLES", "Example"]
