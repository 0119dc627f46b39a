"""The pages of ``docs/`` that are made from the code; ``python -m simgate.harness.cli.pages`` writes them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from simgate.harness import registry
from simgate.harness.cli.commands.packs.metrics import facts
from simgate.harness.cli.commands.packs.worlds import parameter_row, place_tables
from simgate.harness.frontend.trial import trial
from simgate.harness.packs.diagnostics.explain import diagnostics_page
from simgate.harness.packs.language.definition import Key, keys_of
from simgate.harness.packs.language.mappings import MAPPINGS
from simgate.harness.scoring import metrics
from simgate.harness.text import markdown_table
from simgate.sim_adapters.worlds.world import World

_GENERATED = (
    "This page is generated from the code (`python -m simgate.harness.cli.pages`); do not edit it by hand."
)


def worlds_page() -> str:
    """``docs/worlds.md``: every world of this project, with all that a pack can set in it."""
    parts = [
        "# Worlds\n",
        "A scenario names a world and sets its parameters; what it leaves out keeps its default. "
        "`simgate worlds` lists\nwhat is installed on your machine, third-party worlds included. "
        "What is marked (appearance) makes no other\n[scene](verdicts.md#scenes).\n",
        f"{_GENERATED}\n",
    ]
    for name in registry.names("simgate.worlds"):
        parts.append(_world(registry.load("simgate.worlds", name)))
    return "\n".join(parts)


def _world(world: World) -> str:
    rows = [parameter_row(name, spec) for name, spec in sorted(world.parameters.items())]
    rows = [[f"`{row[0]}`", *row[1:]] for row in rows]
    parts = [f"## {world.name}\n", f"{world.description}\n"]
    parts.append(markdown_table(("parameter", "unit", "values", "default", "meaning"), rows))
    for title, head, listed in place_tables(world):
        if listed:
            parts.append(f"{title}\n")
            parts.append(markdown_table(head, [[f"`{row[0]}`", *row[1:]] for row in listed]))
    return "\n".join(parts)


def metrics_page() -> str:
    """``docs/metrics.md``: every metric, and the signals of a run."""
    rows = []
    for info in metrics.metric_infos():
        options = f" Options: {', '.join(f'`{name}`' for name in info.options)}." if info.options else ""
        unit, direction, *bounds = facts(info)
        words = [unit, *bounds, direction]
        rows.append([f"`{info.name}`", "; ".join(words), f"{info.meaning}{options} *{info.source}*"])
    signals = [[f"`{signal.name}`", signal.meaning] for signal in metrics.task_signals()]
    return "\n".join(
        [
            "# Metrics\n",
            "What `accept` can ask for. `<class>` stands for a class of the model, for example `glass_door`, "
            "`<signal>` for a signal of\nthe task. `simgate metrics` lists the same, third-party metrics "
            "included.\n",
            f"{_GENERATED}\n",
            markdown_table(("metric", "unit, range, direction", "meaning, *source*"), rows),
            "## Signals\n",
            "For criteria with `signal:` and `stl:`, and in recordings.\n",
            markdown_table(("signal", "meaning"), signals),
        ]
    )


def keys_page() -> str:
    """``docs/keys.md``: every key of the language, from its definition."""
    parts = [
        "# Keys of a scenario pack\n",
        "Every key, by the mapping that it stands in. How they go together: "
        "[scenario-guide.md](scenario-guide.md). Editors show the\nsame while one writes "
        "([editors.md](editors.md)).\n",
        f"{_GENERATED}\n",
    ]
    for title, definition in MAPPINGS.items():
        rows = [[f"`{name}`", _left_out(key), key.meaning] for name, key in keys_of(definition).items()]
        parts += [f"## {title}\n", markdown_table(("key", "left out", "meaning"), rows)]
    return "\n".join(parts)


def _left_out(key: Key) -> str:
    """What holds when a key is left out."""
    if key.required:
        return "required"
    plain = isinstance(key.default, bool | int | float | str) and key.default != ""
    return f"`{str(key.default).lower() if isinstance(key.default, bool) else key.default}`" if plain else ""


PAGES: dict[str, Callable[[], str]] = {
    "diagnostics.md": lambda: diagnostics_page(metrics, trial),
    "keys.md": keys_page,
    "metrics.md": metrics_page,
    "worlds.md": worlds_page,
}
"""File name -> function that makes the page."""


def main() -> int:
    """Writes the pages and prints which have changed."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for name, make in PAGES.items():
        path, text = folder / name, make()
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(text, encoding="utf-8")
        print(f"{path}: {'unchanged' if text == before else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
