"""Reads acceptance criteria and checks them against the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simgate.harness.packs.checks.check_plugin import METRICS, load_plugin
from simgate.harness.packs.checks.check_truth import Sight, check_truth
from simgate.harness.packs.checks.metric_catalog import MetricCatalog, MetricInfo, lacking
from simgate.harness.packs.checks.vocabulary import Vocabulary
from simgate.harness.packs.language.criteria import (
    CriterionKeys,
    EvidenceKeys,
    OperatorKeys,
    OwnKeys,
    SignalKeys,
    StlKeys,
)
from simgate.harness.packs.language.definition import keys_of
from simgate.harness.packs.model import CodedTask, Criterion, Scalar, SignalSpec, SimSpec, TaskSpec
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.harness.packs.source.value_hints import share_hint, threshold_hint
from simgate.harness.registry import is_there
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode
from simgate.sim_adapters.quantities import kind_of, read_quantity

_OPERATORS = tuple(keys_of(OperatorKeys))
_TYPE_WORDS = {"number": "a number", "count": "a number", "bool": "true or false", "word": "text"}


class CriterionReader:
    """Reads ``metric: {at_most: 0}`` and the like.

    Args:
        reader: Typed access to nodes.
        metrics: Known metrics; None skips the checks that need them.
    """

    def __init__(self, reader: Reader, metrics: MetricCatalog | None) -> None:
        self._reader, self._metrics = reader, metrics
        self.control_hz = SimSpec().control_hz
        """Of the pack that is read; the time bounds of formulas are whole control periods."""
        self.vocabulary = Vocabulary(reader)
        """What the pack's model and policy know."""
        self._own: dict[str, tuple[str, MetricInfo | None]] = {}
        """The pack's own metrics that were read so far, by the names that it gives them; no source or no info
        for one that cannot be used, which is reported where it is named."""
        self.unread: set[str] = set()
        """Names of the criteria of scenarios that could not be read; what is wrong is reported there."""
        self._task: TaskSpec | CodedTask | None = None
        self._one_task = self._has_signals = True
        self._sights: tuple[Sight, ...] = ()

    def judge(
        self, *tasks: TaskSpec | CodedTask | None, is_read: bool = True, sights: Sequence[Sight] = ()
    ) -> None:
        """Criteria are read for runs of these tasks from now on; None for that of driving robots. Where they
        differ nothing is said of signals: what holds for one scenario need not for another.

        Args:
            tasks: Of a scenario, or of those that a gate rule speaks of.
            is_read: Whether there is no other one, which could not be read, with signals of its own.
            sights: What the robots of these see, as far as that is known.
        """
        self._sights = tuple(sights)
        self._task, self._has_signals = next(iter(tasks), None), is_read
        self._one_task = bool(tasks) and all(task == self._task for task in tasks)

    @property
    def _signals(self) -> Mapping[str, str]:
        """Signals of the task, with what each measures."""
        if isinstance(self._task, CodedTask):
            return self._task.signals
        if self._task is not None:
            return {name: kind_of(read_quantity(written)) for name, written in self._task.signals.items()}
        return self._metrics.signal_quantities() if self._metrics is not None else {}

    def is_metric(self, name: str) -> bool:
        """Whether a metric has that name."""
        return name in self._own or (
            self._metrics is not None and self._metrics.find_metric(name) is not None
        )

    def is_always_measured(self, name: str) -> bool:
        """Whether records hold a metric whatever the criteria ask."""
        return self._metrics is not None and self._metrics.is_always_measured(name)

    def metric(self, node: Node, name: str) -> MetricInfo | None:
        """The metric of that name; an unknown one is reported, and a class that the model does not know."""
        if self._metrics is None or name in self._own:
            return self._own[name][1] if name in self._own else None
        info = self._metrics.find_metric(name)
        if info is None:
            hint = near(name, self._metrics.metric_names())
            self._reader.problems.at(node, "unknown-metric", f"unknown metric '{name}'", hint)
        if info is not None:
            self._require_signals(node, name, info)
            self.vocabulary.require_output(node, name, info.output)
        label = self._metrics.class_of(name) if info is not None else ""
        if label and isinstance(node, ScalarNode):
            self.vocabulary.require_class(node, label, name.index(f".{label}.") + 1)
        return info

    def _require_signals(self, node: Node, name: str, info: MetricInfo) -> None:
        """Reports a metric that no run of the task can compute."""
        if not self._one_task or not self._has_signals:
            return
        facts = info.facts if self._task is None else self._task.fact_names
        without = lacking(info, self._signals, facts)
        if self._task is not None and name == "success" and name not in facts:
            without = ["the fact success"]  # That of driving robots is told from other facts.
        if without:
            message = f"'{name}' needs {' and '.join(without)}, which the task does not have"
            self._reader.problems.at(node, "metric-needs", message, self._remedy(info))

    def _remedy(self, info: MetricInfo) -> str:
        """What to do where the task lacks what a metric is computed from."""
        if not self._signals and self._task is not None:
            return "it has no signals: judge what the model says (detection.CLASS.recall), and latency"
        if not info.measures:
            hint = f"its signals: {', '.join(self._signals)}; for one of them write "
            return hint + "NAME: {signal: {name: SIGNAL, reduce: max}, at_most: NUMBER}"
        fitting = [name for name, quantity in self._signals.items() if quantity in info.measures]
        if fitting:
            return f"signals that can be used: {', '.join(fitting)}"
        if self._task is None:
            return "a driving robot has none; leave the criterion out"
        if isinstance(self._task, CodedTask):
            return f"add one to its signals: Signal(NAME, UNIT, MEANING, '{info.measures[0]}')"
        word = info.measures[0].partition(" ")[0]
        return f"add one to the task's signals: NAME: {{{word}: {'true' if word == 'energy' else '...'}}}"

    def read(self, key: ScalarNode, value: Node) -> Criterion | None:
        """One criterion; problems are reported and give None."""
        if isinstance(value, MappingNode) and value.find("stl"):
            return self._formula(key, value)
        if isinstance(value, MappingNode) and value.find("signal"):
            return self._of_signal(key, value)
        is_own = isinstance(value, MappingNode) and value.find("metric") is not None
        info = None if is_own else self.metric(key, key.text)
        if is_own and not self.is_metric(key.text):
            self._own[key.text] = "", None
        keys = OwnKeys if is_own else CriterionKeys
        read = read_keys(self._reader, value, keys, f"the criterion '{key.text}'", owner=key)
        if read is None or not isinstance(value, MappingNode):
            return None
        if isinstance(read.keys, OwnKeys):
            info = self._own_metric(key, read.nodes["metric"], read.keys.metric)
            if info is None:
                return None
        operator = self._operator(key, value, read.nodes)
        if operator is None:
            return None
        bound = self._bound(read.nodes[operator], operator, info)
        options = self._options(value, read, info)
        if info is not None:
            of = (read.nodes["of"], str(options["of"])) if "of" in options else None
            check_truth(self._reader.problems, key, key.text, info, of, self._sights)
        if bound is None:
            return None
        return Criterion.model_validate(
            {
                "metric": key.text,
                "op": operator,
                "bound": bound,
                "options": options,
                "if_undefined": read.keys.if_undefined,
                "source": self._own[key.text][0] if key.text in self._own else None,
                "line": key.line,
            }
        )

    def _own_metric(self, key: ScalarNode, node: Node, source: str | None) -> MetricInfo | None:
        """What the pack's own metric says of itself; problems are reported."""
        name = self._own_name(key, "a metric of the pack's own")
        if name is None or source is None or not is_there(METRICS, source, self._reader.folder):
            return None
        known, info = self._own.get(name, ("", None))
        if known and known != source:
            message = f"'{name}' is {known} elsewhere in this pack"
            self._reader.problems.at(key, "bad-name", message, "give each metric one name")
            return None
        if not known:
            metric = load_plugin(self._reader.problems, node, METRICS, source, self._reader.folder)
            info = metric.info if metric is not None else None
            self._own[name] = source, info
        if info is not None:
            self._require_signals(key, name, info)
        return info

    def _operator(self, key: ScalarNode, value: MappingNode, fields: Fields) -> str | None:
        """The one operator of a criterion; none or several are reported."""
        operators = [name for name in fields if name in _OPERATORS]
        if len(operators) != 1:
            if not operators:
                message, hint = (
                    f"the criterion '{key.text}' has no threshold",
                    f"add one of {', '.join(_OPERATORS)}",
                )
                self._reader.problems.at(key, "missing-key", message, hint)
            else:
                message = f"'{operators[1]}' beside '{operators[0]}': a criterion has one threshold"
                hint = "for two limits write {between: [low, high]}"
                self._reader.problems.at(value.key(operators[1]), "wrong-value", message, hint)
            return None
        return operators[0]

    def _own_name(self, key: ScalarNode, what: str) -> str | None:
        """The name that the pack gives to a criterion; a metric's name would say something else."""
        name = self._reader.name(key, "a criterion's name")
        if name is not None and self._metrics is not None and self._metrics.find_metric(name) is not None:
            message = f"'{name}' is a metric; a criterion on {what} needs a name of its own"
            self._reader.problems.at(key, "bad-name", message, "for example slows_down")
            return None
        return name

    def _formula(self, key: ScalarNode, value: MappingNode) -> Criterion | None:
        name = self._own_name(key, "a formula")
        read = read_keys(self._reader, value, StlKeys, f"the criterion '{key.text}'", owner=key)
        if read is None:
            return None
        node, text = read.nodes["stl"], read.keys.stl
        asked = self._metrics if self._has_signals else None
        if text is not None and isinstance(node, ScalarNode) and asked is not None:
            for found in asked.check_formula(text, self.control_hz, tuple(self._signals)):
                line, column = node.position(found.offset)
                span = (node.source, line, column, found.length)
                self._reader.problems.span(*span, "expression", found.message, found.hint)
        if name is None or text is None:
            return None
        return Criterion.model_validate(
            {
                "metric": name,
                "op": "at_least",
                "bound": read.keys.at_least,
                "stl": text,
                "if_undefined": read.keys.if_undefined,
                "line": key.line,
            }
        )

    def _of_signal(self, key: ScalarNode, value: MappingNode) -> Criterion | None:
        name = self._own_name(key, "a signal")
        read = read_keys(self._reader, value, SignalKeys, f"the criterion '{key.text}'", owner=key)
        if read is None:
            return None
        inner = read_keys(self._reader, read.nodes["signal"], SignalSpec, "signal")
        operator = self._operator(key, value, read.nodes)
        bound = self._bound(read.nodes[operator], operator, None) if operator else None
        if inner is None:
            return None
        signal = inner.keys.name
        is_known = not self._has_signals or signal in self._signals
        if signal is not None and self._metrics is not None and not is_known:
            hint = near(signal, self._signals)
            self._reader.problems.at(
                inner.nodes["name"], "unknown-metric", f"unknown signal '{signal}'", hint
            )
        if operator is not None and isinstance(bound, bool | str):
            self._reader.wrong(read.nodes[operator], "a number")
            return None
        if None in (name, operator, bound) or not inner.is_whole:
            return None
        return Criterion.model_validate(
            {
                "metric": name,
                "op": operator,
                "bound": bound,
                "signal": inner.keys,
                "if_undefined": read.keys.if_undefined,
                "line": key.line,
            }
        )

    def _options(
        self, node: MappingNode, read: Written[CriterionKeys], info: MetricInfo | None
    ) -> dict[str, Scalar]:
        for name in keys_of(EvidenceKeys):
            if info is not None and name in read.nodes and name not in info.options:
                hint = f"options of this metric: {', '.join(info.options) or 'none'}"
                self._reader.problems.at(
                    node.key(name), "unknown-key", f"metric '{info.name}' has no option '{name}'", hint
                )
        if read.keys.model is not None:
            self.vocabulary.require_model(read.nodes["model"], read.keys.model)
        given = {name: getattr(read.keys, name) for name in keys_of(EvidenceKeys)}
        return {name: value for name, value in given.items() if value is not None}

    def _bound(
        self, node: Node, operator: str, info: MetricInfo | None
    ) -> Scalar | tuple[float, float] | None:
        if operator == "between":
            if not isinstance(node, SequenceNode) or len(node.items) != 2:
                self._reader.wrong(node, "two numbers [low, high]")
                return None
            low, high = (self.number(item, info) for item in node.items)
            if low is None or high is None:
                return None
            if low > high:
                message = f"empty range: {low:g} is greater than {high:g}"
                self._reader.problems.at(node, "empty-range", message, "write [low, high]")
                return None
            return low, high
        if operator in ("at_most", "at_least"):
            return self.number(node, info)
        value = self._reader.scalar(node)
        if value is None or info is None:
            return value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if info.kind in ("number", "count") and is_number:
            return self.number(node, info)
        if (info.kind == "bool" and isinstance(value, bool)) or (
            info.kind == "word" and isinstance(value, str)
        ):
            self._check_word(node, info, value)
            return value
        self._type_problem(node, info)
        return None

    def _check_word(self, node: Node, info: MetricInfo, value: Scalar) -> None:
        if info.silence:
            self.vocabulary.require_report(node, str(value), (info.silence,))

    def _type_problem(self, node: Node, info: MetricInfo) -> None:
        message = f"{info.name} is {_TYPE_WORDS[info.kind]}, the threshold is {node.described}"
        value = node.value if isinstance(node, ScalarNode) else None
        hint = threshold_hint(info.kind, info.unit, value, info.high)
        self._reader.problems.at(node, "threshold-type", message, hint)

    def number(self, node: Node, info: MetricInfo | None) -> float | None:
        """A threshold that is a number, checked against the metric's type and range."""
        value = node.value if isinstance(node, ScalarNode) else None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if info is not None and not (is_number and info.kind in ("number", "count")):
            self._type_problem(node, info)
            return None
        number = self._reader.number(node)
        if number is None or info is None:
            return number
        outside = (info.low is not None and number < info.low) or (
            info.high is not None and number > info.high
        )
        if outside:
            low = "-inf" if info.low is None else f"{info.low:g}"
            high = "inf" if info.high is None else f"{info.high:g}"
            unit = f" {info.unit}" if info.unit else ""
            message = f"{info.name} lies between {low} and {high}{unit}, the threshold is {number:g}"
            hint = share_hint(number, info.low, info.high)
            self._reader.problems.at(node, "threshold-range", message, hint)
            return None
        return number
