"""Diagnostics as SARIF 2.1.0, for code scanning pages and editors.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from simgate.harness.packs.diagnostics.codes import CODES
from simgate.harness.packs.examples import EXAMPLES
from simgate.policies.documents.diagnostics import Diagnostic, limited, not_shown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def to_sarif(diagnostics: Sequence[Diagnostic], version: str) -> dict[str, Any]:
    """The log of one linter run.

    Args:
        diagnostics: All problems of all files.
        version: Of simgate.

    Returns:
        JSON data; paths below the working directory are relative to it.
    """
    shown, more = limited(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in shown})
    results, seen = [], Counter[tuple[str, str, str]]()
    for diagnostic in shown:
        same = (diagnostic.path, diagnostic.code, diagnostic.message)
        seen[same] += 1
        results.append(_result(diagnostic, codes.index(diagnostic.code), seen[same]))
    driver = {
        "name": "simgate lint",
        "semanticVersion": version,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"uri": f"{Path.cwd().as_uri().rstrip('/')}/"}},
        "invocations": [_invocation(more)],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(more: dict[str, int]) -> dict[str, Any]:
    notes = [{"level": "warning", "message": {"text": not_shown(*item)}} for item in more.items()]
    return {"executionSuccessful": True} | ({"toolExecutionNotifications": notes} if notes else {})


def _rule(code: str) -> dict[str, Any]:
    meaning, example = CODES[code], EXAMPLES[code]
    more = f"`simgate lint --explain {code}` shows a wrong and a right example."
    texts = [text for text in (example.advice, more) if text]
    return {
        "id": code,
        "shortDescription": {"text": meaning},
        "help": {"text": " ".join(texts), "markdown": "\n\n".join(texts)},
        "defaultConfiguration": {"level": "error"},
    }


def _result(diagnostic: Diagnostic, rule: int, turn: int) -> dict[str, Any]:
    text = f"{diagnostic.message} ({diagnostic.hint})" if diagnostic.hint else diagnostic.message
    region = {
        "startLine": diagnostic.line,
        "startColumn": diagnostic.column,
        "endColumn": diagnostic.column + diagnostic.length,
    }
    # Without line numbers, so that a problem stays the same one when lines are added above it.
    same = f"{diagnostic.path}\0{diagnostic.code}\0{diagnostic.message}\0{turn}"
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [
            {"physicalLocation": {"artifactLocation": _location(diagnostic.path), "region": region}}
        ],
        "partialFingerprints": {"simgate/v1": hashlib.sha256(same.encode()).hexdigest()},
    }


def _location(path: str) -> dict[str, str]:
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(PurePath(path).as_posix()), "uriBaseId": "%SRCROOT%"}
