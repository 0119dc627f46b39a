"""Files of weights that can run code as they are loaded: only of a model that somebody answers for.

Neither of torch's formats can be loaded safely. ``torch.export.load`` unpickles (its own ``weights_only``
falls back to everything), hands texts of the file to SymPy, which evaluates them, and finds functions by any
dotted name below ``torch``; a TorchScript file is a program. A version-compatible TensorRT plan brings a
library of its own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from simgate.policies.perception.files.package_files import cache_folder, sha256_of
from simgate.sim_adapters.files.code_file import BadReference
from simgate.sim_adapters.files.plain_file import absolute

if TYPE_CHECKING:
    from simgate.policies.perception.files.package_files import Artifact
    from simgate.policies.perception.problems import PackageError

VARIABLE = "SIMGATE_TRUST"
"""Environment variable: ``all``, or the SHA-256 of the files that may run code, with commas or spaces."""
ALL = "all"
TRUST_HELP = "load torch files and version-compatible TensorRT plans, which can run any code"
RUNS_CODE = frozenset({"torch"})
"""Kinds of files whose loading runs what is in them."""


def trust_all() -> None:
    """Trusts every model that this process and its children load from now on."""
    os.environ[VARIABLE] = ALL


class Declaration(Protocol):
    """What names a file of weights: a model package, or a policy's declaration."""

    def unusable(
        self, code: str, message: str, hint: str = "", artifact: Artifact | None = None
    ) -> PackageError:
        """The error of a file that is as declared but cannot be used here, at its place."""
        ...


def require_trust(package: Declaration, artifact: Artifact, why: str = "") -> None:
    """Passes a file that may run code.

    Args:
        package: What names it.
        artifact: One of its files, of a kind that runs code.
        why: What in the file runs; empty for the kind's own reason.

    Raises:
        PackageError: Nobody has said that it may.
    """
    if _is_trusted([artifact.sha256]):
        return
    why = why or f"a {artifact.kind} file is a program"
    message = f"'{artifact.path.name}' is not loaded: {why}, and can do all that you can do on this machine"
    hint = (
        "if you made it, or trust who did: --trust, or "
        f"{VARIABLE}={artifact.sha256} in the environment; an ONNX file needs no trust"
    )
    raise package.unusable("untrusted-model", message, hint, artifact)


def require_trusted_code(files: Sequence[Path]) -> None:
    """Passes the code of a decoder; that of a package which was fetched only when somebody answers for it.

    Args:
        files: All of them. Those of a package on this machine are as the files that a pack names.

    Raises:
        BadReference: Nobody has said that they may run.
    """
    fetched = [path for path in files if path.is_relative_to(absolute(cache_folder()))]
    hashes = [sha256_of(path) for path in fetched]
    if not _is_trusted(hashes):
        raise BadReference(
            f"{fetched[0].name} is not run: the package was fetched, and its code can do all that you can do "
            "on this machine",
            f"if you trust who made it: --trust, or {VARIABLE}={','.join(hashes)} in the environment",
        )


def _is_trusted(hashes: Sequence[str]) -> bool:
    """Whether somebody answers for every one of these files."""
    given = os.environ.get(VARIABLE, "").lower().replace(",", " ").split()
    return ALL in given or all(sha256 in given for sha256 in hashes)
