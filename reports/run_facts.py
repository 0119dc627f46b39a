"""Facts beside the verdict: with what the run was made, where the time went, how slow perception was."""

from __future__ import annotations

import shlex

import numpy as np

from simgate.harness.packs.checks.check_policy import SERVER
from simgate.harness.results.parts import UNKNOWN, Part, code_parts
from simgate.harness.text import ordinal, plural
from simgate.reports.run_data import RunData
from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec
from simgate.sim_adapters.worlds.declared.log import LogSpec

Fact = tuple[str, str]


def environment(run: RunData) -> tuple[Fact, ...]:
    """Name and value of everything in the manifest's fingerprint that is known."""
    made, is_ours = run.manifest.fingerprint, run.manifest.imported is None
    commit = f"{made.git_commit}{' with uncommitted changes' if made.git_dirty else ''}"
    facts = [
        ("run", run.manifest.run_id),
        ("started", run.manifest.created_utc),
        ("command", shlex.join(run.manifest.command)),
        ("pack", f"{run.manifest.pack_name} ({run.manifest.pack_path})"),
        ("pack sha256", made.pack_sha256),
        ("model", made.model),
        ("model sha256", made.model_sha256),
        ("model made from", ", ".join(f"{name} {value}" for name, value in made.model_lineage.items())),
        ("runtime", ", ".join(sorted({r.runtime for r in run.records if r.runtime})) or made.runtime),
        ("policy", _policy(run)),
        ("code", "; ".join(_origin(part) for part in code_parts(made.parts or ())) or UNKNOWN * is_ours),
        ("simulator", f"{made.adapter} {made.adapter_version}".strip()),
        *_environments(run),
        *_logs(run),
        ("renderer", made.renderer),
        ("worlds in a batch", str(made.batch) * is_ours),
        ("machine", made.machine),
        ("GPUs", ", ".join(made.gpus) or "none" * is_ours),
        ("GPU driver", made.driver),
        ("differences accepted", ", ".join(run.manifest.accepted)),
        ("python", made.python),
        ("packages", ", ".join(f"{name} {version}" for name, version in sorted(made.packages.items()))),
        ("git commit", commit),
    ]
    return tuple((name, value) for name, value in facts if value)


def _environments(run: RunData) -> list[Fact]:
    """Environments with the releases of their own interpreter, which need not be those of the workers."""
    sites = {site.name: site for s in run.pack.scenarios if isinstance(site := s.native, EnvironmentSpec)}
    told = []
    for site in sites.values():
        where = f" in {site.python}" if site.python else ""
        releases = ", ".join(f"{name} {version}" for name, version in site.versions.items())
        told.append(f"{site.file}{where}: {releases}")
        told += [f"{site.file} {title}: {', '.join(lines)}" for title, lines in site.remarks.items() if lines]
    return [("environments", "; ".join(sorted(told)))]


def _logs(run: RunData) -> list[Fact]:
    """Field logs: nothing that the model says changes what it sees next, and readers must know that."""
    sites = {site.name: site for s in run.pack.scenarios if isinstance(site := s.native, LogSpec)}
    told = [f"{log.file}, {log.duration_s:.1f} s, {log.images}" for log in sites.values()]
    return [("field logs, replayed open loop", "; ".join(sorted(told)))]


def _policy(run: RunData) -> str:
    """A policy by name; of one that is elsewhere what it says of itself, and where it is."""
    made, options = run.manifest.fingerprint, run.pack.policy_options
    said = next((p.said for p in made.parts or () if p.role == "policy"), {})
    told = "; ".join(f"{name} {text}" for name, text in said.items())
    where = f" at {options['server']}" if "server" in options else ""
    if made.policy == "interpreter":
        where = f" {options['python']} with {options['file']}"
    return f"{made.policy}{where}, which says of itself: {told}" if said else made.policy


def _origin(part: Part) -> str:
    """A part of the run's code by name, distribution, and the hash of its content."""
    release = f" ({part.distribution} {part.version})" if part.distribution else ""
    return f"{part.label}{release} sha256 {part.sha256[:12]}"


def costs(run: RunData) -> tuple[Fact, ...]:
    """Simulated and wall-clock time, by phase, and latency percentiles."""
    if not run.records or run.manifest.imported is not None:
        return ()
    survey = run.survey
    wall, simulated = survey.wall_s, survey.sim_s
    facts = [
        ("host time", f"{_duration(wall)} in all, {wall / len(run.records):.2f} s a variant"),
        (
            "simulated time",
            f"{_duration(simulated)}" + (f", {simulated / wall:.1f} times real time" if wall else ""),
        ),
    ]
    if total := sum(survey.phases_s.values()):
        spent = sorted(survey.phases_s.items(), key=lambda item: -item[1])
        shares = ", ".join(f"{name} {100 * seconds / total:.0f} %" for name, seconds in spent)
        facts.append(("by phase", shares))
    of = f" of every {ordinal(survey.every)} variant" if survey.every > 1 else ""
    # A policy behind a server answers with chunks of actions; beside models the latency is that of theirs.
    what = "chunk" if run.pack.policy == SERVER and not run.pack.packages else "frame"
    # Percentiles over several models would be of none of them.
    several = {f" of {name}": both for name, both in survey.of_models_ms.items()}
    for model, (in_loop, measured) in (several or {"": (survey.in_loop_ms, survey.measured_ms)}).items():
        for where, samples in (("in the loop", in_loop), ("measured here", measured)):
            if samples:
                p50, p95 = np.percentile(samples, [50, 95])
                text = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, largest {max(samples):.1f} ms"
                facts.append((f"latency{model} {where}", f"{text} ({plural(len(samples), what)}{of})"))
    retried = sum(record.attempts > 1 for record in run.records)
    if retried:
        facts.append(("begun more than once", plural(retried, "variant")))
    return tuple(facts)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
