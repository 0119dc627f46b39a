"""A model package's text against what a package may say; every problem at its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError, create_model

from simgate.policies.documents.diagnostics import Diagnostic, near, of_length
from simgate.policies.documents.nodes import Node, ScalarNode, shortened
from simgate.policies.perception.decoder_spec import DECODERS, DecoderSpec, UnreadSpec
from simgate.policies.perception.decoding.kinds import decoder_kinds, find_decoder
from simgate.policies.perception.model_yaml.spec import SOURCES, ArtifactSpec, ModelSpec
from simgate.policies.perception.model_yaml.text import PackageText
from simgate.sim_adapters.files.code_file import BadReference, is_reference
from simgate.sim_adapters.files.yaml_scalars import resolve

_Location = tuple[str | int, ...]
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
"""Type of pydantic's error -> what must stand there."""
_SHOULD = re.compile(r"^\w+ should ")


def read_spec(text: PackageText, run_code: bool = True) -> tuple[ModelSpec | None, list[Diagnostic]]:
    """The content of a package, or everything that is wrong with it; see :func:`load_package`."""
    data = text.data
    if not isinstance(data, dict):
        message = "a model package must be a mapping with name, version, classes, input, decoder, ..."
        return None, [text.problem((), "model-package-value", message)]
    if not run_code and is_reference(_kind_of(data)):
        return _read(text, UnreadSpec)
    try:
        spec = _decoder_of(data, text.path.parent)
    except BadReference as error:
        message = f"decoder: {error.problem}"
        unusable = text.problem(("decoder", "kind"), "model-package-value", message, error.remedy)
        others = _read(text, None, leave_out=("decoder", "classes"))[1]  # What they must be, it would say.
        return None, [unusable, *others]
    return _read(text, spec)


def _read(
    text: PackageText, spec: type[DecoderSpec] | None, leave_out: tuple[str, ...] = ()
) -> tuple[ModelSpec | None, list[Diagnostic]]:
    """The content by what its decoder may say; of some keys problems are not told."""
    try:
        filled = json.dumps(_with_classes(text.data, spec))
        return _model_of(spec).model_validate_json(filled, strict=True), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
        found = [dict(one) for one in errors if not (one["loc"] and one["loc"][0] in leave_out)]
        return None, _problems(text, found)


def _decoder_of(data: dict[str, Any], folder: Path) -> type[DecoderSpec] | None:
    """What the declared kind of decoder may say; None for a kind that there is not."""
    found = find_decoder(_kind_of(data), folder)
    return None if found is None else found.spec


def _kind_of(data: Any) -> str:
    """The declared kind of decoder; empty where none can be read."""
    decoder = data.get("decoder") if isinstance(data, dict) else None
    kind = decoder.get("kind") if isinstance(decoder, dict) else None
    return kind if isinstance(kind, str) else ""


def _model_of(spec: type[DecoderSpec] | None) -> type[ModelSpec]:
    """The content of a package, with a plugin's decoder where one is declared."""
    if spec is None or spec in DECODERS.values():
        return ModelSpec
    return create_model(ModelSpec.__name__, __base__=ModelSpec, decoder=(spec, ...))


def _with_classes(data: dict[str, Any], spec: type[DecoderSpec] | None) -> dict[str, Any]:
    """The data; where a decoder speaks of no classes and none are named, its outputs stand for them."""
    if spec is None or spec.needs_classes or "classes" in data:
        return data
    return {**data, "classes": [str(data["decoder"]["kind"]).rpartition(":")[2]]}


def sound_artifacts(text: PackageText) -> dict[int, ArtifactSpec]:
    """The artifacts that can be looked at although something else is wrong, by their place in the list."""
    data = text.data
    entries = data.get("artifacts") if isinstance(data, dict) else None
    found = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        try:
            found[index] = ArtifactSpec.model_validate_json(json.dumps(entry), strict=True)
        except ValidationError:
            continue
    return found


def _problems(text: PackageText, errors: list[dict[str, Any]]) -> list[Diagnostic]:
    """One problem for each place and code: a value that may be one of two things is wrong once."""
    found: dict[tuple[int, int, str, str], Diagnostic] = {}
    for error in errors:
        problem = _problem(text, error)
        about = problem.message if problem.code == "model-package-key" else ""
        found.setdefault((problem.line, problem.column, problem.code, about), problem)
    return sorted(found.values(), key=lambda p: (p.line, p.column))


def _problem(text: PackageText, error: dict[str, Any]) -> Diagnostic:
    kind = str(error["type"])
    location, decoder = _in_file(text, tuple(error["loc"]), kind)
    dotted = ".".join(str(part) for part in location) or "the model package"
    if kind == "extra_forbidden":
        known = _known_keys(location, decoder or _kind_of(text.data), text.path.parent)
        hint = near(str(location[-1]), known)
        return text.problem(location, "model-package-key", f"unknown key '{dotted}'", hint, at_key=True)
    if kind in ("missing", "union_tag_not_found"):
        return text.problem(location, "model-package-key", f"key '{dotted}' is missing", "add it")
    node = text.node(location)
    if kind == "union_tag_invalid":
        word = node.text if isinstance(node, ScalarNode) else ""
        message = f"unknown decoder '{shortened(word)}'"
        return text.problem(location, "model-package-value", message, near(word, decoder_kinds()))
    said = f"be {_WANTED[kind]}" if kind in _WANTED else _SHOULD.sub("", str(error["msg"]))
    if length := of_length(error):
        message = f"{dotted} must {length}"
    elif kind == "value_error":
        message = f"{dotted}: {said.removeprefix('Value error, ')}"
    else:
        message = f"{dotted} must {said}, not {node.described}"
    return text.problem(location, "model-package-value", message, _hint(kind, said, node))


def _hint(kind: str, said: str, node: Node) -> str:
    """How to write what was meant."""
    if not isinstance(node, ScalarNode) or node.value is None:
        return ""
    if kind == "string_type":
        return f'put quotes around it: "{shortened(node.text)}"'
    if kind == "literal_error" and isinstance(node.value, str):
        found = near(node.text, re.findall("'([^']*)'", said))
        return found if found.startswith("did") else ""
    if kind in ("int_type", "float_type") and isinstance(node.value, str):
        if isinstance(resolve(node.text), int | float):
            return f"write it without quotes: {node.text}"
        parts = re.fullmatch(r"(\d+(?:\.\d+)?)\s*/\s*(\d*[1-9]\d*)", node.text)
        return f"write the number: {float(parts[1]) / float(parts[2])!r}" if parts else ""
    return ""


def _in_file(text: PackageText, location: _Location, kind: str) -> tuple[_Location, str]:
    """The path as it stands in the file, and the decoder's kind.

    Pydantic adds the decoder's kind to it, and names for each of the types that a value may have.
    """
    decoder = ""
    if location[0] == "input" or location[0] == "extra_inputs":
        at = 1 if location[0] == "input" else 2
        location = tuple(part for k, part in enumerate(location) if k != at or part not in SOURCES)
    if kind.startswith("union_tag"):
        return (*location, "kind"), ""
    declared = _kind_of(text.data)
    if location[:2] == ("decoder", declared) and declared in DECODERS:
        location, decoder = (location[0], *location[2:]), str(location[1])
    if kind not in ("missing", "extra_forbidden"):
        while location and isinstance(text.node(location[:-1]), ScalarNode):
            location = location[:-1]
    return location, decoder


def _known_keys(location: _Location, decoder: str, folder: Path) -> list[str]:
    """Keys that the model at the parent of ``location`` knows; of a value of several kinds those of each."""
    models: list[Any] = [ModelSpec]
    named = False
    for part in location[:-1]:
        if isinstance(part, int) or named:
            named = False
            continue
        annotations = [one.model_fields[part].annotation for one in models if part in one.model_fields]
        named = any(getattr(one, "__origin__", None) is dict for one in annotations)
        models = [found for one in annotations for found in _models_in(one)]
        if part == "decoder" and decoder:
            spec = find_decoder(decoder, folder)
            models = [] if spec is None else [spec.spec]
    return list(dict.fromkeys(name for one in models for name in one.model_fields))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that a value may be, or the values of a mapping."""
    inner = [*get_args(annotation), *([annotation.__origin__] if hasattr(annotation, "__metadata__") else [])]
    found = [model for one in inner for model in _models_in(one)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else found
