"""Metrics of one kind for any class of the model or signal of the task: ``detection.<class>.recall``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options

ComputeFor = Callable[[Evidence, str, Options], MetricValue]
_NAME = re.compile(r"(?P<prefix>[a-z]+)\.(?P<subject>[^.\s](?:[^.]*[^.\s])?)\.(?P<what>[a-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class Member:
    """One of a family.

    Attributes:
        info: Its description, with the placeholder in its name.
        compute: Its value for a subject.
        of_subject: What the description of a concrete metric says besides, from its subject.
    """

    info: MetricInfo
    compute: ComputeFor
    of_subject: Callable[[MetricInfo, str], MetricInfo] = lambda info, subject: info


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """Metrics that are called ``<prefix>.<subject>.<what>``.

    Attributes:
        prefix: For example ``detection``.
        members: By their last word.
    """

    prefix: str
    members: Mapping[str, Member]

    def metric(self, name: str) -> Metric | None:
        """The metric of a concrete name, None when it is none of the family."""
        parsed = _NAME.fullmatch(name)
        if parsed is None or parsed["prefix"] != self.prefix or parsed["what"] not in self.members:
            return None
        member, subject = self.members[parsed["what"]], parsed["subject"]
        info = member.of_subject(replace(member.info, name=name), subject)
        return Metric(info, lambda evidence, options: member.compute(evidence, subject, options))

    def subject(self, name: str) -> str:
        """What a metric of the family speaks of; empty for others."""
        return _NAME.sub(r"\g<subject>", name) if self.metric(name) else ""

    @property
    def infos(self) -> list[MetricInfo]:
        """Descriptions with the placeholder."""
        return [member.info for member in self.members.values()]
