"""Every use of TensorRT in this project binds against NVIDIA's real bindings, of 11.x and of 10.x.

mypy does the binding: the bindings' own docstrings become type stubs, so names, methods, properties,
arguments, flags and what each call returns are all checked, on every path of the code.

Where the bindings' wheel cannot be had (no network), what this repository keeps of it stands in: the classes
that are used, as they were read from the same wheel and compared with it wherever it can be had.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.tensorrt_bindings_wheel import WHEELS, NoWheel, describe_bindings
from tests.contracts.tensorrt_stub_file import stub_text

mypy_api = pytest.importorskip("mypy.api", reason="mypy binds the uses; it is in the extra dev")

REPOSITORY = Path(__file__).parents[2]
DOUBLE = REPOSITORY / "tests" / "doubles" / "tensorrt"
CONFIGURATION = """\
[mypy]
python_version = 3.12
follow_imports = skip
ignore_missing_imports = True
check_untyped_defs = True
disable_error_code = misc, override
[mypy-tensorrt]
follow_imports = normal
"""
SUFFIX = "_misspelt"


def sources() -> list[Path]:
    """Every file of the product that imports TensorRT."""
    found = []
    for room in ("policies", "harness", "sim_adapters", "reports"):
        for path in sorted((REPOSITORY / room).rglob("*.py")):
            if re.search(r"^\s*(import|from) tensorrt\b", path.read_text(), re.MULTILINE):
                found.append(path)
    return found


@pytest.fixture(scope="module", params=sorted(WHEELS))
def release(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def wheel(release, tmp_path_factory) -> dict[str, Any] | str:
    """What the real bindings offer, or why they cannot be had."""
    try:
        return describe_bindings(release, tmp_path_factory.mktemp(f"bindings-{release}"))
    except NoWheel as error:
        return str(error)


def kept(release: str) -> dict[str, Any]:
    """What this repository keeps of a release's bindings."""
    description: dict[str, Any] = json.loads((DOUBLE / "api" / f"{release}.json").read_text())
    return {"functions": {}, **description}


@pytest.fixture(scope="module")
def bindings(release, wheel) -> dict[str, Any]:
    return kept(release) if isinstance(wheel, str) else wheel


@pytest.fixture(scope="module")
def check(bindings, tmp_path_factory):
    """A function from source texts by name to the errors of mypy: (file name, line, message)."""
    folder = tmp_path_factory.mktemp("mypy")
    (folder / "stubs" / "tensorrt").mkdir(parents=True)
    (folder / "stubs" / "tensorrt" / "__init__.pyi").write_text(stub_text(bindings))
    (folder / "mypy.ini").write_text(
        CONFIGURATION.replace("[mypy]\n", f"[mypy]\nmypy_path = {folder / 'stubs'}\n")
    )

    def run(texts: dict[str, str]) -> list[tuple[str, int, str]]:
        work = folder / "work"
        work.mkdir(exist_ok=True)
        for name, text in texts.items():
            (work / name).write_text(text)
        options = ["--config-file", str(folder / "mypy.ini"), "--cache-dir", str(folder / "cache")]
        files = [str(work / name) for name in texts]
        output, crash, _ = mypy_api.run([*options, "--no-site-packages", "--no-error-summary", *files])
        assert not crash, crash
        lines = (re.fullmatch(r"(.+?):(\d+): error: (.+)", line) for line in output.splitlines())
        return [(Path(line[1]).name, int(line[2]), line[3]) for line in lines if line]

    return run


def texts() -> dict[str, str]:
    return {path.name: path.read_text() for path in sources()}


def test_these_are_the_files_that_use_tensorrt():
    assert {path.name for path in sources()} == {"build.py", "engine.py", "logger.py", "version.py"}


def test_every_use_binds(check):
    assert check(texts()) == []


def uses(tree: ast.Module, known: set[str]) -> list[ast.Attribute]:
    """Attributes that TensorRT knows: ``trt.X``, and what is called or read on TensorRT's objects."""
    local = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in known and node.attr not in local:
            found.append(node)
    return found


OURS_TOO = {
    "batch",
    "copy_",
    "dtype",
    "flags",
    "get",
    "kind",
    "log",
    "name",
    "numpy",
    "parse",
    "profiles",
    "shape",
    "type",
    "value",
}
"""Names that TensorRT has, and Python or our own objects have as well."""


def test_each_use_is_caught_when_it_is_misspelt(check, bindings):
    known = set(bindings["functions"]) | {c.rpartition(".")[2] for c in bindings["classes"]}
    for cls in bindings["classes"].values():
        known |= {*cls["methods"], *cls["properties"], *cls["members"]}
    left = {
        (name, node.end_lineno, node.end_col_offset): node.attr
        for name, text in texts().items()
        for node in uses(ast.parse(text), known - OURS_TOO - {"__init__"})
    }
    assert len(left) > 50
    # What follows from a misspelt call is of unknown type, so it takes some rounds to catch all.
    while left:
        changed = {name: text.splitlines(keepends=True) for name, text in texts().items()}
        for (name, line, column), _ in sorted(left.items(), reverse=True):
            text = changed[name][line - 1]
            changed[name][line - 1] = text[:column] + SUFFIX + text[column:]
        errors = check({name: "".join(lines) for name, lines in changed.items()})
        blamed = {
            (name, line, word) for name, line, message in errors for word in re.findall(r'"([^"]+)"', message)
        }
        words = {(name, line, word.rpartition(".")[2]) for name, line, word in blamed}
        caught = {key for key, attr in left.items() if (key[0], key[1], attr + SUFFIX) in words}
        assert caught, f"never bound: {sorted((*key[:2], attr) for key, attr in left.items())}"
        left = {key: attr for key, attr in left.items() if key not in caught}


@pytest.mark.parametrize(
    ("file", "right", "wrong", "words"),
    [
        ("engine.py", "execute_async_v3(self._device.stream)", "execute_async_v4(0)", "execute_async_v4"),
        ("engine.py", "execute_async_v3(self._device.stream)", "execute_async_v3()", "stream_handle"),
        ("engine.py", "set_input_shape(name, shape)", "set_input_shape(shape)", "set_input_shape"),
        (
            "engine.py",
            "get_tensor_profile_shape(self._input, index)",
            "get_tensor_profile_shape(self._input)",
            "index",
        ),
        ("build.py", "clear_flag(trt.BuilderFlag.TF32)", 'clear_flag("TF32")', "BuilderFlag"),
    ],
)
def test_one_wrong_line_is_caught(check, file, right, wrong, words):
    all_texts = texts()
    assert right in all_texts[file]
    all_texts[file] = all_texts[file].replace(right, wrong)
    errors = check(all_texts)
    assert [name for name, _, _ in errors] == [file], errors
    assert words in errors[0][2]


def test_a_flag_that_was_removed_in_11_is_caught_there_only(check, release):
    """A gate on this very flag once produced FP32 engines silently."""
    all_texts = texts()
    right = "config.clear_flag(trt.BuilderFlag.TF32)"
    assert right in all_texts["build.py"]
    all_texts["build.py"] = all_texts["build.py"].replace(right, "config.set_flag(trt.BuilderFlag.FP16)")
    messages = [message for _, _, message in check(all_texts)]
    expected = (
        [] if release.startswith("10.") else ['"type[BuilderFlag]" has no attribute "FP16"  [attr-defined]']
    )
    assert messages == expected


def test_what_is_kept_of_the_bindings_and_the_double_is_made_of_is_what_they_are(wheel, release):
    if isinstance(wheel, str):
        pytest.skip(wheel)
    held = kept(release)
    assert held["version"] == wheel["version"]
    for name, cls in held["classes"].items():
        assert cls == wheel["classes"][name], name
