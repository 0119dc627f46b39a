"""A key is defined once: the reading, the messages and the schema of a new one need nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.packs.language.definition import Keys, Wanted, Word, key
from simgate.harness.packs.language.mappings import MAPPINGS
from simgate.harness.packs.language.schema_of import mapping
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_source import read_yaml
from tests.unit.packs.plain_data import data_of

HOME = "simgate.harness.packs.language."


class Lamp(Keys):
    lux: float = key("how bright", gt=0)


class Room(Keys):
    title: str = key("what it is for")
    doors: int = key("how many", 1, ge=0, le=9)
    share: float | None = key("of the day", None, gt=0, lt=1)
    filled: float | None = key("at most", None, ge=0.5, lt=1)
    colour: Annotated[Literal["white", "grey"], Word("colour")] = key("of the walls", "white")
    tags: Annotated[tuple[str, ...], Wanted("a list of words")] = key("words", ())
    corner: Annotated[tuple[float, float] | None, Wanted("[x, y] in metres")] = key("where", None)
    lamp: Lamp | None = key("what lights it", None)
    from_: int | float = key("first hour", 0, alias="from")


def read(folder: Path, text: str) -> tuple[Written[Room] | None, list[str], bool]:
    """The room, what is said of it with its place, and whether the schema takes it."""
    path = folder / "room.yaml"
    path.write_text(text, encoding="utf-8")
    problems = Problems()
    _, root = read_yaml(path, problems)
    found = read_keys(Reader(problems), root, Room, "the room")
    said = [f"{d.line}:{d.column} {d.code} {d.message} ({d.hint})" for d in problems.diagnostics]
    return found, said, Draft202012Validator(mapping(Room)).is_valid(data_of(path))


def test_values_have_their_types_and_what_is_left_out_its_default(tmp_path: Path) -> None:
    text = "title: a\nshare: 0.5\ntags: [x, y]\ncorner: [1, 2.5]\nlamp: {lux: 3}\nfrom: 8\n"
    found, said, fits = read(tmp_path, text)
    assert (said, fits) == ([], True)
    assert found is not None
    assert found.is_whole
    room = found.keys
    assert (room.title, room.doors, room.share, room.colour) == ("a", 1, 0.5, "white")
    assert (room.tags, room.corner, room.lamp and room.lamp.lux, room.from_) == (
        ("x", "y"),
        (1.0, 2.5),
        3.0,
        8,
    )
    assert isinstance(room.from_, int)
    assert found.nodes["corner"].line == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("doors: 2", "1:1 missing-key the room has no 'title' (add title: what it is for)"),
        ("title: a\ndors: 2", "2:1 unknown-key unknown key 'dors' in the room (did you mean 'doors'?)"),
        ("title: 3", '1:8 wrong-type title must be text, not the number 3 (put quotes around it: "...")'),
        ("title: a\ndoors: 10", "2:8 wrong-value doors must be at most 9, not 10 ()"),
        ("title: a\ndoors: 2.0", "2:8 wrong-type doors must be a whole number, not the number 2.0 (write 2)"),
        ("title: a\nshare: 1", "2:8 wrong-value share must lie between 0 and 1, both excluded, not 1 ()"),
        ("title: a\nfilled: 1", "2:9 wrong-value filled must be below 1, not 1 ()"),
        ("title: a\nfilled: 0.1", "2:9 wrong-value filled must be at least 0.5, not 0.1 ()"),
        (
            "title: a\nfilled: 75",
            "2:9 wrong-value filled must be at most 1, not 75 (a share from 0 to 1, not percent: 0.75)",
        ),
        ("title: a\ncolour: gray", "2:9 wrong-value unknown colour 'gray' (did you mean 'grey'?)"),
        ("title: a\ncorner: [1]", "2:9 wrong-type corner must be [x, y] in metres, not a list ()"),
        ("title: a\nlamp: {lux: 0}", "2:13 wrong-value lux must be greater than 0, not 0 ()"),
        ("title: a\nlamp: {}", "2:7 missing-key lamp has no 'lux' (add lux: how bright)"),
        (
            "title: a\ntags: x",
            "2:7 wrong-type tags must be a list of words, not the text 'x' "
            "(write it as a list: [x], or one '- ' line for each)",
        ),
    ],
)
def test_what_is_wrong_is_reported_at_its_place_and_refused_by_the_schema(
    tmp_path: Path, text: str, said: str
) -> None:
    found, problems, fits = read(tmp_path, text)
    assert problems == [said]
    # JSON has no whole numbers of their own: 2.0 is one there.
    assert fits == ("2.0" in text)
    assert found is not None
    assert not found.is_whole or "dors" in text


def test_every_mapping_of_the_language_is_on_the_page_of_keys() -> None:
    found, above = set(), [Keys]
    while above:
        below = above.pop().__subclasses__()
        above += below
        found |= {one for one in below if not one.__subclasses__() and one.__module__.startswith(HOME)}
    assert found - set(MAPPINGS.values()) == set()


def test_the_schema_explains_every_key() -> None:
    properties = mapping(Room)["properties"]
    assert {name: one["description"] for name, one in properties.items()}["from"] == "first hour"
    assert properties["doors"] == {"description": "how many", "type": "integer", "minimum": 0, "maximum": 9}
