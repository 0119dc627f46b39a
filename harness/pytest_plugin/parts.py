"""A part of a scenario's variants as one item: a hundred thousand items are more than pytest carries well."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any

import pytest

from simgate.harness.pytest_plugin.case import VariantCase
from simgate.harness.pytest_plugin.failure_text import one_line, shown_path
from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.outcomes import CriterionNotMet, NoEvidence, represent, set_properties
from simgate.harness.pytest_plugin.sources import source_of
from simgate.harness.pytest_plugin.variant_names import is_part
from simgate.harness.text import plural
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from simgate.harness.packs.model import Pack
    from simgate.harness.results.record import RunRecord

MOST_ITEMS = 20_000
"""A pack of more variants is in parts, unless somebody asks otherwise."""
_NAMED = 10
"""Variants that the text of a part tells of."""


def in_parts(config: pytest.Config, pack: Pack) -> bool:
    """Whether the items of a pack are parts: where that is asked for, or where its variants are too many.

    A variant that is named on the command line is an item of its own, and so is each of a shard, which has
    some of every part.
    """
    settings = Settings.of(config)
    if settings.variants_as is not None:
        return settings.variants_as == "parts"
    limit = settings.variants
    counts = (s.variants.count if limit is None else min(limit, s.variants.count) for s in pack.scenarios)
    named = any(arg.count("::") > 1 and not is_part(arg) for arg in config.args)
    return settings.run.shard is None and not named and sum(counts) > MOST_ITEMS


class PartItem(VariantCase):
    """Variants in a row. It passes when all of them do, and tells of those that do not.

    Args:
        names: Of its variants.
    """

    def __init__(self, *, names: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._ids = tuple(f"{self.scenario.id}::{name}" for name in names)
        self._bad: list[RunRecord] = []
        self._counts: Counter[str] = Counter()

    @property
    def variant_ids(self) -> tuple[str, ...]:
        """See :class:`VariantCase`."""
        return self._ids

    def setup(self) -> None:
        """Fetches the records.

        Raises:
            NoEvidence: One is INVALID or ERROR, or lacking.
            pytest.skip.Exception: All are KNOWN, or none was needed.
        """
        from simgate.harness.results.record import Outcome

        if self.config.option.setuponly:
            return
        source = source_of(self.config)
        records = source.records(self)
        self._bad = [one for one in records if one.outcome not in (Outcome.PASS, Outcome.KNOWN)]
        self._counts = counts = Counter(record.outcome.value for record in records)
        self.wall_s = float(sum(record.wall_s for record in records))
        said: dict[str, object] = {f"simgate_{word.lower()}": int(count) for word, count in counts.items()}
        said |= {"simgate_variants": len(records), "simgate_run": str(source.run_dir(self))}
        set_properties(self, list(said.items()))
        if counts[Outcome.INVALID] or counts[Outcome.ERROR]:
            raise NoEvidence(self._headline(), self._text())
        if counts[Outcome.KNOWN] == len(records):
            pytest.skip(printable(f"known issue {records[0].known_issue}: {records[0].reason}"))

    def runtest(self) -> None:
        """Passes, or raises what failed.

        Raises:
            CriterionNotMet: A variant is FAIL.
        """
        if self._bad:
            raise CriterionNotMet(self._headline(), self._text())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What did not pass, without traceback; everything else as pytest does."""
        return represent(self, excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Place of the scenario in the pack, and the part's id as headline."""
        return self.path, max(0, self.scenario.line - 1), self.variant_id

    def _headline(self) -> str:
        first = self._bad[0]
        words = ", ".join(f"{count} {word}" for word, count in sorted(self._counts.items()))
        return printable(f"{words}; {first.variant}: {one_line(first.reason) or 'no reason was recorded'}")

    def _text(self) -> str:
        return "\n".join(map(printable, self._lines()))

    def _lines(self) -> Iterator[str]:
        scenario = self.scenario
        needs = f" ({', '.join(scenario.requirements)})" if scenario.requirements else ""
        count = plural(sum(self._counts.values()), "variant")
        yield f"{len(self._bad)} of {count} did not pass  {self.variant_id}  [{scenario.severity}]"
        yield f"{scenario.title}{needs}"
        yield ""
        for record in self._bad[:_NAMED]:
            reason = one_line(record.reason) or "no reason was recorded"
            yield f"  {record.outcome.value:<8} {record.variant}  {reason}"
        if len(self._bad) > _NAMED:
            yield f"  and {len(self._bad) - _NAMED} more"
        run_dir = shown_path(self.config.invocation_params.dir, source_of(self.config).run_dir(self))
        yield ""
        yield "look at one with"
        for command in ("explain", "replay"):
            yield f"  {shlex.join(['simgate', command, run_dir, self._bad[0].variant])}"
