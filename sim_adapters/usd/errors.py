"""What can go wrong where OpenUSD is needed."""


class MissingUsd(ImportError):  # noqa: N818 - the name says what is wrong
    """OpenUSD's Python modules are not installed."""

    def __init__(self) -> None:
        super().__init__("OpenUSD (module 'pxr') is not installed: pip install 'simgate[usd]'", name="pxr")
