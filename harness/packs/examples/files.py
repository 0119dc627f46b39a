"""Examples about files, encodings and YAML."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example, sound_pack

_TOO_LARGE = "# " + "x" * 5_100_000 + "\n"

FILE_EXAMPLES = (
    Example(
        "yaml-syntax",
        "title: Door@: a closed one\n",
        'title: "Door: a closed one"\n',
        advice="Indent with spaces, never with tabs; put quotes around text that holds `: ` or ` #`, or that "
        "starts with one of ``* & ! % @ ` { [ ' \" | >``.",
    ),
    Example(
        "yaml-tag",
        "title: @!!str A closed glass door\n",
        "title: A closed glass door\n",
        advice="Packs hold plain data, so that reading one can never run code.",
    ),
    Example(
        "alias-bomb",
        "tags: &tags [glass, @*tags]\n",
        "tags: [glass]\n",
        advice="An anchor (`&name`) with its alias (`*name`) repeats a value; it may not hold itself, and "
        "all aliases of a file together may not repeat more than 10,000 values.",
    ),
    Example(
        "bad-character",
        "title: A closed@\x07 glass door\n",
        "title: A closed glass door\n",
        shown="title: A closed<BEL> glass door\n",
        advice="Such characters come in by copying from terminals and documents. Delete and type the place "
        "again.",
    ),
    Example(
        "not-utf8",
        "title: Eine geschlossene Glast@\udcfcr\n",
        "title: Eine geschlossene Glast\u00fcr\n",
        shown="title: Eine geschlossene Glast<byte FC>r\n",
        advice="The file was saved in an old encoding such as Latin-1. Save it as UTF-8.",
    ),
    Example(
        "too-large",
        "@" + _TOO_LARGE + sound_pack(),
        sound_pack(),
        level="file",
        shown="# a file of 5.1 MB\n",
        advice="Packs are written by people. Field data belongs into a file of its own.",
    ),
    Example(
        "too-deep",
        "description: " + "[" * 49 + "@" + "[]" + "]" * 49 + "\n",
        "description: Doors on one office floor.\n",
        level="pack",
        advice="No value of the language needs more than a few levels; a bracket has probably slipped.",
        shown="description: [[[[ ... more than 50 brackets ... ]]]]\n",
    ),
    Example(
        "missing-file",
        "extends: @comon.yaml\n",
        "extends: common.yaml\n",
        level="pack",
        files={"common.yaml": "owner: perception-qa\n"},
        advice="Paths are relative to the file in which they stand.",
    ),
    Example(
        "duplicate-pack",
        "pack: @glass_doors\n",
        "pack: wooden_doors\n",
        level="pack",
        files={"glass.yaml": sound_pack()},
        linted_before=("glass.yaml",),
        advice="The name stands in front of every result of a pack: in `junit.xml`, in baselines and in CI. "
        "Two packs of one name are refused by `simgate run` and by pytest too.",
    ),
    Example(
        "cyclic-extends",
        "extends: @pack.yaml\n",
        "extends: common.yaml\n",
        level="pack",
        advice="Put what packs share into a file that extends none of them.",
        files={"common.yaml": "owner: perception-qa\n"},
    ),
)
