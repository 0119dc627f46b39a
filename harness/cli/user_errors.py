"""Turns what the rooms below raise for the user into a text without traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def as_user_errors() -> Iterator[None]:
    """Lets errors that a user can mend end the command with their text and exit code 2.

    Raises:
        UserError: In place of a problem with a pack, a model, a plugin's name, a run's folder or a host.
    """
    from harness.cli.main import UserError
    from harness.execution.counting_order import DependentVariants
    from harness.execution.host_pool import HostsCannotStart
    from harness.execution.interpreter import NoInterpreter
    from harness.execution.replay import CannotReplay
    from harness.execution.resume import CannotResume
    from harness.expansion.errors import ExpansionError
    from harness.gate.baseline_store import NoBaseline
    from harness.gate.comparability import NotComparable
    from harness.gate.decide import UndecidableRun
    from harness.packs.diagnostics import PackError
    from harness.packs.worlds import UnfitAdapter
    from harness.registry import UnknownPlugin, UnusablePlugins
    from harness.results.journal import JournalDamaged
    from harness.results.run_folder import NotARun
    from policies.perception.problems import PackageError

    try:
        yield
    except (
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
