"""What every plugin of a pack but a reporter may have: what it reads, and what it is if it runs elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from simgate.sim_adapters.optional_member import OptionalMember

Given = Mapping[str, object]
"""Options as a pack gives them."""
PathsMember = OptionalMember[Callable[[Given], Iterable[Path]]]

FILES: PathsMember = OptionalMember("files", lambda _: ())
"""What it reads besides its code, such as weights: part of a run's identity, and a worker refuses others, as
it does with files that an option names. Callable without an instance."""
SAYS: OptionalMember[Callable[[Given], Mapping[str, str]]] = OptionalMember("says", lambda _: {})
"""What a plugin that is elsewhere says of itself: part of a run's identity. What the factory makes has it as
:data:`simgate.policies.policy.SAID`."""
INTERPRETERS: PathsMember = OptionalMember("interpreters", lambda _: ())
"""Programs that it runs, which are installed on a machine and no part of a pack."""
WAITS_S: OptionalMember[Callable[[Given], float]] = OptionalMember("waits_s", lambda _: 0.0)
"""Seconds of this machine that it may wait for others at the start of an episode; its host is given them."""
CODE_ELSEWHERE: PathsMember = OptionalMember("code_elsewhere", lambda _: ())
"""Files that are loaded by such a program."""
