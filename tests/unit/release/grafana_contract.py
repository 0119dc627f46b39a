"""What a dashboard must be to Grafana, of the keys that ours has: written by hand after its public JSON Schema.

Grafana's own (``jsonschema/dashboard.jsonschema.json`` of grafana/grafana-foundation-sdk) is closed as this one is:
a key that it does not know is an error.
"""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}


def _object(required: list[str], **keys: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": keys}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


SOURCE = _object([], type=TEXT, uid=TEXT)
STEP = _object(["value", "color"], value={"type": ["number", "null"]}, color=TEXT)
THRESHOLDS = _object(["mode", "steps"], mode={"enum": ["absolute", "percentage"]}, steps=_list(STEP))
GRID = _object(
    ["h", "w", "x", "y"],
    h={"type": "integer", "minimum": 1},
    w={"type": "integer", "minimum": 1, "maximum": 24},
    x={"type": "integer", "minimum": 0, "maximum": 23},
    y={"type": "integer", "minimum": 0},
)
PANEL = _object(
    ["type"],
    id={"type": "integer", "minimum": 0},
    type=TEXT,
    title=TEXT,
    description=TEXT,
    datasource=SOURCE,
    gridPos=GRID,
    targets=_list({"type": "object"}),  # Each source has its own; Prometheus' is held in the test.
    fieldConfig=_object(
        ["defaults", "overrides"],
        defaults=_object([], thresholds=THRESHOLDS, custom={"type": "object"}),
        overrides=_list({"type": "object"}),
    ),
)
VARIABLE = _object(["type", "name"], type={"enum": ["datasource", "query"]}, name=TEXT, query=TEXT)
DASHBOARD = _object(
    ["schemaVersion", "templating", "annotations"],
    title=TEXT,
    uid=TEXT,
    schemaVersion={"type": "integer", "minimum": 0, "maximum": 65535},
    tags=_list(TEXT),
    time=_object(["from", "to"], **{"from": TEXT, "to": TEXT}),
    templating=_object([], list=_list(VARIABLE)),
    annotations=_object([], list=_list({"type": "object"})),
    panels=_list(PANEL),
)
