"""The calls of NVIDIA ModelOpt bind against the real source, read from its wheel without installing it."""

import ast
import zipfile
from pathlib import Path

import pytest

from tests.contracts.contract import Symbol, binding_problem, parameters_of
from tests.contracts.tensorrt_bindings_wheel import NoWheel, fetch_wheel

REQUIREMENT = "nvidia-modelopt==0.47.0"
SOURCES = {
    "convert_to_mixed_precision": "modelopt/onnx/autocast/convert.py",
    "quantize": "modelopt/onnx/quantization/quantize.py",
}
OURS = Path(__file__).parents[2] / "policies" / "perception" / "trt" / "quantize.py"


@pytest.fixture(scope="module")
def wheel():
    try:
        path = fetch_wheel(REQUIREMENT)
    except NoWheel as error:
        pytest.skip(str(error))
    with zipfile.ZipFile(path) as archive:
        yield {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}


def definition(wheel, name):
    tree = ast.parse(wheel[SOURCES[name]])
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)


def call(name):
    tree = ast.parse(OURS.read_text())
    return next(n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == name)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_call_binds(wheel, name):
    ours = call(name)
    # Without **kwargs, which would take a misspelt name and drop it.
    named = [p for p in parameters_of(definition(wheel, name), bound=False) if not p.kind.startswith("var_")]
    symbol = Symbol(name, "function", "", tuple(named))
    keywords = [keyword.arg for keyword in ours.keywords]
    assert keywords
    assert binding_problem(symbol, len(ours.args), keywords, starred=False) == ""
    assert "no parameter" in binding_problem(symbol, 0, [*keywords, "keep_io_typos"], starred=False)


def test_the_names_can_be_imported_from_where_we_import_them(wheel):
    assert "convert_to_mixed_precision" in wheel["modelopt/onnx/autocast/__init__.py"]
    assert "quantize" in wheel["modelopt/onnx/quantization/__init__.py"]
