"""The pytest plugin of simgate: hooks only. A session without packs is left as it is."""

from __future__ import annotations

from collections.abc import Generator
from copy import copy
from pathlib import Path

import pytest

from simgate.harness.frontend.terminal.streams import open_closed_streams
from simgate.harness.pytest_plugin.case import VariantCase
from simgate.harness.pytest_plugin.collection import PackFile, is_pack
from simgate.harness.pytest_plugin.markers import register_severities
from simgate.harness.pytest_plugin.options import Settings, add_options, add_short_names, without_values
from simgate.harness.pytest_plugin.outcomes import finish_report
from simgate.harness.pytest_plugin.runs import Runs
from simgate.harness.pytest_plugin.sources import SOURCE
from simgate.harness.pytest_plugin.xdist.worker_input import WORKER_INPUT, WorkerInput


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Adds the short names of the options when every plugin and conftest has registered its own."""
    # Before pytest's own capture looks at them.
    open_closed_streams()
    known = parser.parse_known_args(without_values(parser, args), copy(early_config.option))
    early_config.known_args_namespace.file_or_dir = known.file_or_dir
    yield
    add_short_names(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Registers what this process needs: plain pytest, controller or worker of xdist.

    Raises:
        pytest.UsageError: A setting is wrong, or does not go with another.
    """
    settings = Settings.of(config)
    register_severities(config)
    told = getattr(config, "workerinput", None)
    if told is not None:
        # A controller without this plugin has nothing to say, and distributes ordinary tests only.
        if WORKER_INPUT in told:
            _configure_worker(config, told[WORKER_INPUT])
        return
    from simgate.harness.pytest_plugin.session_end import SessionEnd

    runs = Runs()
    if _hands_out_work(config):
        if settings.run.until_decided:
            raise pytest.UsageError(
                "--until-decided wants one process that sees every result: leave out -n, and say with "
                "--workers how many simulators run"
            )
        from simgate.harness.pytest_plugin.xdist.controller import Controller

        config.pluginmanager.register(Controller(config, runs), "simgate-controller")
    else:
        from simgate.harness.pytest_plugin.single_process import SingleProcess

        config.stash[SOURCE] = runs
        config.pluginmanager.register(SingleProcess(runs), "simgate-single-process")
    config.pluginmanager.register(SessionEnd(config, runs), "simgate-session-end")


def _configure_worker(config: pytest.Config, told: WorkerInput) -> None:
    from simgate.harness.pytest_plugin.xdist.worker import Worker

    worker = Worker(told)
    config.stash[SOURCE] = worker
    config.pluginmanager.register(worker, "simgate-worker")


def _hands_out_work(config: pytest.Config) -> bool:
    distributed = config.getoption("dist", "no") != "no" and bool(config.getoption("tx", None))
    return distributed and not config.option.collectonly and not config.option.setuponly


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PackFile | None:
    """A YAML file with the top-level key ``simgate`` is a pack."""
    if not is_pack(file_path):
        return None
    inside = file_path.is_relative_to(parent.config.rootpath)
    # Outside of it pytest would give an empty id, the same to every pack.
    return PackFile.from_parent(parent, path=file_path, nodeid=None if inside else file_path.as_posix())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the variants of other shards out; ordinary tests are nobody's share."""
    if Settings.of(config).run.shard is None:
        return
    from simgate.harness.pytest_plugin.planning import of_this_shard

    packs = {item.path: item.pack for item in items if isinstance(item, VariantCase)}
    mine = {path: of_this_shard(config, pack) or frozenset() for path, pack in packs.items()}
    others = [i for i in items if isinstance(i, VariantCase) and i.variant_id not in mine[i.path]]
    if others:
        config.hook.pytest_deselected(items=others)
        left_out = set(map(id, others))
        items[:] = [item for item in items if id(item) not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Gives the reports of variants their text and their own duration."""
    report = yield
    if isinstance(item, VariantCase):
        finish_report(item, call, report)
    return report
