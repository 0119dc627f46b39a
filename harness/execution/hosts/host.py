"""The host process: ``python -m simgate.harness.execution.hosts.host --fd N`` (or ``--connect PATH``).

Holds one simulator, one policy and one model, and runs what its parent sends. It dies with its parent:
by the kernel's hand (PR_SET_PDEATHSIG), by the first heartbeat that finds no reader, or when the next
message is the end of the stream. What it needs for that is there before the seconds of imports begin.
"""

from __future__ import annotations

import argparse
import ctypes
import signal
import socket
import sys

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Runs the host until its parent ends it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="simgate.harness.execution.hosts.host", allow_abbrev=False)
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--fd", type=int, help="inherited descriptor of a connected stream socket")
    way.add_argument("--connect", help="path of a unix socket on which the parent listens")
    arguments = parser.parse_args()
    if arguments.fd is not None:
        connection = socket.socket(fileno=arguments.fd)
    else:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(arguments.connect)
    if not _dies_with_parent(connection):
        return 1
    from simgate.harness.execution.hosts.serving import serve_connection

    return serve_connection(connection)


def _dies_with_parent(connection: socket.socket) -> bool:
    """Asks the kernel for SIGKILL when the parent ends (Linux only; elsewhere the heartbeat serves).

    Returns:
        Whether the parent was still there: one that ended before it was asked for has closed its socket.
        Its process id would not tell, for between it and the host may be a script that starts Python.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.setblocking(True)


if __name__ == "__main__":
    sys.exit(main())
