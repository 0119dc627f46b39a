"""Command-line options and ini keys of the plugin, and what they come to for one session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

RecordMode = Literal["failed", "all"]
INI_HELP = "Default for {}."


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for, command line before ini file.

    Attributes:
        hosts: Simulator processes; None is one a core, 0 runs in this process.
        runs_dir: Folder in which run folders are made.
        adapter: Simulator in place of the pack's; None keeps it.
        model: Model package in place of the pack's, a path or an address; None keeps it.
        runtime: Perception runtime, also with its device; None takes what the machine has.
        variants: At most so many sampled variants a scenario; None is all.
        gate: Whether the session ends with the verdict and its exit code.
        record: Which variants leave pictures and a recording.
    """

    hosts: int | None
    runs_dir: Path
    adapter: str | None
    model: Path | str | None
    runtime: str | None
    variants: int | None
    gate: bool
    record: RecordMode

    @classmethod
    def of(cls, config: pytest.Config) -> Settings:
        """Reads the settings of a session.

        Raises:
            pytest.UsageError: A number is not one, or is out of range.
        """
        hosts = _setting(config, "hosts")
        model = _setting(config, "model")
        runs_dir = Path(_setting(config, "runs_dir") or "runs")
        return cls(
            hosts=None if hosts is None else _whole_number(hosts, "--hosts", lowest=0),
            runs_dir=config.invocation_params.dir / runs_dir,
            adapter=_setting(config, "adapter"),
            model=None if model is None else _model(model, config.invocation_params.dir),
            runtime=_setting(config, "runtime"),
            variants=config.getoption("simgate_variants"),
            gate=bool(config.getoption("simgate_gate")),
            record=_record_mode(config),
        )


def add_options(parser: pytest.Parser) -> None:
    """Adds the option group ``simgate`` and its ini keys."""
    group = parser.getgroup("simgate", "simgate: scenario packs")
    option = group.addoption
    option(
        "--hosts",
        dest="simgate_hosts",
        metavar="N",
        help="run N simulator processes; 0 runs in this one, for a debugger (with -n each worker has one)",
    )
    option("--runs-dir", dest="simgate_runs_dir", metavar="DIR", help="where run folders are made (runs)")
    option("--sim-adapter", dest="simgate_adapter", metavar="NAME", help="simulator in place of the pack's")
    option(
        "--model",
        dest="simgate_model",
        metavar="M",
        help="model package in place of the pack's: path, s3://, gs://, mlflow:",
    )
    option(
        "--sim-runtime",
        dest="simgate_runtime",
        metavar="R",
        help="perception runtime, also with its device: onnxruntime, torch:cpu (auto: what the machine has)",
    )
    option(
        "--variants",
        dest="simgate_variants",
        metavar="N",
        type=_positive,
        help="at most N sampled variants of each scenario",
    )
    option(
        "--gate",
        dest="simgate_gate",
        action="store_true",
        help="end with the release verdict: exit code 0 GO, 1 NO-GO, 20 INCONCLUSIVE",
    )
    option(
        "--record",
        dest="simgate_record",
        choices=RECORD_CHOICES,
        help="which variants leave pictures and a recording (failed)",
    )
    for key, flag in (
        ("hosts", "--hosts"),
        ("runs_dir", "--runs-dir, relative to where pytest is called"),
        ("adapter", "--sim-adapter"),
        ("model", "--model"),
        ("runtime", "--sim-runtime"),
        ("record", "--record"),
    ):
        parser.addini(f"simgate_{key}", INI_HELP.format(flag), default=None)


RECORD_CHOICES: tuple[RecordMode, ...] = ("failed", "all")


def _setting(config: pytest.Config, key: str) -> Any:
    given = config.getoption(f"simgate_{key}")
    return given if given is not None else (config.getini(f"simgate_{key}") or None)


def _model(reference: str, folder: Path) -> Path | str:
    """A path counts from where pytest was called; an address is kept for whoever fetches it."""
    from simgate.policies.perception.package_source import is_remote

    return reference if is_remote(reference) else folder / reference


def _record_mode(config: pytest.Config) -> RecordMode:
    asked = _setting(config, "record") or "failed"
    for choice in RECORD_CHOICES:
        if asked == choice:
            return choice
    raise pytest.UsageError(f"simgate_record must be one of {', '.join(RECORD_CHOICES)}, not {asked!r}")


def _whole_number(text: object, name: str, lowest: int) -> int:
    try:
        number = int(str(text))
    except ValueError:
        number = lowest - 1
    if number < lowest:
        raise pytest.UsageError(f"{name} must be a whole number of at least {lowest}, not {text!r}")
    return number


def _positive(text: str) -> int:
    return _whole_number(text, "--variants", lowest=1)
