"""``simgate plan``: how long a pack takes on this machine, and what its gate can prove and see."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.cli.options.workers import add_workers
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from simgate.harness.cli.planning.gate_power import RulePower
    from simgate.harness.cli.planning.times import Measured
    from simgate.harness.cli.planning.worker_counts import OnWorkers
    from simgate.harness.frontend.scene_counts import SceneCount
    from simgate.harness.packs.model import Pack

    Planned = tuple[Pack, Mapping[str, SceneCount], Measured]

HELP = "say how many variants a pack has, how long it takes here, and what its gate can see"
PROBED = 2
"""Variants of each scenario that a probe runs."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "pack",
        type=Path,
        metavar="PACK",
        help="pack file, or folder with one pack; a run folder of `simgate import`",
    )
    add_workers(parser)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument(
        "--probe",
        nargs="?",
        type=int,
        const=PROBED,
        metavar="N",
        help=f"measure: run the first N variants of each scenario (default: {PROBED})",
    )
    parser.add_argument(
        "--start-up", type=float, metavar="S", help="seconds until a worker is ready (default: 15)"
    )
    parser.add_argument(
        "--price", type=float, metavar="X", help="of an hour of one worker: says what a verdict costs"
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="output (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the plan."""
    import json

    from simgate.harness.cli.planning.gate_power import gate_power
    from simgate.harness.cli.planning.worker_counts import START_UP_S, on_workers
    from simgate.harness.execution.hosts.host_environment import usable_cores
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    for option, value in (("--workers", args.workers), ("--probe", args.probe)):
        if value is not None and value < 1:
            raise UserError(f"{option} must be at least 1, not {value}")
    for option, value in (("--start-up", args.start_up), ("--price", args.price)):
        if value is not None and not 0.0 <= value < math.inf:
            raise UserError(f"{option} must be a number of 0 or more, not {value:g}")
    workers = args.workers or usable_cores()
    with as_user_errors():
        pack, scenes, measured = _imported(args) or _of_pack(args, workers)
    powers = gate_power(pack, measured.samples, scenes)
    start_up_s = START_UP_S if args.start_up is None else args.start_up
    machines = on_workers(pack, measured, workers, start_up_s, args.price)
    if args.format == "json":
        print(json.dumps(_data(pack, measured, workers, powers, machines, scenes), indent=2))
    else:
        print(_text(args.pack, pack, measured, workers, powers, machines, scenes))
    return 0


def _of_pack(args: argparse.Namespace, workers: int) -> Planned:
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.scene_counts import count_scenes
    from simgate.harness.frontend.trial import trial
    from simgate.harness.frontend.user_errors import UserError
    from simgate.policies.documents.diagnostics import render_all

    pack = load_checked(args.pack)
    hopeless = [found for found in trial(pack) if found.severity == "error"]
    if hopeless:
        raise UserError(render_all(hopeless))
    return pack, count_scenes(pack), _measured(args, pack, workers)


def _imported(args: argparse.Namespace) -> Planned | None:
    """What another tool has run; None for what is no run folder."""
    from simgate.harness.cli.planning.times import Measured
    from simgate.harness.frontend.scene_counts import scenes_of_run
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.gate.kept_pack import kept_pack
    from simgate.harness.results.run_folder import RunFolder

    folder = RunFolder(args.pack)
    if not folder.manifest_path.is_file():
        return None
    manifest = folder.manifest()
    if manifest.imported is None:
        raise UserError(f"{args.pack} is a run; give its pack: simgate plan {printable(manifest.pack_path)}")
    if args.probe is not None:
        raise UserError(f"--probe: simgate cannot run what {printable(manifest.imported.tool)} has run")
    return kept_pack(manifest), scenes_of_run(manifest), Measured()


def _measured(args: argparse.Namespace, pack: Pack, workers: int) -> Measured:
    import sys
    import tempfile

    from simgate.harness.cli.planning.times import past_runs, probe

    if args.probe is None:
        return past_runs(pack, args.runs_dir)
    total = sum(min(args.probe, scenario.variants.count) for scenario in pack.scenarios)
    print(f"running {total} variants to measure them ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="simgate-plan-") as folder:
        return probe(pack, args.probe, workers, Path(folder))


def _text(
    path: Path,
    pack: Pack,
    measured: Measured,
    workers: int,
    powers: list[RulePower],
    machines: list[OnWorkers],
    scenes: Mapping[str, SceneCount],
) -> str:
    from simgate.harness.cli.planning.times import minutes, variants_of
    from simgate.harness.frontend.scene_counts import scenes_in
    from simgate.harness.text import plural, table

    rows = []
    for scenario in pack.scenarios:
        number, seconds = variants_of(pack, scenario.id), measured.of(scenario.id)
        known = measured.seconds.get(scenario.id)
        each = "-" if seconds is None else f"{seconds:.2f}" + ("" if known else " ?")
        took = "-" if seconds is None else _duration(number * seconds / workers)
        shown = f"{scenes[scenario.id].number:,}"
        rows.append([scenario.id, scenario.severity, f"{number:,}", shown, each, took])
    total = minutes(pack, measured, workers)
    number = sum(variants_of(pack, scenario.id) for scenario in pack.scenarios)
    together = f"{scenes_in(scenes, scenes):,}"
    rows.append(
        [
            "all",
            "",
            f"{number:,}",
            together,
            "",
            _duration(60 * total) if total is not None else "-" if _is_imported(pack) else "must be measured",
        ]
    )
    head = ("scenario", "severity", "variants", "scenes", "s each", f"on {plural(workers, 'worker')}")
    parts = [table(head, rows, right=(2, 3, 4, 5)), _basis(path, pack, measured)]
    if machines:
        parts.append(_workers(machines))
    if not pack.gate:
        parts.append("gate: none, so that every run ends INCONCLUSIVE; add rules under `gate:`")
    parts += [_rule(number, power) for number, power in enumerate(powers, start=1)]
    tested = sum(rule.is_test for rule in pack.gate)
    if tested > 1:
        parts.append(
            f"NO-GO is planned at the level that Holm's procedure asks of one of {tested} rules while the "
            "others hold.\nAll of it is for a run of fixed size; --until-decided stops earlier."
        )
    return "\n\n".join(parts)


def _workers(machines: list[OnWorkers]) -> str:
    from simgate.harness.text import table

    priced = machines[0].cost is not None
    rows = [
        [f"{one.workers:,}", _duration(one.seconds), f"{100 * one.busy:.0f} %"]
        + ([] if one.cost is None else [f"{one.cost:,.2f}"])
        for one in machines
    ]
    head = ("workers", "with start-up and tail", "of it variants", *(["cost"] if priced else []))
    return table(head, rows, right=tuple(range(len(head))))


def _basis(path: Path, pack: Pack, measured: Measured) -> str:
    """Where the times come from."""
    import textwrap

    from simgate.harness.text import WIDTH, plural

    if _is_imported(pack):
        text = "times: another tool has run it, and only that can say"
    elif not measured.runs:
        away = (
            f" ({plural(measured.elsewhere, 'run')} of it were made on other machines and do not count)"
            if measured.elsewhere
            else ""
        )
        text = (
            f"times: this pack was never run on this machine{away}, so they must be measured: "
            f"simgate plan {path} --probe"
        )
    else:
        number = sum(map(len, measured.seconds.values()))
        source = "a probe" if measured.runs == ["probe"] else plural(len(measured.runs), "run")
        variants = plural(number, "variant")
        text = f"times: from {variants} of {source} on this machine, without start-up of workers"
        if measured.other_model:
            text += f"; {plural(measured.other_model, 'run')} had another model"
        if any(scenario.id not in measured.seconds for scenario in pack.scenarios):
            text += "; '?' marks scenarios that were never run, taken as the mean of the others"
    return textwrap.fill(text, WIDTH, subsequent_indent="       ", break_on_hyphens=False)


def _rule(number: int, power: RulePower) -> str:
    import textwrap

    from simgate.harness.cli.planning.gate_power import COMPARE
    from simgate.harness.text import WIDTH

    name = "" if power.statement.startswith(COMPARE) else f"gate {number}: "
    lines = [textwrap.fill(f"{name}{power.statement}", WIDTH, subsequent_indent="        ")]
    lines += [
        textwrap.fill(line, WIDTH, initial_indent="  - ", subsequent_indent="    ") for line in power.lines
    ]
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _is_imported(pack: Pack) -> bool:
    return any(scenario.imported for scenario in pack.scenarios)


def _data(
    pack: Pack,
    measured: Measured,
    workers: int,
    powers: list[RulePower],
    machines: list[OnWorkers],
    scenes: Mapping[str, SceneCount],
) -> dict[str, Any]:
    from dataclasses import asdict

    from simgate.harness.cli.planning.times import minutes, variants_of

    return {
        "pack": pack.name,
        "workers": workers,
        "scenarios": [
            {
                "scenario": s.id,
                "severity": s.severity,
                "variants": variants_of(pack, s.id),
                "scenes": scenes[s.id].number,
                "seconds_each": measured.of(s.id),
                "measured_variants": len(measured.seconds.get(s.id, [])),
            }
            for s in pack.scenarios
        ],
        "expected_minutes": minutes(pack, measured, workers),
        "on_workers": [asdict(one) for one in machines],
        "measured_from": measured.runs,
        "gate": [asdict(power) for power in powers],
    }
