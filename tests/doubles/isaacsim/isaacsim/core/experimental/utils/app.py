"""Double of ``isaacsim.core.experimental.utils.app``."""

from __future__ import annotations

from collections.abc import Callable

from isaacsim_double.kit import kit


def update_app(*, steps: int = 1, callback: Callable[[int, int], bool | None] | None = None) -> None:
    for number in range(steps):
        kit.update()
        if callback is not None and callback(number + 1, steps) is False:
            break


def play(*, commit: bool | None = True) -> None:
    if not commit:
        raise NotImplementedError("the double only plays at once")
    kit.play()


def stop(*, commit: bool | None = True) -> None:
    if not commit:
        raise NotImplementedError("the double only stops at once")
    kit.stop()


def is_playing() -> bool:
    return kit.playing
