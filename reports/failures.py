"""Variants that did not pass, as the page shows them: the worst in full, the rest while there is room."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from urllib.parse import quote

from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.expansion.nominal import Position
from simgate.harness.packs.severity import severity_rank
from simgate.harness.results.reading.stored_record import whole
from simgate.harness.results.record import FILM, STRIP, CriterionResult, Outcome, RunRecord
from simgate.reports.bounds import bounds_of, looked_at
from simgate.reports.drawing.signal_lanes import signals_of
from simgate.reports.drawing.timeline import Timeline, timeline
from simgate.reports.pictures import Picture, PictureStore
from simgate.reports.run_data import RunData, VariantResult
from simgate.reports.wording import broken_criteria, headline, replay_line
from simgate.sim_adapters.files.plain_file import inside

EXPANDED_PER_SCENARIO = 3
EXPANDED_IN_ALL = 12
DETAILED_IN_ALL = 250
"""Variants with criteria, parameters and timeline in the page; further ones get one line each."""
LISTED_IN_ALL = 5_000
"""Of these, so many; further ones are counted, and are in ``junit.xml``."""
PICTURE_BYTES = 7_000_000
NEAR_SHOWN = 9
"""Parameters near nominal that are shown when few are far from it."""


@dataclass(frozen=True, slots=True)
class FailureDetail:
    """Everything about one variant that did not pass.

    Attributes:
        record: Its record.
        headline: First thing to read.
        criteria: Broken ones first.
        shown: Parameters far from nominal, and a few more.
        others: The other varied parameters.
        fixed: Parameters that are the same in the whole pack.
        pictures: Start, and the moment of failure.
        strips: Each camera and scanner over the episode.
        film: How it failed, a file beside the page; empty where there is none.
        timeline: What happened; None without a recording.
        no_timeline: Why there is none.
        replay: Command that runs it again.
        expanded: Whether it is open when the page opens.
    """

    record: RunRecord
    headline: str
    criteria: tuple[CriterionResult, ...]
    shown: tuple[Position, ...]
    others: tuple[Position, ...]
    fixed: tuple[tuple[str, object], ...]
    pictures: tuple[Picture, ...]
    strips: tuple[Picture, ...]
    film: str
    timeline: Timeline | None
    no_timeline: str
    replay: str
    expanded: bool


@dataclass(frozen=True, slots=True)
class FailureLine:
    """A variant for which the page has no room, or no record."""

    variant: str
    outcome: str
    headline: str


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The variants of one scenario that did not pass."""

    scenario: str
    severity: str
    expected: int
    details: tuple[FailureDetail, ...]
    lines: tuple[FailureLine, ...]
    count: int
    """How many there are, also those that are not listed."""

    @property
    def unlisted(self) -> int:
        """How many are not listed."""
        return self.count - len(self.details) - len(self.lines)

    @property
    def hard(self) -> bool:
        """Whether some of them passed and violate a hard rule of the gate; those come first."""
        return any(one.record.outcome is Outcome.PASS for one in self.details)


def failure_groups(run: RunData) -> tuple[FailureGroup, ...]:
    """Groups of variants that did not pass, critical scenarios first, most failures first."""
    shown = {name: [r for r in results if r.to_look_at] for name, results in run.by_scenario.items()}
    names = sorted((name for name in shown if shown[name]), key=lambda name: _rank(shown[name]))
    with_record = {name: sum(result.record is not None for result in shown[name]) for name in names}
    room = _share_room(with_record, DETAILED_IN_ALL)
    left = {name: len(shown[name]) - room[name] for name in names}
    builder = _Builder(run, room, _share_room(left, LISTED_IN_ALL))
    return tuple(builder.group(name, shown[name]) for name in names)


def _rank(results: list[VariantResult]) -> tuple[int, int]:
    return severity_rank(results[0].expected.severity), -len(results)


def _share_room(wanted: dict[str, int], left: int) -> dict[str, int]:
    """How many each scenario gets: equal shares, what one does not need goes to the others."""
    room = dict.fromkeys(wanted, 0)
    open_names = [name for name, count in wanted.items() if count]
    while open_names and left > 0:
        share = max(1, left // len(open_names))
        for name in open_names:
            more = min(share, wanted[name] - room[name], left)
            room[name] += more
            left -= more
        open_names = [name for name in open_names if room[name] < wanted[name]]
    return room


class _Builder:
    """Builds groups while it counts what is already in the page."""

    def __init__(self, run: RunData, room: dict[str, int], listed: dict[str, int]) -> None:
        self._run = run
        self._room, self._listed = room, listed
        self._expanded = 0

    def group(self, scenario: str, results: list[VariantResult]) -> FailureGroup:
        with_record = [result.record for result in results if result.record]
        with_record.sort(key=_worst_first)
        room = self._room[scenario]
        pictures = PictureStore(self._run.folder, PICTURE_BYTES * room // max(1, sum(self._room.values())))
        shown = [whole(record) for record in with_record[:room]]
        # The pictures of all come before the strips of any, so that what a page has no room for are strips.
        drawn = [_record_pictures(record, pictures) for record in shown]
        details = tuple(
            self._detail(record, index, own, _record_strips(record, pictures))
            for index, (record, own) in enumerate(zip(shown, drawn, strict=True))
        )
        missing = (result for result in results if result.record is None)
        lines = [
            *map(_line, with_record[room : room + self._listed[scenario]]),
            *(FailureLine(one.expected.id, "MISSING", one.missing_because) for one in missing),
        ][: self._listed[scenario]]
        expected = len(self._run.by_scenario[scenario])
        severity = results[0].expected.severity
        return FailureGroup(scenario, severity, expected, details, tuple(lines), len(results))

    def _detail(
        self, record: RunRecord, index: int, pictures: tuple[Picture, ...], strips: tuple[Picture, ...]
    ) -> FailureDetail:
        open_here = max(1, min(EXPANDED_PER_SCENARIO, EXPANDED_IN_ALL // max(1, len(self._room))))
        expanded = index < open_here and self._expanded < EXPANDED_IN_ALL
        self._expanded += expanded
        nominal = self._run.nominal[record.scenario]
        positions = nominal.positions(record.parameters)
        far = sum(place.far for place in positions)
        cut = max(far, NEAR_SHOWN)
        fixed = [(n, v) for n, v in sorted(record.parameters.items()) if not nominal.is_varied(n)]
        drawn, why_not = self._timeline(record)
        return FailureDetail(
            record=record,
            headline=headline(record),
            criteria=tuple(
                sorted((*record.criteria, *record.violations), key=lambda c: c.outcome == Outcome.PASS)
            ),
            shown=tuple(positions[:cut]),
            others=tuple(positions[cut:]),
            fixed=tuple(fixed),
            pictures=pictures,
            strips=strips,
            film=self._film(record),
            timeline=drawn,
            no_timeline=why_not,
            replay=replay_line(self._run.folder, record.variant, self._run.manifest.imported),
            expanded=expanded,
        )

    def _film(self, record: RunRecord) -> str:
        path = record.artifacts.get(FILM, "")
        try:
            return quote(path) if path and inside(self._run.folder, path).is_file() else ""
        except OSError:
            return ""

    def _timeline(self, record: RunRecord) -> tuple[Timeline | None, str]:
        path = record.artifacts.get("trace")
        if not path:
            return None, "no recording was kept"
        try:
            trace = load_trace(inside(self._run.folder, path))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            return None, f"the recording {path} cannot be read: {error}"
        scenario = self._run.pack.scenario(record.scenario)
        units = {signal.name: signal.unit for signal in signals_of(trace)}
        bounds = bounds_of(self._run.pack, scenario, units)
        first = looked_at(self._run.pack, scenario, units)
        return timeline(trace, (*record.criteria, *record.violations), bounds, first), ""


def _line(record: RunRecord) -> FailureLine:
    record = whole(record)
    return FailureLine(record.variant, record.outcome.value, headline(record))


def _worst_first(record: RunRecord) -> tuple[bool, int, float, str]:
    """Violations of hard rules, then FAIL before INVALID before ERROR; most negative margin first."""
    record = whole(record)
    order = (Outcome.FAIL, Outcome.INVALID, Outcome.ERROR, Outcome.KNOWN, Outcome.PASS)
    margins = [
        criterion.margin for criterion in broken_criteria(record.criteria) if criterion.margin is not None
    ]
    return not record.violations, order.index(record.outcome), min(margins, default=0.0), record.variant


def _record_pictures(record: RunRecord, store: PictureStore) -> tuple[Picture, ...]:
    captions = {"start_picture": "start", "failure_picture": "moment of failure"}
    return tuple(
        store.picture(path, caption, f"camera frame of {record.variant}, {caption}")
        for name, caption in captions.items()
        if (path := record.artifacts.get(name))
    )


def _record_strips(record: RunRecord, store: PictureStore) -> tuple[Picture, ...]:
    return tuple(
        store.picture(path, channel, f"channel {channel} of {record.variant} over the episode")
        for name, path in record.artifacts.items()
        if (channel := name.removeprefix(STRIP)) != name
    )
