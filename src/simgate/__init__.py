"""simgate: a release gate for robot software. Everything imports as ``simgate.*``.

The rooms stand at the top of the repository; here are links to them, so that installers, type checkers and
editors find one package, and none of its names collides with a team's own ``policies`` or ``harness``.
"""
