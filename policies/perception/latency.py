"""Perception latency of the target device, drawn for each frame (mode ``simulated``)."""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simgate.policies.perception.decoder_spec import Strict

Milliseconds = Annotated[float, Field(ge=0.0, le=60_000.0, allow_inf_nan=False)]


class NormalLatency(Strict):
    """Normal, truncated to ``between`` by inverting the distribution function."""

    mean: Milliseconds
    std: Annotated[float, Field(gt=0.0, le=60_000.0)]
    between: tuple[Milliseconds, Milliseconds]

    @model_validator(mode="after")
    def _range_holds_probability(self) -> Self:
        low, high = (self._normal().cdf(edge) for edge in self.between)
        if not high - low > 1e-6:
            raise ValueError(f"between {list(self.between)} is empty or far from mean {self.mean:g}")
        return self

    def _normal(self) -> NormalDist:
        return NormalDist(self.mean, self.std)

    def quantile(self, share: float) -> float:
        """Latency below which a share of frames stays, milliseconds."""
        normal = self._normal()
        low, high = (normal.cdf(edge) for edge in self.between)
        inside = min(max(low + share * (high - low), 1e-12), 1.0 - 1e-12)
        return min(max(normal.inv_cdf(inside), self.between[0]), self.between[1])


class LogNormalLatency(Strict):
    """Log-normal by its median and the standard deviation of the logarithm, truncated."""

    median: Annotated[float, Field(gt=0.0, le=60_000.0)]
    sigma: Annotated[float, Field(gt=0.0, le=3.0)]
    between: tuple[Annotated[float, Field(gt=0.0)], Milliseconds]

    @model_validator(mode="after")
    def _range_holds_probability(self) -> Self:
        self._in_logarithms()
        return self

    def _in_logarithms(self) -> NormalLatency:
        # Shifted by 100 because a latency's own logarithm may be negative.
        low, high = (math.log(edge) + 100.0 for edge in self.between)
        return NormalLatency(mean=math.log(self.median) + 100.0, std=self.sigma, between=(low, high))

    def quantile(self, share: float) -> float:
        """Latency below which a share of frames stays, milliseconds."""
        return math.exp(self._in_logarithms().quantile(share) - 100.0)


class UniformLatency(Strict):
    """Every value between the two is equally likely."""

    between: tuple[Milliseconds, Milliseconds]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.between[0] > self.between[1]:
            raise ValueError(f"between {list(self.between)} is empty: the first must not exceed the second")
        return self

    def quantile(self, share: float) -> float:
        """Latency below which a share of frames stays, milliseconds."""
        low, high = self.between
        return low + share * (high - low)


def _tuples(value: object) -> object:
    """Lists as tuples, which strict validation wants of what has passed through a function."""
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


class LatencyDistribution(Strict):
    """Exactly one of the distributions, all in milliseconds; a number alone is a constant, as in packs."""

    constant: Milliseconds | None = None
    uniform: UniformLatency | None = None
    normal: NormalLatency | None = None
    log_normal: LogNormalLatency | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_in_packs(cls, given: object) -> object:
        """``25`` is ``{constant: 25}``, and ``{uniform: [12, 80]}`` is ``{uniform: {between: [12, 80]}}``."""
        if isinstance(given, int | float) and not isinstance(given, bool):
            return {"constant": given}
        given = _tuples(given)
        if isinstance(given, dict) and isinstance(given.get("uniform"), tuple):
            return {**given, "uniform": {"between": given["uniform"]}}
        return given

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            names = ", ".join(type(self).model_fields)
            raise ValueError(f"give exactly one of {names}, not {len(given)}")
        return self

    def quantile(self, share: float) -> float:
        """Latency below which a share (0 to 1) of frames stays, milliseconds."""
        if self.constant is not None:
            return self.constant
        chosen = self.uniform or self.normal or self.log_normal
        assert chosen is not None
        return chosen.quantile(share)


class Latency(Strict):
    """Latency from frame to detections on the device where the model will be deployed.

    Attributes:
        device: Name of that device.
        distribution: Milliseconds.
        extra_ms: Added to every sample.
    """

    device: str
    distribution: LatencyDistribution
    extra_ms: Milliseconds = 0.0

    def quantile_ms(self, share: float) -> float:
        """Latency below which a share (0 to 1) of frames stays, milliseconds."""
        return self.distribution.quantile(share) + self.extra_ms

    def sample_ms(self, seed: int, frame_index: int) -> float:
        """Latency of one frame, milliseconds: a function of its arguments alone.

        The uniform number comes from a keyed hash of the counter (BLAKE2b), so frame k needs no
        frame before it.
        """
        counter = f"{seed}:{frame_index}".encode()
        word = hashlib.blake2b(counter, digest_size=8, key=b"simgate latency").digest()
        share = (int.from_bytes(word, "little") >> 11) * 2.0**-53
        return self.quantile_ms(share)


class Answering(Strict):
    """What a pack says of a policy outside of simgate that needs time to answer."""

    latency: LatencyDistribution | Literal["measured"] = LatencyDistribution(constant=0.0)
    """From what it is shown to its answer, in simulated time; ``measured``: what each answer just took."""

    def latency_ms(self, seed: int, number: int, took_s: float) -> float:
        """From what it is shown to its answer, milliseconds.

        Args:
            seed: Of the episode.
            number: Of the answer, from 0.
            took_s: What the answer has taken, wall-clock seconds.
        """
        simulated = self.simulated
        return took_s * 1000.0 if simulated is None else simulated.sample_ms(seed, number)

    @property
    def simulated(self) -> Latency | None:
        """What is drawn for each answer; None where it is measured."""
        return None if self.latency == "measured" else Latency(device="", distribution=self.latency)
