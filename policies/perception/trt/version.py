"""Which TensorRT is installed."""

from __future__ import annotations


class NoTensorRt(Exception):  # noqa: N818 - the name says what happened
    """TensorRT, or a library that it needs, cannot be loaded; the message holds the loader's words."""


def installed_version() -> str:
    """The version of TensorRT, for example ``11.4.0.106``.

    Raises:
        NoTensorRt: It cannot be imported.
    """
    try:
        import tensorrt as trt
    except (ImportError, OSError) as error:
        raise NoTensorRt(f"TensorRT cannot be imported: {error}") from error
    return str(trt.__version__)
