"""One PhysX engine with one stage at a time."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, TypeVar

from pxr import Usd

from simgate.sim_adapters.physx.engine import engine
from simgate.sim_adapters.physx.selection import (
    ContactSensor,
    ContactSensors,
    RigidBodies,
    Selection,
)

_ORDINAL = 1
S = TypeVar("S", bound=Selection)


class PhysxSession:
    """An engine instance; stages come and go, which costs milliseconds, not a new instance.

    Raises:
        PhysxUnavailable: PhysX cannot be used in this process.
    """

    def __init__(self) -> None:
        self._ovphysx = engine()
        self._physx: Any = self._ovphysx.PhysX()
        self._stage: Any = None
        self._dictionary: Any = None
        self._selections: list[Selection] = []

    def __enter__(self) -> PhysxSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(self, stage: Usd.Stage) -> None:
        """Attaches a stage in place of the one before, at its authored state.

        Args:
            stage: Metres, Z up.

        Raises:
            ValueError: PhysX rejects the stage; the message carries its reason.
        """
        import ovstage

        self.unload()
        self._stage = ovstage.Stage("simgate")
        try:
            ovstage.population.open_usd_from_string(
                self._stage,
                stage_text(stage),
                ordinal=_ORDINAL,
                domains=ovstage.PopulationDomain.ALL,
            )
            self._stage.advance_write_floor(ordinal=_ORDINAL).wait()
            self._physx.wait_task(self._physx.attach_ovstage(self._stage, read_ordinal=_ORDINAL))
        except RuntimeError as error:
            self.unload()
            raise ValueError(f"PhysX cannot build the stage: {error}") from None
        self._dictionary = ovstage.PathDictionary(self._stage)

    def unload(self) -> None:
        """Detaches the stage, if any; selections of it end."""
        if self._stage is None:
            return
        for selection in self._selections:
            selection.close()
        self._selections = []
        if self._physx.is_stage_attached(self._stage):
            self._physx.wait_task(self._physx.detach_ovstage())
        if self._dictionary is not None:
            self._dictionary.destroy()
            self._dictionary = None
        self._stage.destroy()
        self._stage = None

    def close(self) -> None:
        """Ends the engine instance; safe to call twice."""
        if self._physx is None:
            return
        self.unload()
        self._physx.destroy()
        self._physx = None

    def step(self, seconds: float) -> None:
        """Advances by one physics step."""
        self._physx.step_sync(seconds)

    def bodies(self, paths: Sequence[str]) -> RigidBodies:
        """Rigid bodies by their prim paths.

        Raises:
            ValueError: One of them is no rigid body of the stage.
        """
        return self._kept(RigidBodies, "RIGID_BODY", paths)

    def links(self, paths: Sequence[str]) -> RigidBodies:
        """Links of articulations by their prim paths.

        Raises:
            ValueError: One of them is no link.
        """
        return self._kept(RigidBodies, "ARTICULATION_LINK", paths)

    def joints(self, paths: Sequence[str]) -> Selection:
        """Hinges and slides of articulations by their prim paths, to be told something.

        Raises:
            ValueError: One of them is no joint of an articulation.
        """
        return self._kept(Selection, "ARTICULATION_JOINT", paths)

    def contact_sensor(self, path: str) -> ContactSensor:
        """The contacts of a body that carries ``PhysxContactReportAPI``.

        Raises:
            ValueError: The prim is no such body.
        """
        return self._kept(ContactSensor, "CONTACT_SENSOR", [path])

    def contact_sensors(self, paths: Sequence[str]) -> ContactSensors:
        """The contacts of several such bodies, shape by shape.

        Raises:
            ValueError: One of them is no such body.
        """
        return self._kept(ContactSensors, "CONTACT_SENSOR", paths)

    def _kept(self, schema: type[S], kind: str, paths: Sequence[str]) -> S:
        of = getattr(self._ovphysx.types.SimObjectType, kind)
        selection = schema(self._physx, self._dictionary, of, paths)
        self._selections.append(selection)
        return selection


def stage_text(stage: Usd.Stage) -> str:
    """A stage as one layer of text."""
    layer = stage.GetRootLayer()
    if layer.GetCompositionAssetDependencies():
        layer = stage.Flatten(addSourceFileComment=False)
    text: str = layer.ExportToString()
    return text
