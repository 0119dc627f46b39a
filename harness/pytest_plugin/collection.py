"""The collection tree: pack file, scenario, variant. Values of a variant are computed when it runs."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simgate.harness.packs.source.pack_mark import is_marked, same_name
from simgate.harness.pytest_plugin.case import VariantCase
from simgate.harness.pytest_plugin.markers import register_marker
from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.outcomes import (
    raise_before_call,
    raise_in_call,
    report_properties,
    represent,
    set_properties,
)
from simgate.harness.pytest_plugin.parts import PartItem, in_parts
from simgate.harness.pytest_plugin.sources import source_of
from simgate.harness.pytest_plugin.variant_names import part_name, parts_of, variant_names

if TYPE_CHECKING:
    from simgate.harness.packs.model import Pack, Scenario

PACK_SUFFIXES = (".yaml", ".yml")
_NAMED = pytest.StashKey[dict[str, Path]]()
"""Name of a pack -> the file that has it in this session."""


def is_pack(path: Path) -> bool:
    """Whether a file is a scenario pack: YAML with the top-level key ``simgate``."""
    return path.suffix in PACK_SUFFIXES and path.is_file() and is_marked(path)


class PackFile(pytest.File):
    """A pack; its problems are a collection error with the linter's text."""

    pack: Pack

    def collect(self) -> Iterable[ScenarioCollector]:
        """One collector for each scenario.

        Raises:
            pytest.Collector.CollectError: The pack has problems, or the name of another one.
        """
        from simgate.harness.frontend.packs import load_checked
        from simgate.harness.frontend.user_errors import UserError

        try:
            self.pack = load_checked(self.path)
        except UserError as error:
            raise self.CollectError(str(error)) from None
        first = self.config.stash.setdefault(_NAMED, {}).setdefault(self.pack.name, self.path)
        if first != self.path:
            raise self.CollectError(same_name(self.pack.name, first, self.path))
        for scenario in self.pack.scenarios:
            yield ScenarioCollector.from_parent(self, name=scenario.id, pack=self.pack, scenario=scenario)


class ScenarioCollector(pytest.Class):
    """A scenario; severity, tags and requirements are markers and keywords of its variants.

    A class to pytest, because the test trees of editors show classes between file and test, and nothing else;
    it has nothing but the scenario's title to say.
    """

    def __init__(self, *, pack: Pack, scenario: Scenario, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Of no module, so that nobody looks for its source.
        self.obj = type(scenario.id, (), {"__doc__": scenario.title, "__module__": "builtins"})
        self.pack = pack
        self.scenario = scenario
        words = (scenario.severity, *scenario.tags, *scenario.requirements)
        self.extra_keyword_matches.update(words)
        for word in dict.fromkeys(words):
            if register_marker(self.config, word):
                self.add_marker(word)

    def collect(self) -> Iterable[VariantCase]:
        """One item for each variant, or for each part where items would be too many; none is expanded."""
        limit, about = Settings.of(self.config).variants, {"pack": self.pack, "scenario": self.scenario}
        names = variant_names(self.scenario, limit)
        parts = parts_of(names) if in_parts(self.config, self.pack) else ((name,) for name in names)
        for part in parts:
            if len(part) == 1:
                yield VariantItem.from_parent(self, name=part[0], **about)
            else:
                yield PartItem.from_parent(self, name=part_name(part), names=part, **about)


class VariantItem(VariantCase):
    """One variant. It runs nothing: a source of records (this process or an xdist worker) has its result."""

    def setup(self) -> None:
        """Fetches the record.

        Raises:
            simgate.harness.pytest_plugin.outcomes.NoEvidence: The outcome is INVALID or ERROR, or there is
                no record.
            pytest.skip.Exception: The outcome is KNOWN.
        """
        if self.config.option.setuponly:
            return  # Also of --setup-plan: nothing runs.
        source = source_of(self.config)
        [self.record] = source.records(self)
        self.wall_s = float(self.record.wall_s)
        set_properties(self, report_properties(self.record, source.run_dir(self)))
        raise_before_call(self)

    def runtest(self) -> None:
        """Passes, or raises what failed.

        Raises:
            simgate.harness.pytest_plugin.outcomes.CriterionNotMet: The outcome is FAIL.
        """
        raise_in_call(self)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What a QA engineer can act on, without traceback; everything else as pytest does."""
        return represent(self, excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Place of the scenario in the pack, and the variant's id as headline."""
        # For pytest the dots of a headline with which an id ends are Python's: it prints '::' for them.
        before = f"{self.pack.name}: " if "." in self.variant_id else ""
        return self.path, max(0, self.scenario.line - 1), before + self.variant_id
