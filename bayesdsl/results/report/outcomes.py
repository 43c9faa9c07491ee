"""What each likelihood gives at the rows of the data, and along a predictor: draws of the outcome and of its mean.

The program of the run is run once for each of some draws, with every unknown at its value in that draw:

    a, b, sigma = draw 17    ->   mass ~ Normal(a[species] + b[species] * flipper, sigma)  ->  342 new masses, 342 means
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdsl.model import ir
from bayesdsl.types.supports import Support

if TYPE_CHECKING:
    import torch
    from pyro.poutine.messenger import Messenger

    from bayesdsl.lower.program import Program
    from bayesdsl.lower.statements import Reported
    from bayesdsl.results.report.material import Material

# As many draws as give the ends of a 90 % interval to within a few hundredths of its width, and no more numbers than
# a report needs to hold.
DRAWS = 500
MOST_NUMBERS = 20_000_000
FEWEST_DRAWS = 20
# Outcomes for each draw along a predictor: the ends of a band are then smooth enough to look at.
COPIES = 12


class NotKnown(Exception):
    """Why the outcomes cannot be drawn, in a sentence."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A likelihood at some rows.

    `draws` are outcomes of shape (draw, *plates), `mean` those of the distribution's mean, None where it has none.
    `observed` are the data, NaN where they are missing, and None along a predictor. `support` is the data's where
    what is drawn keeps to it, else None. `labels` are the levels of a category, of which positions are drawn.
    """

    name: str
    plates: tuple[str, ...]
    support: Support | None
    observed: np.ndarray | None
    draws: np.ndarray
    mean: np.ndarray | None
    labels: tuple[str, ...] | None = None

    @cached_property
    def discrete(self) -> bool:
        """Whether whole numbers are drawn, whatever the data look like."""
        return bool((self.draws == np.round(self.draws)).all())

    @cached_property
    def binary(self) -> bool:
        return self.discrete and self.draws.min() >= 0 and self.draws.max() <= 1


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The likelihoods of a run. `problem` says why there are none where the model has some."""

    material: Material
    program: Program | None
    problem: str = ""

    @classmethod
    def of(cls, material: Material) -> Outcomes:
        from bayesdsl.lower.program import lower

        model = material.model
        if model is None:
            return cls(material, None, "this version of bayesdsl does not understand the run's spec any more")
        known = {**material.posterior.draws, **material.posterior.learned}
        if missing := [s.name for s in _unknowns(model) if s.name not in known]:
            return cls(material, None, f"there are no draws of {', '.join(missing)}")
        if not material.posterior.draws_per_chain:
            return cls(material, None, "there are no draws")
        return cls(material, lower(model, material.manifest.dtype))

    @cached_property
    def at_the_rows(self) -> tuple[Outcome, ...]:
        """Every likelihood at the rows it was fitted to. Raises NotKnown."""
        return self._replicated({**self.material.observed, **self.material.constant}, {})

    def along(self, outcome: str, columns: Mapping[str, np.ndarray]) -> Outcome:
        """A likelihood at rows of one's own. `columns` are those of its table that it depends on, one value a row.
        Raises NotKnown where something else belongs to the rows of the data."""
        model = self.material.model
        plate = model.columns[outcome].plates[0]
        if any(plate in (*s.plates, *_event(s)) for s in _unknowns(model)):
            raise NotKnown(f"an unknown belongs to each {plate}")
        size = len(next(iter(columns.values())))
        given: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
        for name, (plates, values) in {**self.material.observed, **self.material.constant}.items():
            if name in columns:
                given[name] = (plates, columns[name])
            elif plate not in plates:
                given[name] = (plates, values)
            elif name not in self._drawn_columns:
                # Nothing that is shown depends on it.
                given[name] = (plates, values.take(np.zeros(size, dtype=int), axis=plates.index(plate)))
        found = self._replicated(given, {plate: size}, outcome, COPIES)
        return replace(found[0], observed=None)

    @cached_property
    def _drawn_columns(self) -> frozenset[str]:
        """The columns that the program draws where they are not given."""
        from bayesdsl.lower.inputs import Codes, Values

        inputs = self.program.inputs
        return frozenset(
            inputs[name].column for name in self.program.optional if isinstance(inputs[name], Codes | Values)
        )

    def _replicated(
        self, columns: Any, sizes: Mapping[str, int], only: str | None = None, copies: int = 1
    ) -> tuple[Outcome, ...]:
        """Draws of the likelihoods with these columns as data, `copies` outcomes for each draw of the unknowns."""
        import torch

        from bayesdsl.runtime.engines.isolation import Isolated
        from bayesdsl.runtime.load import load

        if self.program is None:
            raise NotKnown(self.problem)
        material, model = self.material, self.material.model
        sizes = {**_sizes(material, columns), **sizes}
        wanted = [s for s in model.of(ir.Observed) if only in (None, s.name)]
        numbers = copies * sum(int(np.prod([sizes[p] for p in (*s.plates, *s.event)])) for s in wanted)
        draws = min(DRAWS, MOST_NUMBERS // max(numbers, 1))
        if draws < FEWEST_DRAWS:
            raise NotKnown(f"{numbers:,} outcomes are too many to draw for a report")
        inputs = _inputs(self.program, columns, sizes, material)
        function = load(_text(self.program), f"report_of_{material.manifest.spec}").model
        found: dict[str, list[tuple[np.ndarray, np.ndarray | None]]] = {s.name: [] for s in wanted}
        try:
            with Isolated(material.manifest.seed), torch.no_grad():
                for values in self._states(draws):
                    with _handler(values, tuple(found), copies) as seen:
                        function(**inputs)
                    for name in found:
                        found[name].append(seen.outcomes[name])
        except (ValueError, RuntimeError, KeyError, IndexError, NotImplementedError) as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise NotKnown(f"the model cannot be run forward: {first}") from error
        return tuple(self._outcome(statement, found[statement.name], columns, sizes) for statement in wanted)

    def _states(self, draws: int) -> Iterator[dict[str, torch.Tensor]]:
        """The values of all unknowns, as the program lays them out, at draws that are spread over the posterior."""
        import torch

        posterior, program = self.material.posterior, self.program
        total = posterior.chains * posterior.draws_per_chain
        places = {place.name: place for place in (*program.reported, *program.learned)}
        wanted = [places[s.name] for s in _unknowns(self.material.model)]
        dtype = getattr(torch, self.material.manifest.dtype)
        fixed = {p.name: _laid_out(posterior.learned[p.name], p, dtype) for p in wanted if p.name in posterior.learned}
        varying = [place for place in wanted if place.name not in fixed]
        for chosen in np.linspace(0, total - 1, draws).round().astype(int):
            at = divmod(int(chosen), posterior.draws_per_chain)
            yield fixed | {place.name: _laid_out(posterior.draws[place.name][at], place, dtype) for place in varying}

    def _outcome(self, statement: ir.Observed, found: list, columns: Any, sizes: Mapping[str, int]) -> Outcome:
        from bayesdsl.lower.layout import assign_dims, batch_layout
        from bayesdsl.runtime.bound import Variable
        from bayesdsl.runtime.engines.collect import arranged

        model = self.material.model
        column = model.columns[statement.name]
        layout = (*batch_layout(statement.plates, assign_dims(model)), *statement.event)
        place = Variable(statement.name, "observed", column.plates, layout)
        ranges = {plate: range(size) for plate, size in sizes.items()}
        draws = arranged(place, np.concatenate([drawn for drawn, _ in found]), ranges, lead=1)
        means = [mean for _, mean in found]
        mean = None if any(m is None for m in means) else arranged(place, np.stack(means), ranges, lead=1)
        observed = columns.get(statement.name)
        return Outcome(
            name=statement.name,
            plates=column.plates,
            support=column.support if _keeps_to(column.support, draws) else None,
            observed=None if observed is None else np.asarray(observed[1], dtype=np.float64),
            draws=draws,
            mean=None if column.category is not None else mean,
            labels=None if column.category is None else self._levels(column.category, sizes),
        )

    def _levels(self, plate: str, sizes: Mapping[str, int]) -> tuple[str, ...]:
        known = self.material.coords.get(plate)
        return tuple(map(str, known if known is not None else range(1, sizes.get(plate, 0) + 1)))


def reads(model: ir.Model, statement: ir.Observed) -> tuple[str, ...]:
    """The columns that a likelihood depends on, through definitions too, in the order in which it meets them."""
    definitions = {s.name: s.expr for s in model.of(ir.Let)}
    found: dict[str, None] = {}

    def visit(expr: ir.Expr) -> None:
        for node in ir.walk(expr):
            match node:
                case ir.Ref(name, ir.Kind.COLUMN):
                    found[name] = None
                case ir.Ref(name, ir.Kind.LET):
                    visit(definitions[name])
                case ir.At(_, indices):
                    found.update({index.column: None for _, index in indices if isinstance(index, ir.Rows)})

    for expr in ir.dist_exprs(statement.dist):
        visit(expr)
    return tuple(found)


def given(statement: ir.Observed) -> frozenset[str]:
    """The columns that stand in a likelihood by themselves: known standard errors, numbers of trials. They are no
    predictors, unless one is the location itself."""
    if not isinstance(statement.dist, ir.Call):
        return frozenset()
    location = (statement.dist.row.location_scale or (None,))[0]
    alone = [value for name, value in statement.dist.args if name != location]
    return frozenset(value.name for value in alone if isinstance(value, ir.Ref) and value.kind is ir.Kind.COLUMN)


# What the program is given


def _unknowns(model: ir.Model) -> list[ir.Sample | ir.Parameter]:
    return [s for s in model.statements if isinstance(s, ir.Sample | ir.Parameter)]


def _keeps_to(support: Support, draws: np.ndarray) -> bool:
    return support.known and not support.integer and bool((draws.min() >= support.lo) & (draws.max() <= support.hi))


def _event(statement: ir.Sample | ir.Parameter) -> tuple[str, ...]:
    return statement.event if isinstance(statement, ir.Sample) else ()


def _sizes(material: Material, columns: Any) -> dict[str, int]:
    """How many members each plate has, as far as the run tells."""
    sizes = {plate: len(members) for plate, members in material.coords.items()}
    posterior = material.posterior
    for name, values in (
        *((name, values[0, 0]) for name, values in posterior.draws.items()),
        *posterior.learned.items(),
    ):
        sizes |= dict(zip(posterior.dims[name], values.shape, strict=True))
    for plates, values in columns.values():
        sizes |= dict(zip(plates, values.shape, strict=True))
    return sizes


def _inputs(program: Program, columns: Any, sizes: Mapping[str, int], material: Material) -> dict[str, object]:
    import torch

    from bayesdsl.lower.inputs import Codes, Position, Size, Values

    dtype = getattr(torch, material.manifest.dtype)
    inputs: dict[str, object] = {}
    for name, kind in program.inputs.items():
        match kind:
            case Size(plate) if plate in sizes:
                inputs[name] = int(sizes[plate])
            case Position(plate, label) if str(label) in (labels := _texts(material.coords.get(plate, ()))):
                inputs[name] = labels.index(str(label))
            case Codes(column) if column in columns:
                inputs[name] = torch.as_tensor(np.ascontiguousarray(columns[column][1]), dtype=torch.int64)
            case Values(column) if column in columns:
                inputs[name] = torch.as_tensor(np.ascontiguousarray(columns[column][1]), dtype=dtype)
            case _ if name not in program.optional:
                raise NotKnown(f"the run does not hold the program's argument `{name}`")
    return inputs


def _texts(labels: Sequence[Any]) -> list[str]:
    return [str(label) for label in labels]


def _text(program: Program) -> str:
    from bayesdsl.pysrc.printer import print_module

    return print_module(program.module).text


def _laid_out(values: np.ndarray, place: Reported, dtype: torch.dtype) -> torch.Tensor:
    """One value of a quantity as the program lays it out, with dimensions of size one for plates it does not have."""
    import torch

    own = [plate for plate in place.layout if plate is not None]
    moved = values.transpose([place.dims.index(plate) for plate in own])
    sizes = iter(moved.shape)
    shape = [1 if plate is None else next(sizes) for plate in place.layout]
    return torch.as_tensor(np.ascontiguousarray(moved.reshape(shape)), dtype=dtype)


def _handler(values: Mapping[str, torch.Tensor], outcomes: tuple[str, ...], copies: int) -> Messenger:
    """A handler of Pyro's that gives every unknown its value and draws the outcomes where the program meets them."""
    from pyro.poutine.messenger import Messenger

    class Forward(Messenger):
        def __init__(self) -> None:
            super().__init__()
            self.outcomes: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}

        def _pyro_sample(self, message: Any) -> None:
            if message["name"] in values:
                message["value"] = values[message["name"]]

        def _pyro_param(self, message: Any) -> None:
            self._pyro_sample(message)

        def _pyro_post_sample(self, message: Any) -> None:
            if message["name"] in outcomes:
                drawn = message["fn"].sample((copies,))
                self.outcomes[message["name"]] = (drawn.numpy(), _mean(message["fn"], drawn[0]))

    return Forward()


def _mean(distribution: Any, drawn: torch.Tensor) -> np.ndarray | None:
    """The mean of a distribution; None where there is none, or none is known."""
    try:
        mean = distribution.mean
    except (NotImplementedError, AttributeError):
        return None
    return mean.expand_as(drawn).numpy().copy() if mean.shape == drawn.shape and mean.isfinite().all() else None
