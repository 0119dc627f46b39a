"""Writes ``isaacsim_facts.json``: of the contract just the symbols that the adapter uses.

``python -m tests.contracts.write_facts``, after the adapter begins to use something new. What the contract
does not know, because its source is closed, is in ``OWN``: shapes that were seen in the examples and tests
of isaac-sim/IsaacSim v6.0.1, with the file where they were seen.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.contracts.contract import FACTS_PATH, REPOSITORY, SHARED_PATH, Contract, Symbol
from tests.contracts.usage import find_uses

ADAPTER = REPOSITORY / "sim_adapters" / "isaacsim"
RELEASE = "6.0.1"
LAUNCH_DEFAULTS = "isaacsim.SimulationApp.DEFAULT_LAUNCHER_CONFIG"
CAMERA_ANNOTATORS = "isaacsim.sensors.experimental.rtx.CameraSensor:ANNOTATOR"
_SEEN_IN = "source/standalone_examples/testing/isaacsim.simulation_app/test_frame_delay.py"


def _own_method(name: str, *parameters: str) -> dict[str, Any]:
    return {
        "name": f"omni.replicator.core.Annotator.{name}",
        "kind": "method",
        "params": [{"name": p, "kind": "positional_or_keyword", "required": True} for p in parameters],
        "seen_in": _SEEN_IN,
    }


OWN: list[dict[str, Any]] = [
    {"name": "omni.replicator.core.Annotator", "kind": "class", "bases": [], "seen_in": _SEEN_IN},
    _own_method("attach", "render_products"),
    _own_method("detach", "render_products"),
    _own_method("get_data"),
    {
        "name": "omni.replicator.core.AnnotatorRegistry.get_annotator",
        "kind": "staticmethod",
        "params": [{"name": "name", "kind": "positional_or_keyword", "required": True}],
        "returns_annotation": "Annotator",
        "seen_in": _SEEN_IN,
    },
    {"name": "omni.replicator.core.AnnotatorRegistry", "kind": "class", "bases": [], "seen_in": _SEEN_IN},
]

_BINDINGS = "omni.physx-110.4.4 of isaacsim-extscache-physics 6.2.0.0, omni/physx/bindings/_physx.pyi"
_FABRIC = "source/extensions/isaacsim.core.simulation_manager/python/impl/simulation_manager.py"
OWN += [
    {
        "name": "omni.physx.get_physx_simulation_interface",
        "kind": "function",
        "params": [],
        "returns_annotation": "IPhysxSimulation",
        "seen_in": "omni.physx-110.4.4 of isaacsim-extscache-physics 6.2.0.0, omni/physx/scripts/ifaces.py",
    },
    {
        "name": "omni.physx.bindings._physx.IPhysxSimulation",
        "kind": "class",
        "bases": [],
        "seen_in": _BINDINGS,
    },
    {
        "name": "omni.physx.bindings._physx.IPhysxSimulation.get_contact_report",
        "kind": "method",
        "params": [],
        "seen_in": _BINDINGS,
    },
    {
        "name": "omni.physxfabric.get_physx_fabric_interface",
        "kind": "function",
        "params": [],
        "returns_annotation": "PhysXFabric",
        "seen_in": _FABRIC,
    },
    {"name": "omni.physxfabric.PhysXFabric", "kind": "class", "bases": [], "seen_in": _FABRIC},
    {
        "name": "omni.physxfabric.PhysXFabric.update",
        "kind": "method",
        "params": [
            {"name": name, "kind": "positional_or_keyword", "required": True} for name in ("time", "dt")
        ],
        "seen_in": _FABRIC,
    },
]

_PRIMS = "source/extensions/isaacsim.core.experimental.prims/python/impl"


def _read(
    name: str, *, kind: str = "method", links: str = "dof_indices", inverse: bool = False
) -> dict[str, Any]:
    """A symbol that the contract leaves out, read by hand from the source of v6.0.1."""
    file = "rigid_prim" if name.startswith("RigidPrim") else "articulation"
    entry: dict[str, Any] = {"name": f"isaacsim.core.experimental.prims.{name}", "kind": kind, "params": []}
    if kind == "method":
        optional = ["indices", *([links] if links else [])]
        entry["params"] = [
            {"name": one, "kind": "keyword_only", "required": False, "default": "None"} for one in optional
        ]
        if inverse:
            entry["params"].append(
                {"name": "inverse", "kind": "keyword_only", "required": False, "default": "False"}
            )
    return entry | {"seen_in": f"{_PRIMS}/{file}.py"}


READ = [
    _read("Articulation.dof_paths", kind="property"),
    _read("Articulation.link_paths", kind="property"),
    _read("Articulation.get_dof_gains"),
    _read("Articulation.get_dof_max_efforts"),
    _read("Articulation.get_dof_armatures"),
    _read("Articulation.get_dof_friction_properties"),
    _read("Articulation.get_link_masses", links="link_indices", inverse=True),
    _read("RigidPrim.get_masses", links="", inverse=True),
    {
        "name": "isaacsim.core.experimental.prims.RigidPrim.apply_forces_and_torques_at_pos",
        "kind": "method",
        "params": [
            *(
                {"name": name, "kind": "positional_or_keyword", "required": False, "default": "None"}
                for name in ("forces", "torques")
            ),
            *(
                {"name": name, "kind": "keyword_only", "required": False, "default": "None"}
                for name in ("positions", "indices")
            ),
            {"name": "local_frame", "kind": "keyword_only", "required": False, "default": "False"},
        ],
        "seen_in": f"{_PRIMS}/rigid_prim.py",
    },
]


def used_symbols(contract: Contract) -> list[Symbol]:
    """Every symbol of the contract that the adapter uses, by name."""
    found: dict[str, Symbol] = {}
    for path in sorted(ADAPTER.rglob("*.py")):
        for use in find_uses(path.read_text(), contract):
            for name in (use.path, f"{use.path}.__init__"):
                symbol = contract.find(name)
                if symbol is not None and not symbol.name.startswith("omni."):
                    found[symbol.name] = symbol
    return [found[name] for name in sorted(found)]


def _entry(symbol: Symbol, contract: Contract) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": symbol.name, "kind": symbol.kind}
    if symbol.kind == "class":
        entry["bases"] = [base for base in symbol.bases if contract.is_class(f"{_package(symbol)}.{base}")]
    if symbol.parameters is not None:
        entry["params"] = [
            {"name": p.name, "kind": p.kind, "required": p.default is None}
            | ({} if p.default is None else {"default": p.default})
            for p in symbol.parameters
        ]
    return entry


def _package(symbol: Symbol) -> str:
    return symbol.name.rpartition(".")[0]


def main() -> int:
    """Writes the file; needs the shared contract."""
    if not SHARED_PATH.is_file():
        print(f"{SHARED_PATH} is not there: the facts are taken from it", file=sys.stderr)
        return 1
    contract = Contract.read(SHARED_PATH)
    used = used_symbols(contract)
    values = [symbol.name for symbol in used if symbol.kind == "value"]
    enums: dict[str, dict[str, str]] = {}
    for name in values:
        owner, _, member = name.rpartition(".")
        enums.setdefault(owner, {})[member] = ""
    listed = [_entry(s, contract) for s in used if s.kind not in ("value", "enum")]
    constants = {entry["name"]: entry["value"] for entry in json.loads(SHARED_PATH.read_text())["constants"]}
    content = {
        "what": "signatures of Isaac Sim that sim_adapters/isaacsim relies on",
        "release": RELEASE,
        "symbols": [*listed, *OWN, *READ],
        "launch_keys": sorted(constants[LAUNCH_DEFAULTS]),
        "camera_annotators": sorted(constants[CAMERA_ANNOTATORS]),
        "enums": [{"name": name, "values": members} for name, members in sorted(enums.items())],
    }
    FACTS_PATH.write_text(json.dumps(content, indent=1) + "\n")
    print(f"{FACTS_PATH.name}: {len(listed)} symbols of the contract, {len(OWN) + len(READ)} of our own")
    return 0


if __name__ == "__main__":
    sys.exit(main())
