"""Semantic labels, as Isaac Sim 6 reads them: ``SemanticsLabelsAPI:class``."""

from __future__ import annotations

from pxr import Usd, UsdSemantics

TAXONOMY = "class"


def set_label(prim: Usd.Prim, label: str) -> None:
    """Labels a prim and all below it."""
    UsdSemantics.LabelsAPI.Apply(prim, TAXONOMY).CreateLabelsAttr().Set([label])
