"""What runs where an environment is: standard library and numpy alone, for Python 3.8 and newer.

Imported by simgate's own process, or, as the folder that it is, by the interpreter in which a team has its
environment; nothing of simgate needs to be installed there (:mod:`simgate.sim_adapters.environments.link` is
the other end).
"""
