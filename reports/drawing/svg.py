"""Small pieces of inline SVG: numbers and escaped text only, colours through CSS classes."""

from __future__ import annotations

from markupsafe import Markup, escape

from simgate.sim_adapters.printable import printable


def coordinate(value: float) -> str:
    """A coordinate with one decimal at most, to keep the page small."""
    return f"{value:.1f}".removesuffix(".0")


def element(tag: str, content: str = "", **attributes: float | str) -> Markup:
    """One element; ``class_`` is ``class``, other underscores become hyphens, values are escaped."""
    parts = []
    for name, value in attributes.items():
        text = value if isinstance(value, str) else coordinate(value)
        parts.append(
            f' {"class" if name == "class_" else name.replace("_", "-")}="{escape(printable(text))}"'
        )
    return Markup(f"<{tag}{''.join(parts)}>{content}</{tag}>" if content else f"<{tag}{''.join(parts)}/>")


def text(x: float, y: float, words: str, class_: str, anchor: str = "start") -> Markup:
    """A text element at a place."""
    return element("text", escape(printable(words)), x=x, y=y, class_=class_, text_anchor=anchor)


def picture(width: float, height: float, label: str, content: str, class_: str) -> Markup:
    """An ``svg`` element with a text alternative."""
    box = f"0 0 {coordinate(width)} {coordinate(height)}"
    return element(
        "svg", content, viewBox=box, width=width, height=height, role="img", aria_label=label, class_=class_
    )
