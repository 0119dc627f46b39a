"""What the pack's model, policy and simulator know: classes, words that can be reported, options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from simgate.harness import registry
from simgate.harness.packs.checks.check_model import Known
from simgate.harness.packs.checks.check_plugin import load_plugin
from simgate.harness.packs.language.pack import POLICIES
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.worlds import ADAPTER_OPTIONS
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import Node, ScalarNode
from simgate.policies.policy import REPORTS
from simgate.sim_adapters.options import OPTIONS

if TYPE_CHECKING:
    from simgate.sim_adapters.options import Options


class Vocabulary:
    """Checks words against those who must know them; whoever declares none judges none.

    Args:
        reader: Typed access to nodes.
        known: What is known of the models; None for nothing.
        node: Where the pack names its policy; None when it does not.
        policy: The policy, as the checked pack holds it.
        models: Names of several models.
    """

    def __init__(
        self,
        reader: Reader,
        known: Known | None = None,
        node: Node | None = None,
        policy: str | None = None,
        models: Sequence[str] = (),
    ) -> None:
        self.models = tuple(models)
        self._reader, self._node = reader, node
        self._classes = known.classes if known is not None else None
        self._says = known.says if known is not None else None
        self._policy = policy if policy and registry.is_there(POLICIES, policy, reader.folder) else None

    @property
    def classes(self) -> Sequence[str] | None:
        """Of the models; None where nobody knows them."""
        return self._classes

    @property
    def says(self) -> Sequence[str] | None:
        """Kinds of the models' outputs; an empty one where only the decoder knows, None where nobody does."""
        return self._says

    def require_class(self, node: Node, label: str, offset: int = 0) -> None:
        """Reports a class that the model does not have.

        Args:
            node: Where it stands.
            label: The class.
            offset: Characters of the node's text before it.
        """
        if self._classes is None or label in self._classes:
            return
        line, column = node.position(offset) if isinstance(node, ScalarNode) else (node.line, node.column)
        message = f"the model has no class '{label}'"
        self._reader.problems.span(
            node.source, line, column, len(label), "unknown-class", message, _meant(label, self._classes)
        )

    def require_output(self, node: Node, metric: str, kind: str) -> None:
        """Reports a metric of outputs that no model of the pack gives.

        Args:
            node: Where it is named.
            metric: Its name.
            kind: Of the outputs, for example ``masks``; empty for none.
        """
        if not kind or self._says is None or "" in self._says or kind in self._says:
            return
        given = " and ".join(dict.fromkeys(self._says)) or "nothing"
        message = f"'{metric}' needs a model that gives {kind}; the pack's gives {given}"
        hint = "leave it out, or name a model whose decoder gives them"
        self._reader.problems.at(node, "metric-needs", message, hint)

    def require_model(self, node: Node, name: str) -> None:
        """Reports a name that no model of the pack has."""
        if name not in self.models:
            hint = near(name, self.models) if self.models else "leave it out: the pack has no models:"
            self._reader.problems.at(node, "wrong-value", f"the pack has no model '{name}'", hint)

    def require_report(self, node: Node, word: str, silence: Sequence[str] = ()) -> None:
        """Reports a word that the policy cannot report.

        Args:
            node: Where it stands.
            word: The word.
            silence: Words that stand for no report.
        """
        reports = REPORTS.of(self._policy_factory)
        if self._policy is None or reports is None or word in (*reports, *silence):
            return
        message = f"the policy '{self._policy}' never reports '{word}'"
        self._reader.problems.at(node, "unknown-report", message, _meant(word, (*reports, *silence)))

    def policy_options(self, node: Node | None) -> dict[str, Scalar]:
        """``policy_options``, checked against what the policy declares."""
        who = f"the policy '{self._policy}'" if self._policy is not None else ""
        return read_options(self._reader, node, who, lambda: OPTIONS.of(self._policy_factory))

    @cached_property
    def _policy_factory(self) -> Any:
        """What makes the policy, loaded only when something speaks of it."""
        if self._policy is None or self._node is None:
            return None
        return load_plugin(self._reader.problems, self._node, POLICIES, self._policy, self._reader.folder)


def adapter_options(reader: Reader, node: Node | None, adapter: str) -> dict[str, Scalar]:
    """``sim.options``, checked against what the adapter declares; the adapter itself is not loaded."""
    is_declared = adapter in registry.names(ADAPTER_OPTIONS)
    declared = (lambda: registry.load(ADAPTER_OPTIONS, adapter)) if is_declared else lambda: None
    return read_options(reader, node, f"the simulator '{adapter}'", declared)


def read_options(
    reader: Reader, node: Node | None, who: str, declared: Callable[[], Options | None]
) -> dict[str, Scalar]:
    """A mapping of options to values; what is not declared or not allowed is reported.

    Args:
        reader: Typed access to nodes.
        node: The mapping.
        who: Who has the options, in words.
        declared: All options; None for somebody who does not say, whose options are not judged.
    """
    entries = reader.mapping(node, "a mapping of option names to single values")
    known = declared() if entries else None
    values = {}
    for key, value in entries:
        scalar = reader.scalar(value)
        if known is not None:
            _check_option(reader, key, value, who, known)
        if scalar is not None:
            values[key.text] = scalar
    return values


def _check_option(reader: Reader, key: ScalarNode, node: Node, who: str, known: Options) -> None:
    if key.text not in known:
        message = f"{who} has no option '{key.text}'"
        reader.problems.at(key, "unknown-option", message, _meant(key.text, known) or "leave it out")
        return
    option = known[key.text]
    value = node.value if isinstance(node, ScalarNode) else None
    if value is None:
        return
    problem = option.problem(value)
    if problem is not None:
        reader.problems.at(node, "wrong-value", f"{key.text} {problem}", option.meaning)
    elif option.kind == "file" and not (path := (reader.folder / str(value)).resolve()).is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        reader.problems.at(node, "missing-file", f"file '{value}' {what}", f"looked for {path}")


def _meant(word: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """The nearest known word, and all of them."""
    listed = f"known: {', '.join(known)}" if known else ""
    hint = near(word, known)
    return f"{hint} {listed}" if hint != listed else listed
