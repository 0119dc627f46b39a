"""``simgate schema``: the JSON Schema of packs, of model packages, and of ``--output json``."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "print the JSON Schema of packs or model packages, with which editors complete and explain every key"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "--of",
        choices=("pack", "model", "result"),
        default="pack",
        help="model: of model.yaml; result: of what `simgate run --output json` prints (default: pack)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")


def run(args: argparse.Namespace) -> int:
    """Prints the schema, or writes it."""
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.results.atomic_write import write_atomic

    text = {"pack": schema_text, "model": _model_schema, "result": _result_schema}[args.of]()
    if args.out is None:
        print(text, end="")
        return 0
    with as_user_errors():
        write_atomic(args.out, text)
    print(args.out)
    return 0


def schema_text() -> str:
    """The schema with everything that is installed here, as JSON."""
    import json

    from simgate.harness.packs.schema.pack_schema import pack_schema
    from simgate.harness.scoring import metrics

    return json.dumps(pack_schema(metrics), indent=1) + "\n"


def _model_schema() -> str:
    import json

    from simgate.harness.packs.schema.pack_schema import DIALECT
    from simgate.policies.perception.decoder_spec import DECODERS
    from simgate.policies.perception.decoding.kinds import decoder_kinds
    from simgate.policies.perception.model_yaml.spec import ModelSpec

    said = {"$schema": DIALECT, **ModelSpec.model_json_schema(), "title": "simgate model package"}
    plugins = [kind for kind in decoder_kinds() if kind not in DECODERS]
    brought = {"anyOf": [{"type": "string", "pattern": ":"}, {"enum": plugins}]}
    own = {"type": "object", "properties": {"kind": brought}, "required": ["kind"]}
    said["properties"]["decoder"] = {"anyOf": [said["properties"]["decoder"], own]}
    said["required"].remove("classes")
    speaking = {"enum": [kind for kind, spec in DECODERS.items() if spec.needs_classes]}
    said["if"] = {"properties": {"decoder": {"properties": {"kind": speaking}}}}
    said["then"] = {"required": ["classes"]}
    return json.dumps(said, indent=1) + "\n"


def _result_schema() -> str:
    import json

    from simgate.harness.cli.result_document import ResultDocument

    return json.dumps(ResultDocument.model_json_schema(mode="serialization"), indent=1) + "\n"
