"""How the pages that simgate writes are made of templates: escaped, and never with a name left open.

Signs that are not seen, or turn the text around them, are shown as escapes, as on a terminal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simgate.sim_adapters.printable import printable_lines

if TYPE_CHECKING:
    from jinja2 import Environment


def page_environment(templates: Path) -> Environment:
    """Jinja for the templates of a folder; an undefined name is an error, not an empty place on the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    # Markup was made by code, of texts that went through `svg`.
    return printable_lines(value) if type(value) is str else value
