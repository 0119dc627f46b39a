"""What is judged, said so that another one says something else: program, package, parameters, versions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import pathlib
import shutil
import xml.etree.ElementTree
from collections.abc import Callable
from typing import Any

from .deadline import Deadline
from .fields import Failed

_OF_ROS2 = ("run", "launch")
_TYPES = (
    "bool_value", "integer_value", "double_value", "string_value", "byte_array_value", "bool_array_value",
    "integer_array_value", "double_array_value", "string_array_value",
)  # fmt: skip
"""Where a parameter's value stands, by its type from 1 on."""


def program_of(launch: list[str], folder: str) -> dict[str, str]:
    """The program that a command starts, and the ROS package if it is one's, by their content."""
    place = launch[0] if "/" not in launch[0] else str(pathlib.Path(folder, launch[0]))
    found = shutil.which(place)
    said = {"executable": _digest([pathlib.Path(found)]) if found else "unknown"}
    if pathlib.Path(launch[0]).name == "ros2" and len(launch) > 2 and launch[1] in _OF_ROS2:
        said |= {
            "package": f"{launch[2]} {version_of(launch[2])}",
            "package sha256": _digest(_files(launch[2])),
        }
    return said


def _files(package: str) -> list[pathlib.Path]:
    """All that an ament package has installed under its own name."""
    from ament_index_python.packages import PackageNotFoundError, get_package_prefix

    try:
        prefix = pathlib.Path(get_package_prefix(package))
    except (OSError, PackageNotFoundError, ValueError):
        return []
    own = ("lib", "share", "lib/python*/site-packages", "local/lib/python*/dist-packages")
    folders = [found for place in own for found in prefix.glob(f"{place}/{package}")]
    inside = [path for one in folders for path in one.rglob("*")]
    return sorted(path for path in inside if path.is_file() and "__pycache__" not in path.parts)


def _digest(files: list[pathlib.Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        name = path.name if len(files) == 1 else str(path.relative_to(files[0].anchor))
        whole.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest() if files else "unknown"


def version_of(package: str) -> str:
    """Version of a ROS package: of its package.xml, else of the distribution that pip has installed."""
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

    try:
        path = pathlib.Path(get_package_share_directory(package), "package.xml")
        return str(xml.etree.ElementTree.parse(path).getroot().findtext("version", "")).strip()
    except (OSError, PackageNotFoundError, xml.etree.ElementTree.ParseError):
        pass
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def parameters_of(bridge: Any, nodes: list[str], deadline: Callable[[], Deadline]) -> dict[str, str]:
    """The parameters of nodes by their full names, as they say them themselves."""
    from rcl_interfaces.srv import GetParameters, ListParameters

    said = {}
    for name in nodes:
        listed = _asked(bridge, ListParameters, f"{name}/list_parameters", deadline())
        if listed is None:
            continue  # It has no such services.
        names = sorted(listed.result.names)
        values = _asked(bridge, GetParameters, f"{name}/get_parameters", deadline(), names=names).values
        told = {one: _value(value) for one, value in zip(names, values, strict=True)}
        said[f"parameters of {name}"] = json.dumps(told, sort_keys=True)
    return said


def _value(value: Any) -> Any:
    if not 0 < value.type <= len(_TYPES):
        return None
    found = getattr(value, _TYPES[value.type - 1])
    if value.type == _TYPES.index("byte_array_value") + 1:
        return [one[0] for one in found]
    return found.tolist() if hasattr(found, "tolist") else found


def _asked(bridge: Any, kind: Any, service: str, deadline: Deadline, **given: Any) -> Any:
    """The answer of a service; None where there is none of that name."""
    if service not in [name for name, _ in bridge.node.get_service_names_and_types()]:
        return None
    client = bridge.node.create_client(kind, service)
    try:
        asked = None
        while asked is None or not asked.done():
            if asked is None and client.service_is_ready():
                asked = client.call_async(kind.Request(**given))
            if deadline.is_over:
                raise Failed(f"the service {service} did not answer within {deadline}")
            bridge.spin()
        return asked.result()
    finally:
        bridge.node.destroy_client(client)
