"""What can go wrong between a scene and a stage. It stands apart from OpenUSD, which a plan need not have."""


class StageError(ValueError):
    """A scene, an asset or an asset table cannot become a stage; the message says which and what to do."""
