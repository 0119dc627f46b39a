"""The sidecar of a plan: what it was built from, with what and for what.

TensorRT's file has no header that can be asked, so ``<plan>.json`` is written by ``simgate build-engine`` and
compared with package and machine before anything is deserialized.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError

from simgate.policies.perception.decoder_spec import Strict
from simgate.policies.perception.files.package_files import sha256_of, sidecar_path
from simgate.policies.perception.package import Artifact, ModelPackage

_SCHEMA_VERSION = 1


class ProfileShape(Strict):
    """Shapes of one input under an optimization profile, with the batch."""

    min: tuple[int, ...]
    opt: tuple[int, ...]
    max: tuple[int, ...]


class EngineTensor(Strict):
    """An input or output of the engine, as the engine itself reports it."""

    name: str
    mode: str
    """``input`` or ``output``."""
    dtype: str
    """TensorRT's name: FLOAT, HALF, ..."""
    shape: tuple[int, ...]
    """-1 is dynamic."""


class EngineMismatch(Exception):  # noqa: N818 - the name says what happened
    """A plan is not what this package or this machine needs; the message names both sides."""


def _known_version(found: object) -> object:
    if isinstance(found, int) and found > _SCHEMA_VERSION:
        raise EngineMismatch(
            f"the plan's sidecar is of schema version {found}, and this simgate reads version "
            f"{_SCHEMA_VERSION}: upgrade simgate, or build the engine again with `simgate build-engine`"
        )
    return found


class Sidecar(Strict):
    """Content of ``<plan>.json``."""

    schema_version: Annotated[int, BeforeValidator(_known_version)] = 1
    plan_sha256: str
    onnx_sha256: str
    """Of the package's ONNX file that the plan is of, with its external data."""
    built_from_sha256: str = ""
    """Of what TensorRT was given: the same file, or it in another precision."""
    tensorrt: str
    """Version that built the plan."""
    gpu: str
    compute_capability: str
    """For example ``8.9``."""
    precision: str
    """What was asked for: ``fp32``, ``fp16`` or ``int8``."""
    layer_types: dict[str, int] = Field(default_factory=dict)
    """What the engine inspector says: tensor type -> layers that write it."""
    tensors: tuple[EngineTensor, ...]
    profiles: tuple[dict[str, ProfileShape], ...]
    builder_flags: tuple[str, ...] = ()
    version_compatible: bool = False
    built_utc: str = ""


def read_sidecar(plan: Path) -> Sidecar:
    """Reads the sidecar of a plan.

    Raises:
        EngineMismatch: There is none, it cannot be read, or it is of a newer version.
    """
    path = sidecar_path(plan)
    try:
        return Sidecar.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise EngineMismatch(
            f"'{plan.name}' has no sidecar '{path.name}', so nobody can say what it was built for"
        ) from None
    except OSError as error:
        raise EngineMismatch(f"'{path.name}' cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        what = ".".join(map(str, first["loc"])) or "it"
        raise EngineMismatch(
            f"'{path.name}' cannot be read: {what}: {first['msg']}; write it again with simgate build-engine"
        ) from None


def file_differences(sidecar: Sidecar, package: ModelPackage, artifact: Artifact) -> list[str]:
    """What the sidecar says otherwise than the files of the package; needs no GPU."""
    found = []
    actual = sha256_of(artifact.path)
    if sidecar.plan_sha256 != actual:
        found.append(
            f"the sidecar is of a plan {sidecar.plan_sha256[:12]}, the file is {actual[:12]} "
            "(copy both from where they were built)"
        )
    onnx = [other.digest for other in package.artifacts if other.kind == "onnx"]
    if onnx and sidecar.onnx_sha256 not in onnx:
        found.append(
            f"the plan was built from ONNX {sidecar.onnx_sha256[:12]}, the package holds {onnx[0][:12]}"
        )
    return found


def machine_differences(sidecar: Sidecar, *, tensorrt: str, gpu: str, compute_capability: str) -> list[str]:
    """What the sidecar says otherwise than this machine.

    A version-compatible plan runs with the version that built it and later ones; any other
    needs the very version. Every plan needs its GPU.
    """
    found = []
    if sidecar.gpu != gpu:
        found.append(f"the plan was built for {sidecar.gpu}, this is {gpu}")
    elif sidecar.compute_capability != compute_capability:
        found.append(
            f"the plan was built for compute capability {sidecar.compute_capability}, "
            f"this is {compute_capability}"
        )
    return [*found, *version_differences(sidecar, tensorrt)]


def version_differences(sidecar: Sidecar, tensorrt: str) -> list[str]:
    """What the plan's version of TensorRT rules out, of this version."""
    built, here = _numbers(sidecar.tensorrt), _numbers(tensorrt)
    if sidecar.version_compatible:
        if here < built:
            return [f"the plan was built with TensorRT {sidecar.tensorrt}, this older one is {tensorrt}"]
    elif here != built:
        return [f"the plan was built with TensorRT {sidecar.tensorrt}, this is {tensorrt}"]
    return []


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
