"""``simgate explain RUN VARIANT``: one variant in words."""
