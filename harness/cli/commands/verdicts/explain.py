"""``simgate explain RUN [VARIANT]``: a verdict, or one variant, in words."""

from __future__ import annotations

import argparse

from simgate.harness.frontend.run_addresses import whole_run_dir

HELP = "say in words why a run is GO, NO-GO or INCONCLUSIVE, or what happened in one of its variants"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", metavar="RUN", type=whole_run_dir, help="folder of a run")
    parser.add_argument(
        "variant",
        nargs="?",
        metavar="VARIANT",
        help="tell of this variant: what happened, why it failed, what the model saw",
    )
    parser.add_argument(
        "--format",
        choices=("text", "markdown"),
        default="text",
        help="markdown: for a comment on a pull request, with what broke (default: text)",
    )
    parser.add_argument(
        "--picture-base",
        metavar="URL",
        help="where the run's folder is published, for the pictures of markdown (default: paths within it)",
    )


def run(args: argparse.Namespace) -> int:
    """Decides again, writes verdict.json, prints; returns the verdict's exit code, 0 for a variant."""
    import shutil

    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.gate.decide import write_verdict
    from simgate.harness.gate.exit_code import exit_code
    from simgate.harness.gate.texts.explain import explain
    from simgate.harness.results.run_folder import RunFolder

    folder = RunFolder(args.run_dir)
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 110)
    if args.variant is not None:
        from simgate.harness.cli.explaining.variant import NoVariant, explain_variant

        if args.format != "text":
            raise UserError("--format markdown tells of a run; leave VARIANT out")
        try:
            with as_user_errors():
                print(explain_variant(folder, args.variant, width))
        except NoVariant as error:
            raise UserError(str(error)) from None
        return 0
    with as_user_errors():
        verdict = write_verdict(folder)
        if args.format == "markdown":
            from simgate.harness.frontend.ci.pull_request import markdown

            print(markdown(folder, verdict, picture_base=args.picture_base or ""), end="")
        else:
            print(explain(verdict, width))
    return exit_code([verdict])
