"""NVIDIA Isaac Sim 6: RTX frames and PhysX, driven headless from its own Python interpreter.

Not run on Isaac Sim by its authors, who have no such machine: checked against the signatures of 6.0.1 and
on a double of the API over real OpenUSD and PhysX. ``docs/isaac-sim.md`` says what that covers and what not.

Nothing that a host imports here brings ``isaacsim``, ``omni`` or ``pxr`` in before the application runs: Kit
brings its own.
"""
