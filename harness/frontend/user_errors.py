"""Turns what the rooms below raise for the user into a text without traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class UserError(Exception):
    """Something the user can mend; shown without traceback."""


def require_fetched(path: Path) -> None:
    """Refuses a file of which version control has left only a pointer.

    Raises:
        UserError: With the command that fetches it.
    """
    from simgate.sim_adapters.unfetched import unfetched

    lacking = unfetched(path)
    if lacking is not None:
        raise UserError(f"{path} {lacking.message}; {lacking.remedy}")


@contextmanager
def as_user_errors() -> Iterator[None]:
    """Lets errors that a user can mend end a command, or a session, with nothing but their text.

    Raises:
        UserError: In place of a problem with a pack, a model, a plugin's name, a run's folder or a host.
    """
    from simgate.harness.execution.counting_order import DependentVariants
    from simgate.harness.execution.host_pool import HostsCannotStart
    from simgate.harness.execution.interpreter import NoInterpreter
    from simgate.harness.execution.replay import CannotReplay
    from simgate.harness.execution.resume import CannotResume
    from simgate.harness.expansion.errors import ExpansionError
    from simgate.harness.gate.baseline_store import NoBaseline
    from simgate.harness.gate.comparability import NotComparable
    from simgate.harness.gate.decide import UndecidableRun
    from simgate.harness.packs.worlds import UnfitAdapter
    from simgate.harness.registry import UnknownPlugin, UnusablePlugins
    from simgate.harness.results.journal import JournalDamaged
    from simgate.harness.results.run_folder import NotARun
    from simgate.harness.sources.own_files import BadFiles
    from simgate.policies.documents.diagnostics import PackError
    from simgate.policies.perception.problems import PackageError

    try:
        yield
    except (
        BadFiles,
        CannotReplay,
        CannotResume,
        DependentVariants,
        ExpansionError,
        HostsCannotStart,
        JournalDamaged,
        NoBaseline,
        NoInterpreter,
        NotARun,
        NotComparable,
        PackError,
        PackageError,
        UndecidableRun,
        UnfitAdapter,
        UnknownPlugin,
        UnusablePlugins,
    ) as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"{error.filename or 'system'}: {error.strerror or error}") from error
