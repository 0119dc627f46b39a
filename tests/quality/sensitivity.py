"""Does the gate notice? Seeded regressions of the demo, and four changes that must change nothing.

``python -m tests.quality.sensitivity [--variants N] [--workers N]`` runs them and prints the table of the docs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simgate.harness.cli.commands.verdicts.compare import compare_folders
from simgate.harness.frontend.packs import load_checked
from simgate.harness.gate.comparing.baseline_copy import read_evidence
from simgate.harness.gate.comparing.comparability import NotComparable
from simgate.harness.gate.comparing.compare import RunComparison, compare_runs, regression_of
from simgate.harness.gate.comparing.metric_changes import describe_metric
from simgate.harness.gate.comparing.pairing import RunEvidence
from simgate.harness.results.run_folder import RunFolder
from tests.e2e.conftest import digests, simgate, the_run
from tests.quality.mutations import EACH_OUTPUT, PACK, REGRESSIONS, Regression

TIMEOUT_S = 3600.0
METRIC_LEVEL = 0.01


@dataclass(frozen=True)
class Found:
    """What became of a regression.

    Attributes:
        name: Of the regression.
        how: How it was injected.
        verdict: Of the run alone.
        passed: Variants that passed.
        total: Variants.
        compared: Decision against the shipped model's run.
        refused: Why ``simgate compare`` refuses the pair; empty when only the model differs.
        broken: Variants that it breaks.
        fixed: Variants that it fixes.
        p_value: McNemar's.
        refuted: Rules that the run alone refutes.
        worse: Metrics that compare lists as worse beyond chance, at a q-value of 0.01.
    """

    name: str
    how: str
    verdict: str
    passed: int
    total: int
    compared: str
    refused: str
    broken: int
    fixed: int
    p_value: float
    refuted: tuple[str, ...]
    worse: tuple[str, ...] = ()

    @property
    def caught(self) -> bool:
        """NO-GO alone, or broken out by compare."""
        return "NO-GO" in (self.verdict, self.compared)


def run(
    words: list[object], runs_dir: Path, variants: int | None, hosts: int, plugins: str = ""
) -> RunFolder:
    """Types ``simgate run`` and returns the run's folder.

    Raises:
        RuntimeError: It ended neither with a verdict nor with one that can be read.
    """
    some = ["--variants", variants] if variants else []
    options = ("--workers", hosts, "--quiet", "--runs-dir", runs_dir)
    typed = simgate("run", *words, *some, *options, timeout=TIMEOUT_S, plugins=plugins)
    if typed.code not in (0, 1, 20):
        raise RuntimeError(f"simgate run {words} ended with {typed.code}: {typed.err or typed.out}")
    return the_run(runs_dir)


def verdict_of(folder: RunFolder) -> dict[str, Any]:
    """The run's verdict."""
    found: dict[str, Any] = json.loads(folder.verdict_path.read_text())
    return found


def try_out(
    regression: Regression, baseline: RunFolder, folder: Path, variants: int | None, hosts: int
) -> Found:
    """Runs a regression and holds it against the shipped model.

    Args:
        regression: What is wrong.
        baseline: A run of as many variants with the shipped model.
        folder: An empty folder for everything that is made.
        variants: Of each scenario; None for the whole pack.
        hosts: Host processes.
    """
    candidate = run(regression.words(folder), folder / "runs", variants, hosts, regression.plugins)
    verdict = verdict_of(candidate)
    passed = sum(item["passed"] for item in verdict["scenarios"])
    total = sum(item["expected"] for item in verdict["scenarios"])
    refused = ""
    try:
        [paired] = compare_folders(baseline, [candidate], folder)
    except NotComparable as error:
        refused = f" (refused by compare: {error.differences[0]}; paired by variant id here)"
        paired = compare_by_id(baseline, candidate)
    facts = paired.rule.paired
    assert facts is not None
    return Found(
        name=regression.name,
        how=regression.how,
        verdict=verdict["decision"],
        passed=passed,
        total=total,
        compared=paired.decision.value,
        refused=refused,
        broken=facts.broken,
        fixed=facts.fixed,
        p_value=facts.mcnemar_p,
        refuted=tuple(r["statement"] for r in verdict["rules"] if r["decision"] == "NO-GO"),
        worse=tuple(
            f"{change.metric} {change.baseline_mean:.3g} to {change.candidate_mean:.3g}"
            for change in paired.metrics
            if change.worse and change.q_value <= METRIC_LEVEL
        ),
    )


def compare_by_id(baseline: RunFolder, candidate: RunFolder) -> RunComparison:
    """What compare would say if it did not refuse: not the model has changed but pack or latency.

    The same scenes differ in one parameter, so their digests do; the variants are paired by id.
    """
    before, now = read_evidence(baseline), read_evidence(candidate)
    same = before.manifest.model_copy(update={"pack": now.manifest.pack})
    return compare_runs(
        replace(_named_by_id(before), manifest=same),
        _named_by_id(now),
        regression_of(now, None, None),
        describe_metric,
    )


def _named_by_id(run: RunEvidence) -> RunEvidence:
    variants = tuple(
        replace(variant, expected=replace(variant.expected, digest=variant.expected.id))
        for variant in run.evidence.variants
    )
    return replace(run, evidence=replace(run.evidence, variants=variants))


class Shipped:
    """Runs of the shipped model, made when they are first asked for.

    Args:
        folder: For everything that is made.
        hosts: Host processes.
    """

    def __init__(self, folder: Path, hosts: int) -> None:
        self._folder, self._hosts = folder, hosts
        self._runs: dict[int | None, RunFolder] = {}

    def run_of(self, variants: int | None) -> RunFolder:
        """The run of so many variants of each scenario, or of the whole pack."""
        if variants not in self._runs:
            self._runs[variants] = run([PACK], self._folder / str(variants), variants, self._hosts)
        return self._runs[variants]


def null_changes(baseline: RunFolder, folder: Path, variants: int | None) -> dict[str, list[str]]:
    """Name -> what differs from a run on two hosts; nothing must.

    Hosts: three. Order: the other way round. Rerun: the same again. Resume: half of the journal is taken away
    and made again.
    """
    found = {}
    for name, hosts in (("hosts", 3), ("rerun", 2)):
        found[name] = _differences(baseline, run([PACK], folder / name, variants, hosts))
    found["order"] = _another_order(baseline, folder / "order", variants)
    found["resume"] = _resumed(baseline, folder / "resume", variants)
    return found


def _another_order(baseline: RunFolder, folder: Path, variants: int | None) -> list[str]:
    """Runs the same variants the other way round, through the engine."""
    from simgate.harness.execution.engine import execute
    from simgate.harness.execution.planning.plan import plan_run
    from simgate.harness.expansion.expand import expand_pack
    from simgate.harness.gate.decide import write_verdict

    pack = load_checked(PACK)
    plan = plan_run(
        pack,
        variants=expand_pack(pack, variants)[::-1],
        runs_dir=folder,
        hosts=2,
        selection=baseline.manifest().selection,
    )
    execute(plan)
    write_verdict(plan.folder)
    return _differences(baseline, plan.folder)


def _resumed(baseline: RunFolder, folder: Path, variants: int | None) -> list[str]:
    again = run([PACK], folder, variants, 2)
    lines = again.journal_path.read_bytes().splitlines(keepends=True)
    again.journal_path.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:40])
    typed = simgate("run", "--resume", again.path, "--workers", 2, "--quiet", timeout=TIMEOUT_S)
    return _differences(baseline, again) + ([] if typed.code in (0, 1, 20) else [typed.err])


def _differences(before: RunFolder, now: RunFolder) -> list[str]:
    found = []
    old, new = digests(before), digests(now)
    found += [
        f"trace of {name}" for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)
    ]
    for key in ("decision", "rules", "scenarios"):
        if _without_latency(verdict_of(before)[key]) != _without_latency(verdict_of(now)[key]):
            found.append(key)
    return found


def _without_latency(value: Any) -> Any:
    """Measured latency is not the same twice; everything that is simulated is."""
    if isinstance(value, list):
        return [item for item in value if "measured" not in str(item.get("statement", ""))]
    return value


def table(found: list[Found]) -> str:
    """The results as a table in Markdown."""
    lines = [
        "| regression | injected as | passed | verdict alone | against the shipped | broken / fixed | p "
        "| worse beyond chance (q <= 0.01) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for item in found:
        star = " *" if item.refused else ""
        lines.append(
            f"| {item.name} | {item.how} | {item.passed} of {item.total} | {item.verdict} "
            f"| {item.compared}{star} | {item.broken} / {item.fixed} | {item.p_value:.2g} "
            f"| {', '.join(item.worse)} |"
        )
    return "\n".join(lines)


NULL_CHANGES = {
    "hosts": "three hosts instead of two",
    "rerun": "the same again",
    "order": "the variants the other way round",
    "resume": "half of the journal taken away, a torn line in its place, then `simgate run --resume`",
}


def scenarios() -> int:
    """How many the demo has."""
    return len(load_checked(PACK).scenarios)


def null_table(found: dict[str, list[str]], variants: int) -> str:
    """The changes that must change nothing, as a table in Markdown.

    Args:
        found: From :func:`null_changes`.
        variants: That were compared.
    """
    lines = [
        "| change that must change nothing | what it is | differs from a run on two hosts |",
        "|---|---|---|",
    ]
    for name, differs in found.items():
        seen = "; ".join(differs) or f"nothing: decision, rules and {variants} trace digests are the same"
        lines.append(f"| {name} | {NULL_CHANGES[name]} | {seen} |")
    return "\n".join(lines)


def in_words(folder: RunFolder) -> str:
    """For example ``INCONCLUSIVE, 72 of 72 passed``."""
    found = verdict_of(folder)
    passed = sum(item["passed"] for item in found["scenarios"])
    return f"{found['decision']}, {passed} of {len(folder.records())} passed"


def main() -> None:
    """Runs everything and prints the table."""
    parser = argparse.ArgumentParser(description="seeded regressions of the office_doors demo")
    parser.add_argument("--variants", type=int, default=8, help="of each scenario (default: 8)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", help="regressions whose name holds this")
    parser.add_argument("--no-null", action="store_true", help="without the changes that must change nothing")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shipped = Shipped(folder / "shipped", args.workers)
        print(f"shipped model: {in_words(shipped.run_of(args.variants))}", flush=True)
        found = []
        for regression in (*REGRESSIONS, *EACH_OUTPUT):
            if args.only and args.only not in regression.name:
                continue
            place = folder / regression.name.replace("/", "-")
            place.mkdir()
            shipped_run = shipped.run_of(args.variants)
            found.append(try_out(regression, shipped_run, place, args.variants, args.workers))
            print(f"{'caught' if found[-1].caught else 'MISSED'}: {found[-1]}", flush=True)
        print(table(found), flush=True)
        if not args.no_null:
            changes = null_changes(shipped.run_of(args.variants), folder / "null", args.variants)
            print(f"\n{null_table(changes, args.variants * scenarios())}", flush=True)


if __name__ == "__main__":
    main()
