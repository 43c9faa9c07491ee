"""What can go wrong in a run, as values: each error has fields to make a diagnostic of, and a plain sentence."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(eq=False)
class EngineError(Exception):
    """A run that cannot go on, for a reason that the user can do something about.

    `kind` names the reason, `facts` are the fields by name, `message` is one sentence for a person. Errors travel
    between processes: they pickle.
    """

    kind: ClassVar[str] = "engine"

    @property
    def message(self) -> str:
        return "the run failed"

    @property
    def facts(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self.facts.values())


@dataclass(eq=False)
class NoLatents(EngineError):
    """Nothing is to be inferred. `params` are the learnable values that the model does have."""

    engine: str
    params: tuple[str, ...] = ()
    kind: ClassVar[str] = "no-latents"

    @property
    def message(self) -> str:
        if self.params:
            return f"the model has no prior, only learnable values ({_listed(self.params)}): use mle, not {self.engine}"
        return f"the model has no unknown quantity, so {self.engine} has nothing to infer"


@dataclass(eq=False)
class DiscreteLatent(EngineError):
    """A latent takes whole values, which a gradient cannot move."""

    site: str
    engine: str = ""
    kind: ClassVar[str] = "discrete-latent"

    @property
    def message(self) -> str:
        return f"`{self.site}` is discrete and unobserved: {self.engine or 'this engine'} needs continuous unknowns"


@dataclass(eq=False)
class UnsupportedSupport(EngineError):
    """No one-to-one map from the whole real line to the support of a latent or a learnable value is known."""

    site: str
    support: str
    kind: ClassVar[str] = "unsupported-support"

    @property
    def message(self) -> str:
        return f"`{self.site}` lies in {self.support}, which cannot be mapped to unconstrained values"


@dataclass(eq=False)
class ParamsNotSupported(EngineError):
    """The engine averages over unknowns and has no way to learn a value without a prior."""

    names: tuple[str, ...]
    engine: str = ""
    kind: ClassVar[str] = "params-not-supported"

    @property
    def message(self) -> str:
        verb = "has" if len(self.names) == 1 else "have"
        return f"{_listed(self.names)} {verb} no prior, which {self.engine or 'this engine'} needs: use svi, map or mle"


@dataclass(eq=False)
class Subsampled(EngineError):
    """The model draws a new minibatch each time, so its density is not a function."""

    plate: str
    engine: str = ""
    kind: ClassVar[str] = "subsampled"

    @property
    def message(self) -> str:
        return f"plate `{self.plate}` is subsampled: {self.engine or 'this engine'} needs all of its members"


@dataclass(eq=False)
class InitFailed(EngineError):
    """No starting point has a finite log density and gradient.

    `site` is the first site whose term is not finite at the last point tried, None where only the gradient is not;
    `quantity` is `"log density"` or `"gradient"`; `tries` is how many points were tried.
    """

    site: str | None
    quantity: str
    tries: int
    kind: ClassVar[str] = "init-failed"

    @property
    def message(self) -> str:
        where = f" at `{self.site}`" if self.site else ""
        return f"none of {self.tries} starting points has a finite {self.quantity}{where}"


@dataclass(eq=False)
class LossNotFinite(EngineError):
    """The objective of an optimiser became NaN or infinite. `step` counts from 1."""

    step: int
    value: float
    engine: str
    kind: ClassVar[str] = "loss-not-finite"

    @property
    def message(self) -> str:
        if self.step == 1:
            advice = "check the scales of the priors against those of the data"
        else:
            advice = "try a smaller learning rate, more particles, or data on a scale near 1"
        return f"the loss is {self.value} at step {self.step} of {self.engine}: {advice}"


@dataclass(eq=False)
class GuideNotSupported(EngineError):
    """A guide that cannot fit this model, or cannot be used by its name alone."""

    guide: str
    reason: str
    kind: ClassVar[str] = "guide-not-supported"

    @property
    def message(self) -> str:
        return f"guide {self.guide} cannot be used here: {self.reason}"


@dataclass(eq=False)
class GuideMismatch(EngineError):
    """A guide leaves latents of the model out (`missing`), or has some that the model has not (`extra`)."""

    guide: str
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    kind: ClassVar[str] = "guide-mismatch"

    @property
    def message(self) -> str:
        parts = []
        if self.missing:
            parts.append(f"does not say how to draw {_listed(self.missing)}")
        if self.extra:
            parts.append(f"draws {_listed(self.extra)}, which the model does not have")
        return f"guide {self.guide} " + " and ".join(parts)


@dataclass(eq=False)
class LossNotSupported(EngineError):
    """An objective that cannot be used with this model and guide."""

    loss: str
    reason: str
    kind: ClassVar[str] = "loss-not-supported"

    @property
    def message(self) -> str:
        return f"loss {self.loss} cannot be used here: {self.reason}"


@dataclass(eq=False)
class OptimiserNotSupported(EngineError):
    optimiser: str
    engine: str
    reason: str
    kind: ClassVar[str] = "optimiser-not-supported"

    @property
    def message(self) -> str:
        return f"optimiser {self.optimiser} cannot be used with {self.engine}: {self.reason}"


@dataclass(eq=False)
class LaplaceFailed(EngineError):
    """The curvature at the fitted point is not that of a maximum."""

    reason: str
    kind: ClassVar[str] = "laplace-failed"

    @property
    def message(self) -> str:
        return f"the Laplace approximation does not exist at the fitted point ({self.reason}): fit for more steps"


@dataclass(eq=False)
class UnknownComponent(EngineError):
    """A guide, an optimiser or a loss of that name does not exist."""

    role: str
    name: str
    kind: ClassVar[str] = "unknown-component"

    @property
    def message(self) -> str:
        return f"there is no {self.role} called {self.name}"


@dataclass(eq=False)
class UnknownSettings(EngineError):
    """The engine does not take settings of these names."""

    engine: str
    names: tuple[str, ...]
    kind: ClassVar[str] = "unknown-settings"

    @property
    def message(self) -> str:
        return f"{self.engine} does not take {_listed(self.names)}"


@dataclass(eq=False)
class WorkerFailed(EngineError):
    """A process that ran a chain failed. `traceback` is what it had to say, empty where it said nothing."""

    chain: int
    reason: str
    traceback: str = ""
    kind: ClassVar[str] = "worker-failed"

    @property
    def message(self) -> str:
        return f"chain {self.chain + 1} failed: {self.reason}"


@dataclass(eq=False)
class SamplerFailed(EngineError):
    """The compiled sampler gave up on a chain, for a reason that it tells in its own words."""

    chain: int
    reason: str
    kind: ClassVar[str] = "sampler-failed"

    @property
    def message(self) -> str:
        return f"nutpie gave up on chain {self.chain + 1}: {self.reason}"


@dataclass(eq=False)
class NotTogether(EngineError):
    """A model whose chains cannot run all at once, for a reason that is a clause."""

    reason: str
    kind: ClassVar[str] = "not-together"

    @property
    def message(self) -> str:
        return f"nuts cannot run all chains of this model at once, as it does on a GPU: {self.reason}"


@dataclass(eq=False)
class PyroOnDevice(EngineError):
    """Pyro's own sampler was asked for on another device than the cores."""

    device: str
    kind: ClassVar[str] = "pyro-on-device"

    @property
    def message(self) -> str:
        return f"`nuts` with `engine = pyro` does not run on {self.device}"


@dataclass(eq=False)
class DeviceFull(EngineError):
    """A device has not enough memory for chains over a density of so many dimensions."""

    device: str
    chains: int
    dimension: int
    kind: ClassVar[str] = "device-full"

    @property
    def message(self) -> str:
        numbers = f"{self.dimension:,} unconstrained number{'s' * (self.dimension != 1)} each"
        return f"{self.device} has not enough memory for {self.chains:,} chains at once, with {numbers}"


@dataclass(eq=False)
class TooManyValues(EngineError):
    """The draws of a quantity that varies over the rows of minibatches take more memory than a run may. `most` is how
    many draws would do."""

    site: str
    draws: int
    values: int
    most: int
    kind: ClassVar[str] = "too-many-values"

    @property
    def message(self) -> str:
        remedy = f"{self.most:,} would do" if self.most else "even one is too large"
        return f"{self.draws:,} draws of `{self.site}`, {self.values:,} numbers each, are too large to keep: {remedy}"


@dataclass(eq=False)
class Interrupted(EngineError):
    """The run was stopped before there was anything to keep."""

    engine: str
    phase: str
    kind: ClassVar[str] = "interrupted"

    @property
    def message(self) -> str:
        return f"{self.engine} was stopped during {self.phase}, before the first draw: nothing to keep"


# What a compiler that meets a program that nobody thought of may raise, or a torch whose insides are others: the run
# need not end for that.
SURPRISES = (
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    OSError,
)


def _listed(names: tuple[str, ...]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]


def reason(error: Exception) -> str:
    """The first line of what a library's error says, or its name."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
