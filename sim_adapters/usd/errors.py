"""What can go wrong between a scene and a stage, for the person who can mend it."""


class MissingUsd(ImportError):  # noqa: N818 - the name says what is wrong
    """OpenUSD's Python modules are not installed."""

    def __init__(self) -> None:
        super().__init__("OpenUSD (module 'pxr') is not installed: pip install 'simgate[usd]'", name="pxr")


class StageError(ValueError):
    """A scene, an asset or an asset table cannot become a stage; the message says which and what to do."""
