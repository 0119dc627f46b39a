"""What a module imports, read from its text."""

from __future__ import annotations

import pytest

from simgate.harness.sources.imports import imports_of

EVERYWHERE = """
import a
try:
    import b
except E:
    import c
else:
    import d
finally:
    import e
class C:
    import f
    def method(self):
        import g
        async def inner():
            async with x:
                import h
match x:
    case 1:
        import i
for k in y:
    import j
else:
    while z:
        import k
    if z: pass
    elif w: import l
"""


@pytest.mark.parametrize("end", ["", "# import_module", "# \N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_an_import_is_found_in_whatever_it_stands(end: str) -> None:
    found = imports_of((EVERYWHERE + end).encode(), "p")
    assert set(found.names) == set("abcdefghijkl")
    assert (found.functions, found.is_computed) == ({"method"}, False)


@pytest.mark.parametrize(
    ("text", "names", "is_computed"),
    [
        ("x = [lambda: __import__('late')]", {"late"}, False),
        (
            "from importlib import import_module as load\nload(name)",
            {"importlib", "importlib.import_module"},
            True,
        ),
        ("import_module('.near', __package__)", {"p.near"}, False),
        ("import_module('.near', name)", set(), True),
        ("import_module('.near', package=__package__)", {"p.near"}, False),
        ("x = \N{FULLWIDTH LATIN SMALL LETTER I}mport_module('m')", {"m"}, False),
    ],
)
def test_an_import_by_a_function_is_found_in_whatever_it_stands(
    text: str, names: set[str], is_computed: bool
) -> None:
    found = imports_of(text.encode(), "p")
    assert (set(found.names), found.is_computed) == (names, is_computed)


def test_members_that_a_class_sets_are_found_like_those_that_it_defines() -> None:
    text = """
class Walker:
    files = staticmethod(lambda options: [TABLE])
    says: object = ask

    def act(self):
        local = 1
"""
    assert imports_of(text.encode(), "p").functions == {"files", "says", "act"}
