"""Turns what the rooms below raise for the user into a text without traceback."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgate.harness.exit_codes import ExitCode
from simgate.sim_adapters.printable import printable


class UserError(Exception):
    """Something the user can mend; shown without traceback."""

    exit_code = ExitCode.USAGE


class MachineError(UserError):
    """The machine cannot do what was asked; nothing is wrong with the input."""

    exit_code = ExitCode.INFRASTRUCTURE


def require_fetched(path: Path) -> None:
    """Refuses a file of which version control has left only a pointer.

    Raises:
        UserError: With the command that fetches it.
    """
    from simgate.sim_adapters.files.unfetched import unfetched

    lacking = unfetched(path)
    if lacking is not None:
        raise UserError(f"{path} {lacking.message}; {lacking.remedy}")


@contextmanager
def as_user_errors() -> Iterator[None]:
    """Lets errors that a user can mend end a command, or a session, with nothing but their text.

    Raises:
        UserError: In place of a problem with a pack, a model, a plugin's name or a run's folder.
        MachineError: In place of one with a host, the memory or the disk.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except Exception as error:
        as_shown = _as_shown(error)
        if as_shown is None:
            raise
        raise as_shown from (error if isinstance(error, OSError) else None)


def _as_shown(error: Exception) -> UserError | None:
    """What a user is told of an error; None for one that no user can mend."""
    # Only now: these modules take longer to load than many a command runs.
    from simgate.harness.execution.cluster.options import NoCluster
    from simgate.harness.execution.hosts.interpreter import NoInterpreter
    from simgate.harness.execution.hosts.pool.host_pool import HostsCannotStart
    from simgate.harness.execution.planning.counting_order import DependentVariants
    from simgate.harness.execution.planning.replay import CannotReplay
    from simgate.harness.execution.planning.resume import CannotResume
    from simgate.harness.execution.raised import CannotPlay
    from simgate.harness.expansion.errors import ExpansionError
    from simgate.harness.gate.comparing.baseline_store import NoBaseline
    from simgate.harness.gate.comparing.comparability import NotComparable
    from simgate.harness.gate.decide import UndecidableRun
    from simgate.harness.importing.episode import CannotImport
    from simgate.harness.merging.sources import CannotMerge
    from simgate.harness.object_store import StoreFailed
    from simgate.harness.packs.worlds import UnfitAdapter
    from simgate.harness.registry import UnknownPlugin, UnusablePlugins
    from simgate.harness.results.file_lock import InUse
    from simgate.harness.results.journal import JournalDamaged
    from simgate.harness.results.run_folder import NotARun
    from simgate.harness.sources.own_files import BadFiles, NotSaid
    from simgate.policies.documents.diagnostics import PackError
    from simgate.policies.perception.problems import PackageError
    from simgate.sim_adapters.files.code_file import BadReference

    several_lines = (
        CannotMerge,
        CannotReplay,
        ExpansionError,
        NoBaseline,
        NotComparable,
        PackError,
        PackageError,
        UndecidableRun,
    )
    in_one = (
        BadFiles,
        BadReference,
        CannotImport,
        CannotPlay,
        CannotResume,
        DependentVariants,
        InUse,
        JournalDamaged,
        NoInterpreter,
        NotARun,
        UnfitAdapter,
        UnknownPlugin,
        UnusablePlugins,
    )
    if isinstance(error, several_lines):
        return UserError(str(error))
    if isinstance(error, in_one):
        return UserError(printable(error))
    if isinstance(error, NotSaid | HostsCannotStart | NoCluster | StoreFailed):
        return MachineError(printable(error) if isinstance(error, NotSaid) else str(error))
    return _of_the_system(error) if isinstance(error, OSError) else None


def _of_the_system(error: OSError) -> UserError:
    from simgate.harness.execution.hosts.machine_errors import is_of_the_machine

    if isinstance(error, FileNotFoundError) and error.filename is None:
        # Nothing but os.getcwd() names no file.
        return UserError("the current folder has been deleted; change to one that is there")
    kind = MachineError if is_of_the_machine(error) else UserError
    return kind(f"{_file_of(error)}: {error.strerror or error}")


def _file_of(error: OSError) -> str:
    """The file that an error is about; of a copy that finds no room it is the one that was written."""
    no_room = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return str((no_room and error.filename2) or error.filename or "system")
