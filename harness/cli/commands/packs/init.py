"""``simgate init``: a first pack, with comments, that passes lint and runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

MODEL_FOLDER = "model"
"""Where a model from elsewhere is copied to, beside the pack."""
HELP = "write a commented starter pack that passes lint and runs"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where to; made when it does not exist (default: here)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--world",
        nargs="?",
        const="",
        default="office_corridor",
        metavar="WORLD",
        help="an installed world (office_corridor, arena, ...), or your own MJCF or OpenUSD file "
        "(default: office_corridor); without a name write no pack, but a world of your own in code",
    )
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="model.yaml to test (default: the reference model)"
    )
    for kind in ("policy", "metric", "task", "decoder"):
        what.add_argument(
            f"--{kind}",
            dest="code",
            action="store_const",
            const=kind,
            help=f"write no pack, but a commented {kind} of your own that works, and the line that names it",
        )


def run(args: argparse.Namespace) -> int:
    """Writes the pack and its schema, and says what to do next."""
    from simgate.harness.cli.commands.packs.schema import schema_text
    from simgate.harness.cli.starters.starter import PACK_FILE, SCHEMA_FILE, pack_name, reference_model
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    if args.code or not args.world:
        return _write_code(args.folder, args.code or "world")
    folder: Path = args.folder
    pack, schema, copy = folder / PACK_FILE, folder / SCHEMA_FILE, folder / MODEL_FOLDER
    there = [path for path in (pack, schema) if path.exists()]
    if there:
        raise UserError(f"{there[0]} is there already, nothing was written; choose another folder")
    model = args.model or reference_model()
    if args.model and not args.model.is_file():
        raise UserError(f"{args.model} does not exist; give the model.yaml of a model package")
    with as_user_errors():
        make = _starter(args.world, folder)
        folder.mkdir(parents=True, exist_ok=True)
        written = _model_in(folder, model) if model else None
        pack.write_text(make(pack_name(folder), written), encoding="utf-8")
        schema.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {pack} and {schema}")
    if (
        written == f"{MODEL_FOLDER}/model.yaml"
        and model
        and model.resolve() != (copy / "model.yaml").resolve()
    ):
        print(f"copied the model to {copy}: a pack holds no path of one machine")
    if model is None:
        print("no model was found, so the robot is blind: `make train`, or set `model:` in the pack")
    print(_next_steps(folder))
    return 0


def _write_code(folder: Path, kind: str) -> int:
    """Writes a file of code, and says how the file beside it names it."""
    from simgate.harness.cli.starters.starter_code import STARTERS
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    starter = STARTERS[kind]
    path = folder / starter.name
    if path.exists():
        raise UserError(f"{path} is there already, nothing was written; choose another folder")
    with as_user_errors():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(starter.text, encoding="utf-8")
    print(f"wrote {path}; {starter.file} beside it names it so:\n\n    {starter.line}")
    return 0


def _model_in(folder: Path, model: Path) -> str:
    """The model's path as the pack writes it; one from elsewhere is copied beside the pack."""
    from simgate.harness.cli.starters.starter import as_written
    from simgate.harness.frontend.user_errors import UserError
    from simgate.policies.perception.package_source import copy_package

    written = as_written(model, folder)
    if written is None:
        if (folder / MODEL_FOLDER).exists():
            raise UserError(f"{folder / MODEL_FOLDER} is there already, and {model} would be copied to it")
        copy_package(model, folder / MODEL_FOLDER)
        written = f"{MODEL_FOLDER}/model.yaml"
    return written


def _starter(world: str, folder: Path) -> Callable[[str, str | None], str]:
    """What writes the pack of a world: from its name and the model's path to the text."""
    from simgate.harness.cli.native_worlds import is_native_file, key_of, open_native
    from simgate.harness.cli.starters import starter_worlds
    from simgate.harness.cli.starters.starter import as_written, starter_pack
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.registry import load

    if world == "office_corridor":
        return starter_pack
    if world == "arena":
        return starter_worlds.arena_pack
    if not is_native_file(world):
        installed = load("simgate.worlds", world)
        return lambda name, model: starter_worlds.world_pack(name, model, installed)
    file = open_native(world)
    written = as_written(Path(world), folder)
    if written is None:
        raise UserError(
            f"{world} and {folder} do not lie in one project, and a pack holds no path of one machine: put "
            "the file, and what it reads, below the pack's folder or into its repository"
        )
    try:
        site = starter_worlds.look_into(file, key_of(world))
    except starter_worlds.NoRobot as error:
        raise UserError(f"{world}: {error}") from None
    return lambda name, model: starter_worlds.site_pack(name, model, written, site)


def _next_steps(folder: Path) -> str:
    import shlex

    from simgate.harness.text import table

    where = shlex.quote(str(folder))
    rows = [
        [f"simgate lint {where}", "after every change: all problems with place and remedy"],
        [f"simgate expand {where}", "the variants with their values"],
        [f"simgate preview {where}", "what the camera sees at the start, and histograms, as one PNG"],
        [f"simgate coverage {where}", "which corners of the parameter space are hit"],
        [f"simgate plan {where} --probe", "how long it takes here, and what the gate can see"],
        [f"simgate run {where}", "run it: the verdict, junit.xml and report.html"],
    ]
    return "\n".join(["next:", table(("command", "what it gives"), rows, indent="  ")])
