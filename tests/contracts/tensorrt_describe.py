"""Run in a process of its own: prints what ``tensorrt_bindings`` offers, as JSON.

pybind11 writes signatures into docstrings only, so these are kept as text.
"""

import inspect
import json
import re
import sys

KEPT_DUNDERS = ("__init__", "__int__", "__getitem__", "__len__")
SIGNATURE = re.compile(r"^(?:\d+\. )?(\w+\(.*\) -> .+)$")


def signatures(function) -> list[str]:
    lines = (inspect.getdoc(function) or "").splitlines()
    found = [match[1] for match in map(SIGNATURE.match, lines) if match]
    return [line for line in found if not line.startswith(f"{function.__name__}(*args")]


def describe_class(cls) -> dict:
    methods, properties, constants = {}, {}, []
    for name, member in inspect.getmembers(cls):
        if name.startswith("_") and name not in KEPT_DUNDERS:
            continue
        if isinstance(member, property):
            doc = (member.fget.__doc__ or "") if member.fget else ""
            properties[name] = {"type": doc.partition("->")[2].strip(), "settable": member.fset is not None}
        elif callable(member) and not inspect.isclass(member):
            methods[name] = signatures(member)
        elif isinstance(member, cls):
            constants.append(name)
    return {
        "bases": [base.__name__ for base in cls.__mro__[1:] if base.__module__ == cls.__module__],
        "methods": {name: lines for name, lines in methods.items() if lines},
        "properties": properties,
        "members": list(getattr(cls, "__members__", {})) or constants,
        "nested": [name for name, value in vars(cls).items() if inspect.isclass(value) and name[0] != "_"],
    }


def main() -> None:
    import tensorrt_bindings as bindings

    public = {name: value for name, value in vars(bindings).items() if not name.startswith("_")}
    classes = {name: value for name, value in public.items() if inspect.isclass(value)}
    described = {name: describe_class(cls) for name, cls in classes.items()}
    for name, cls in classes.items():
        for inner in described[name]["nested"]:
            described[f"{name}.{inner}"] = describe_class(getattr(cls, inner))
    # What signatures do not say: a shape can be walked through, and a list is as good as one.
    assert list(bindings.Dims([2, 3])) == [2, 3]
    functions = {n: signatures(v) for n, v in public.items() if callable(v) and not inspect.isclass(v)}
    json.dump({"version": bindings.__version__, "classes": described, "functions": functions}, sys.stdout)


if __name__ == "__main__":
    main()
