"""The version that every file of a run carries, and what is said of one from a newer simgate.

A version is raised with each released change that an older simgate could not read; a new key is one, for
unknown keys are refused. A file without a version is of version 1.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from pydantic import BeforeValidator


class NewerSchema(Exception):  # noqa: N818 - the name says what happened
    """Something was written by a newer simgate; the message continues a sentence that names it.

    Not a ``ValueError``: it must not be taken for damage, of which a validator's error tells.

    Args:
        found: Its version.
        newest: Newest version that is read here.
    """

    def __init__(self, found: int, newest: int) -> None:
        known = "version 1" if newest == 1 else f"versions 1 to {newest}"
        super().__init__(
            f"is of schema version {found}, and this simgate ({_own_version()}) reads {known}: "
            "upgrade simgate, or use the version that wrote it"
        )


def reads(newest: int) -> BeforeValidator:
    """Validator of a ``schema_version`` field, which must be the first of its model.

    Args:
        newest: Newest version that is read.
    """

    def check(found: object) -> object:
        require_known(found, newest)
        return found

    return BeforeValidator(check)


def require_known(found: object, newest: int) -> None:
    """Refuses a version that is not known.

    Raises:
        NewerSchema: It is a newer one.
        ValueError: It is no version.
    """
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise ValueError(f"a schema version is a whole number from 1, not {found!r}")
    if found > newest:
        raise NewerSchema(found, newest)


def _own_version() -> str:
    try:
        return version("simgate")
    except PackageNotFoundError:
        return "not installed"
