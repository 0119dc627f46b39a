"""Semantic labels, as Isaac Sim 6 reads them: ``SemanticsLabelsAPI:class``."""

from __future__ import annotations

from pxr import Usd, UsdSemantics

TAXONOMY = "class"


def set_label(prim: Usd.Prim, label: str) -> None:
    """Labels a prim and all below it."""
    UsdSemantics.LabelsAPI.Apply(prim, TAXONOMY).CreateLabelsAttr().Set([label])


def label_of(prim: Usd.Prim) -> str | None:
    """The label that a prim itself carries."""
    if not prim.HasAPI(UsdSemantics.LabelsAPI, TAXONOMY):
        return None
    labels = UsdSemantics.LabelsAPI(prim, TAXONOMY).GetLabelsAttr().Get()
    return str(labels[0]) if labels else None
