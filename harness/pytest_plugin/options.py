"""Command-line options and ini keys of the plugin, and what they come to for one session."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simgate.harness.execution.planning.record_mode import RECORD_CHOICES, RecordMode
from simgate.harness.frontend.baselines import accepted
from simgate.harness.frontend.options.cluster import EXECUTORS, cluster_asked, resources
from simgate.harness.frontend.options.renamed import Renamed
from simgate.harness.frontend.options.run_options import MOST_WORKERS, RunOptions, run_name
from simgate.harness.frontend.options.shares import shard
from simgate.harness.frontend.user_errors import UserError
from simgate.policies.perception.files.trust import TRUST_HELP, trust_all

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.options import ClusterOptions

VARIANTS_AS = ("items", "parts")
OLD_WORKERS_KEY = "simgate_hosts"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for, command line before ini file.

    Attributes:
        run: How packs are run.
        variants: At most so many sampled variants a scenario; None is all.
        gate: Whether the session ends with the verdict and its exit code.
        variants_as: ``items`` or ``parts``; None chooses by their number.
    """

    run: RunOptions
    variants: int | None
    gate: bool
    variants_as: str | None = None

    @classmethod
    def of(cls, config: pytest.Config) -> Settings:
        """Reads the settings of a session.

        Raises:
            pytest.UsageError: A number is not one, or is out of range.
        """
        if config.getini(OLD_WORKERS_KEY) is not None:
            raise pytest.UsageError(f"{OLD_WORKERS_KEY} has another name now: simgate_workers")
        if config.getoption("simgate_trust"):
            trust_all()
        workers = _setting(config, "workers")
        accept = config.getoption("simgate_accept_difference") or ()
        several = None if workers is None else _workers(workers)
        model, policy = _setting(config, "model"), _setting(config, "policy")
        run = RunOptions(
            runs_dir=config.invocation_params.dir / (_setting(config, "runs_dir") or "runs"),
            workers=several,
            adapter=_setting(config, "adapter"),
            model=None if model is None else _model(model, config.invocation_params.dir),
            policy=policy if policy is None or "=" in policy else config.invocation_params.dir / policy,
            runtime=_setting(config, "runtime"),
            record=_record_mode(config),
            baseline=config.getoption("simgate_baseline"),
            baseline_store=_setting(config, "baseline_store"),
            accept_difference=accept,
            until_decided=bool(config.getoption("simgate_until_decided")),
            retry_infrastructure=config.getoption("simgate_retry_infrastructure") or 0,
            run_name=config.getoption("simgate_run_name"),
            shard=config.getoption("simgate_shard"),
            balance_by=config.getoption("simgate_balance_by"),
            cluster=_cluster(config, several, accept),
        )
        gate = bool(config.getoption("simgate_gate"))
        return cls(run, config.getoption("simgate_variants"), gate, _variants_as(config))


@dataclass(frozen=True, slots=True)
class Option:
    """An option, under the word that `simgate run` has for it.

    Attributes:
        name: ``--sim-NAME`` is always ours; ``--NAME`` where nobody else has it.
        help: For ``--help``.
        metavar: What stands for its value; empty when it takes none.
        choices: Its values, when they are few.
        type: Turns its text into a value.
        ini: Whether ``simgate_NAME`` in the ini file gives a default.
    """

    name: str
    help: str
    metavar: str = ""
    choices: tuple[str, ...] | None = None
    type: Callable[[str], object] | None = None
    ini: bool = False

    @property
    def key(self) -> str:
        """Its key in pytest's namespace and in the ini file."""
        return f"simgate_{self.name.replace('-', '_')}"

    def add(self, group: pytest.OptionGroup, flag: str, text: str) -> None:
        """Adds it to the group under a flag, with a text for ``--help``."""
        kind: dict[str, Any] = {"action": "store_true"}
        if self.metavar:
            kind = {"metavar": self.metavar, "choices": self.choices, "type": self.type}
        group.addoption(flag, dest=self.key, help=text, **kind)


def add_options(parser: pytest.Parser) -> None:
    """Adds the option group ``simgate`` and its ini keys, under names that nothing else has."""
    for option in OPTIONS:
        option.add(_group(parser), f"--sim-{option.name}", option.help)
        if option.ini:
            parser.addini(option.key, f"Default for --sim-{option.name}.", default=None)
    parser.addini(OLD_WORKERS_KEY, "Has another name now: simgate_workers.", default=None)


def add_short_names(parser: pytest.Parser) -> None:
    """Adds ``--NAME`` for every option whose short name neither a plugin nor a conftest has taken.

    To be called when all of them have registered theirs: pytest refuses to start when two want one name,
    and teams' conftest files do have ``--model``, ``--record`` and ``--baseline``.
    """
    taken = _flags(parser)
    for option in OPTIONS:
        if f"--{option.name}" not in taken:
            option.add(_group(parser), f"--{option.name}", argparse.SUPPRESS)
    if "--hosts" not in taken:
        _group(parser).addoption("--hosts", action=Renamed, new="--workers, or --sim-workers")


def without_values(parser: pytest.Parser, args: Sequence[str]) -> list[str]:
    """The command line without what follows short names to come: no value is a path to look for tests in."""
    takes_value = {f"--{option.name}" for option in OPTIONS if option.metavar} - _flags(parser)
    return [arg for before, arg in zip(["", *args[:-1]], args, strict=True) if before not in takes_value]


def _flags(parser: pytest.Parser) -> set[str]:
    """What is registered so far."""
    groups = [*parser._groups, parser._anonymous]
    return {name for group in groups for option in group.options for name in option.names()}


def _group(parser: pytest.Parser) -> pytest.OptionGroup:
    return parser.getgroup("simgate", "simgate: scenario packs (--sim-X is also --X, where nothing else is)")


def _setting(config: pytest.Config, key: str) -> Any:
    given = config.getoption(f"simgate_{key}")
    return given if given is not None else (config.getini(f"simgate_{key}") or None)


def _cluster(config: pytest.Config, workers: int | None, accepted: tuple[str, ...]) -> ClusterOptions | None:
    executor, address = _setting(config, "executor"), _setting(config, "address")
    asked = config.getoption("simgate_worker_resources")
    if executor not in (None, *EXECUTORS):
        raise pytest.UsageError(f"simgate_executor must be one of {', '.join(EXECUTORS)}, not {executor!r}")
    if executor == "ray" and config.getoption("numprocesses", None):
        raise pytest.UsageError("-n gives each of its processes a worker here; leave it out with a cluster")
    try:
        return cluster_asked(executor, address, asked, workers, accepted)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None


def _model(reference: str, folder: Path) -> Path | str:
    """A path counts from where pytest was called; an address is kept for whoever fetches it.

    Of several models ``NAME=PATH``, with commas between them.
    """
    from simgate.policies.perception.package_source import is_remote

    if is_remote(reference):
        return reference
    named = re.split(r",(?=[\w.-]+=)", reference) if re.match(r"[\w.-]+=", reference) else []
    if not named or (folder / reference).exists():
        return folder / reference
    parts = [text.partition("=") for text in named]
    return ",".join(f"{name}={path if is_remote(path) else folder / path}" for name, _, path in parts)


def _record_mode(config: pytest.Config) -> RecordMode:
    asked = _setting(config, "record") or "failed"
    for choice in RECORD_CHOICES:
        if asked == choice:
            return choice
    raise pytest.UsageError(f"simgate_record must be one of {', '.join(RECORD_CHOICES)}, not {asked!r}")


def _variants_as(config: pytest.Config) -> str | None:
    asked = _setting(config, "variants_as")
    if asked not in (None, *VARIANTS_AS):
        raise pytest.UsageError(f"simgate_variants_as must be one of {', '.join(VARIANTS_AS)}, not {asked!r}")
    if asked == "parts" and config.getoption("simgate_shard") is not None:
        raise pytest.UsageError("--variants-as parts: a shard has some of every part; leave it out")
    return None if asked is None else str(asked)


def _whole_number(text: object, name: str, lowest: int) -> int:
    try:
        number = int(str(text))
    except ValueError:
        number = lowest - 1
    if number < lowest:
        raise pytest.UsageError(f"{name} must be a whole number of at least {lowest}, not {text!r}")
    return number


def _workers(text: object) -> int:
    number = _whole_number(text, "--workers", lowest=0)
    if number > MOST_WORKERS:
        raise pytest.UsageError(f"--workers must be at most {MOST_WORKERS:,}, not {text!r}")
    return number


def _retries(text: str) -> int:
    return _whole_number(text, "--retry-infrastructure", lowest=0)


def _positive(text: str) -> int:
    return _whole_number(text, "--variants", lowest=1)


OPTIONS = (
    Option(
        "workers",
        "worker processes; 0 runs in this one, for a debugger (with -n each has one)",
        "N",
        ini=True,
    ),
    Option("executor", "where workers run: here, or on a Ray cluster (local)", "WHERE", EXECUTORS, ini=True),
    Option(
        "address",
        "of the Ray cluster: auto, HOST:6379 (RAY_ADDRESS, else a new one here)",
        "A",
        ini=True,
    ),
    Option(
        "worker-resources", "what a worker takes of its node: gpu=0.5,isaac=1 (cpu=1)", "R", type=resources
    ),
    Option("runs-dir", "where run folders are made, from where pytest is called (runs)", "DIR", ini=True),
    Option(
        "retry-infrastructure",
        "try again up to N times what the machine has failed at (0)",
        "N",
        type=_retries,
    ),
    Option("run-name", "name of the run's folder (time, pack and chance)", "NAME", type=run_name),
    Option(
        "shard", "only part k of n of the variants; `simgate merge` puts the runs together", "K/N", type=shard
    ),
    Option(
        "balance-by",
        "run (or `latest`, or a baseline's name) by whose durations shards are made equal (the baseline)",
        "RUN",
    ),
    Option("adapter", "simulator in place of the pack's", "NAME", ini=True),
    Option(
        "model",
        "model package in place of the pack's: path, s3://, gs://, mlflow:, or NAME=PATH",
        "M",
        ini=True,
    ),
    Option(
        "policy",
        "another trained network than the pack's: its policy.yaml, or the folder; of a policy in code "
        "OPTION=VALUE, in place of one of its policy_options",
        "P",
        ini=True,
    ),
    Option(
        "runtime",
        "perception runtime, also with its device: onnxruntime, torch:cpu (auto: what the machine has)",
        "R",
        ini=True,
    ),
    Option("trust", TRUST_HELP),
    Option("variants", "at most N sampled variants of each scenario", "N", type=_positive),
    Option(
        "variants-as",
        "a test for each variant, or for each 100 in a row (parts, where a pack has more than 20000)",
        "WHAT",
        VARIANTS_AS,
        ini=True,
    ),
    Option(
        "baseline",
        "hold the run against an older one (its folder, or a baseline's name); needs a regression rule",
        "RUN",
    ),
    Option("baseline-store", "shared store of named baselines: folder, s3://, gs://", "URL", ini=True),
    Option(
        "accept-difference",
        "look past what differs from the baseline, by name: machine, driver, renderer, ...",
        "NAMES",
        type=accepted,
    ),
    Option(
        "until-decided",
        "stop as soon as a sequential test has decided; the pack's variants are the most that run",
    ),
    Option("gate", "end with the release verdict: exit code 0 GO, 1 NO-GO, 20 INCONCLUSIVE"),
    Option(
        "record", "which variants leave pictures and a recording (failed)", "WHICH", RECORD_CHOICES, ini=True
    ),
)
"""All of them."""
