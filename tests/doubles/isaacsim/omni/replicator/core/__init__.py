"""Double of ``omni.replicator.core``: the one annotator that is not an image."""

from __future__ import annotations

from typing import Any

from isaacsim_double.kit import kit


class Annotator:
    def __init__(self, name: str) -> None:
        self._name = name
        self._path = ""

    def attach(self, render_products: list[str]) -> None:
        (self._path,) = render_products

    def detach(self, render_products: list[str]) -> None:
        if render_products != [self._path]:
            raise ValueError(f"not attached to {render_products}")
        self._path = ""

    def get_data(self) -> dict[str, Any]:
        for product in kit.products:
            if product.path == self._path and product.time is not None:
                numerator, denominator = product.time
                return {"referenceTimeNumerator": numerator, "referenceTimeDenominator": denominator}
        return {}


class AnnotatorRegistry:
    @classmethod
    def get_annotator(cls, name: str) -> Annotator:
        if name != "ReferenceTime":
            raise ValueError(f"unknown annotator {name}")
        return Annotator(name)
