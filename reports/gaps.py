"""What a run did not measure: said out loud, because a reader cannot see what is not there."""

from __future__ import annotations

from collections import Counter

from simgate.harness.results.record import Outcome
from simgate.harness.text import plural
from simgate.reports.run_data import RunData


def gaps(run: RunData) -> tuple[str, ...]:
    """Sentences, the ones that weigh most first."""
    found = [*_absent(run), *_ungated(run), *_undefined(run), *_not_varied(run), *_runtime(run)]
    return tuple(found)


def _absent(run: RunData) -> list[str]:
    found = []
    if run.manifest.selection:
        found.append(f"This was a selection, not the whole pack: {run.manifest.selection}.")
    missing = Counter(result.expected.scenario for result in run.results if result.record is None)
    if missing:
        where = ", ".join(f"{name} ({count})" for name, count in missing.most_common())
        found.append(f"{plural(missing.total(), 'expected variant')} left no record: {where}.")
    for outcome, why in (
        (Outcome.INVALID, "the simulation cannot be believed"),
        (Outcome.ERROR, "the run broke"),
    ):
        if count := run.count(outcome):
            found.append(f"{plural(count, 'variant')} ended {outcome.value} ({why}) and are no evidence.")
    if known := run.count(Outcome.KNOWN):
        found.append(f"{plural(known, 'variant')} failed inside a quarantine and are counted apart.")
    silent = [item.scenario for item in run.verdict.scenarios if item.rate is None]
    if silent:
        found.append(f"No variant counted in: {', '.join(silent)}.")
    if run.unexpected:
        count_text = plural(len(run.unexpected), "variant")
        found.append(
            f"The journal holds {count_text} that the manifest does not list; they count for nothing."
        )
    return found


def _ungated(run: RunData) -> list[str]:
    rules = [rule for rule in run.pack.gate if rule.kind == "pass_rate"]
    open_scenarios = [
        name
        for name, results in run.by_scenario.items()
        if not any(rule.speaks_of(name, results[0].expected.severity) for rule in rules)
    ]
    return [f"No pass-rate rule covers: {', '.join(open_scenarios)}."] if open_scenarios else []


def _undefined(run: RunData) -> list[str]:
    return [
        f"{metric} could not be computed in {plural(count, 'variant')}."
        for metric, count in run.survey.undefined.most_common()
    ]


def _not_varied(run: RunData) -> list[str]:
    names = sorted(run.survey.parameters)
    fixed = [name for name in names if name not in run.survey.varied]
    if not fixed:
        return []
    listed = ", ".join(fixed)
    return [f"{len(fixed)} of {plural(len(names), 'parameter')} had one value in every variant: {listed}."]


def _runtime(run: RunData) -> list[str]:
    if run.manifest.imported is not None:
        return [f"Nothing was measured by simgate: the results are those of {run.manifest.imported.tool}."]
    found = []
    declared = ["the model package"] if run.pack.packages else []
    if any('"latency":"measured"' not in str(node["declared"]) for node in run.pack.nodes.values()):
        declared.append("the pack")
    if declared and run.pack.latency.mode == "simulated":
        place = " and ".join(declared)
        found.append(f"Perception latency in the loop was taken from {place}, not from this machine.")
    if (run.pack.packages or run.pack.nodes) and run.records and not run.survey.measured:
        found.append("The time that inference takes on this machine was not measured.")
    if not run.manifest.fingerprint.gpus:
        found.append("No GPU was used, so GPU memory and utilisation were not measured.")
    return found
