"""OpenUSD's own checks on a stage.

``UsdUtils.ComplianceChecker`` is gone from OpenUSD 26.11; its rules live on as validators
(``UsdValidation``).
"""

from __future__ import annotations

from pxr import Usd, UsdValidation


def stage_problems(stage: Usd.Stage) -> list[str]:
    """Everything that any installed validator says against a stage, most general first; empty when clean."""
    registry = UsdValidation.ValidationRegistry()
    context = UsdValidation.ValidationContext(registry.GetOrLoadAllValidators())
    found = []
    for error in context.Validate(stage):
        sites = ", ".join(_site(site) for site in error.GetSites())
        found.append(f"{error.GetIdentifier()}: {error.GetMessage()} ({sites})")
    return found


def _site(site: UsdValidation.ValidationErrorSite) -> str:
    if site.IsPrim():
        return str(site.GetPrim().GetPath())
    if site.IsProperty():
        return str(site.GetProperty().GetPath())
    return "stage"
