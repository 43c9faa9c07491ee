"""A spec without errors, and everything that is made of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.driver.blame import said, spec_line
from bayesdsl.driver.bound import Bound
from bayesdsl.driver.fit import Fit
from bayesdsl.model import ir

if TYPE_CHECKING:
    from types import ModuleType

    from bayesdsl.export.graph.value import Graph
    from bayesdsl.lower.program import Program
    from bayesdsl.model.earlier import Earlier
    from bayesdsl.pysrc.printer import Printed
    from bayesdsl.results.rundir import Run
    from bayesdsl.results.simulated import Simulation
    from bayesdsl.runtime.binding.bind import BoundData
    from bayesdsl.runtime.bound import BoundModel
    from bayesdsl.runtime.progress import Report

    # What a prior can be taken from: a fit, a run, or the directory of a run.
    PriorFrom: TypeAlias = "Fit | Run | str | os.PathLike[str]"


TARGETS = ("pyro", "numpyro")


@dataclass(frozen=True)
class Compiled:
    """A spec without errors. `diagnostics` are its warnings; everything else is made when it is first asked for.

    The program can take minibatches of the tables that the spec's inferences ask them of, and of those in `batched`.
    `earlier` is the posterior of a run that takes the place of priors.
    """

    spec: ir.Model
    diagnostics: tuple[Diagnostic, ...] = ()
    dtype: str = "float64"
    batched: frozenset[str] = frozenset()
    earlier: Earlier | None = None

    @cached_property
    def program(self) -> Program:
        """The lowered program, with what its arguments are."""
        from bayesdsl.lower.program import lower

        asked = {batch.plate for batch in map(ir.batch_of, self.spec.inferences) if batch is not None}
        return lower(self.spec, self.dtype, self.batched | asked, self.earlier)

    @cached_property
    def printed(self) -> Printed:
        from bayesdsl.pysrc.printer import print_module

        return print_module(self.program.module)

    @property
    def source(self) -> str:
        """The Pyro program as text: what runs, and what `bayesdsl emit` prints."""
        return self.printed.text

    def emit(self, target: str = "pyro") -> str:
        """The program as text for `"pyro"` (`source`) or `"numpyro"`, with the same arguments but those of minibatches.

        A NumPyro program has the precision that JAX is set to, whatever `dtype` says, and takes all rows, as NumPyro's
        plates draw their minibatches themselves. Raises `BayesError` with a finding for each distribution, guide or
        layer that NumPyro does not have.
        """
        from bayesdsl.lower.numpyro import to_numpyro
        from bayesdsl.lower.program import lower
        from bayesdsl.pysrc.printer import print_module

        if target not in TARGETS:
            raise ValueError(f"target is one of {', '.join(TARGETS)}, not {target!r}")
        if target == "pyro":
            return self.source
        whole = lower(self.spec, self.dtype) if self.program.batches else self.program
        return print_module(to_numpyro(self.spec, whole)).text

    def graph(self) -> Graph:
        """The model as a picture: `.svg()`, `.dot()`, `.mermaid()`; a notebook shows it."""
        from bayesdsl.export.graph.build import model_graph

        return model_graph(self.spec)

    @property
    def name(self) -> str:
        return Path(self.spec.source.name).stem

    @cached_property
    def module(self) -> ModuleType:
        """The program, loaded."""
        from bayesdsl.runtime.load import load

        return load(self.source, f"bayesdsl_{self.name}".replace("-", "_"))

    @property
    def model(self) -> Any:
        """The Pyro model: a function of the arguments that `inputs` gives."""
        return self.module.model

    @property
    def guides(self) -> dict[str, Any]:
        """The spec's guides by name: functions with the model's arguments, or from a model to an autoguide."""
        return {name: getattr(self.module, _guide_function(self, name)) for name in self.spec.guides}

    @property
    def guide(self) -> Any:
        """The spec's first guide. Raises AttributeError where it has none."""
        for guide in self.guides.values():
            return guide
        raise AttributeError(f"{self.spec.source.name} has no guide")

    def inputs(self, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The arguments of `model` and of guides by hand: `m.model(**m.inputs())`."""
        return dict(self.bind(data).inputs)

    def bind(self, data: Mapping[str, Any] | None = None, *, prior_from: PriorFrom | None = None) -> Bound:
        """Bind data: those the spec names, or `data`, by the name of the table: a path, a frame of pandas or polars,
        or a dict of arrays. `prior_from` is as in `fit`. Raises `BayesError` with every finding.
        """
        import torch

        from bayesdsl.runtime.binding.bind import bind_data

        if self.earlier is not None:
            # A prior from a run is made for some members of plates, and other data have others.
            return replace(self, earlier=None).bind(data, prior_from=prior_from)
        base = Path(self.spec.source.name).parent
        found = bind_data(self.spec, self.program, data, base, getattr(torch, self.dtype))
        return self._bound(found) if prior_from is None else _updated(self, found, prior_from)

    def _bound(self, found: BoundData) -> Bound:
        return Bound(self, found, self._bound_model(found))

    def _bound_model(self, found: BoundData) -> BoundModel:
        """The program with its data."""
        import torch

        from bayesdsl.lower.inputs import Size
        from bayesdsl.runtime.bound import BoundModel, Minibatch, Variable

        variables, learned = (
            tuple(Variable(r.name, r.role, r.dims, r.layout) for r in found)
            for found in (self.program.reported, self.program.learned)
        )
        return BoundModel(
            name=self.module.__name__,
            source=self.source,
            model=self.model,
            inputs=found.inputs,
            variables=variables,
            coords=found.coords,
            learned=learned,
            observed=tuple(s.name for s in self.spec.statements if isinstance(s, ir.Observed)),
            guides=self.guides,
            automatic=self.program.automatic,
            moving_supports=self.program.moving,
            prior_terms=self.program.prior_terms,
            dtype=getattr(torch, self.dtype),
            minibatches={
                plate: Minibatch(plate, batch.rows, batch.site, batch.dim, self._dims_of(plate))
                for plate, batch in self.program.batches.items()
            },
            counts={name: kind.plate for name, kind in self.program.inputs.items() if isinstance(kind, Size)},
            layouts=self._layouts(),
            growing=frozenset(name for name, p in self.spec.plates.items() if p.size is None and p.labels is None),
        )

    def _layouts(self) -> dict[str, tuple[str, ...]]:
        """The plates of the dimensions of the program's arguments that are tensors."""
        columns = self.spec.columns
        given = {name: getattr(kind, "column", None) for name, kind in self.program.inputs.items()}
        return {name: tuple(columns[column].plates) for name, column in given.items() if column is not None}

    def _dims_of(self, plate: str) -> dict[str, int]:
        """The program's arguments that hold a value for each member of a plate, and the dimension they have it in."""
        return {name: found.index(plate) for name, found in self._layouts().items() if plate in found}

    def inference(self, name: str | None = None) -> ir.Inference:
        """An inference of the spec by name, the first by default; any engine's name with its default settings."""
        from bayesdsl.check.settings import default_inference
        from bayesdsl.runtime import errors

        known = {i.name: i for i in reversed(self.spec.inferences)}
        if name is None:
            if not self.spec.inferences:
                raise BayesError((errors.no_inference(self.spec.source.name),))
            return self.spec.inferences[0]
        found = known.get(name) or default_inference(name)
        if found is None:
            names = [i.name for i in self.spec.inferences]
            raise BayesError((errors.unknown_inference(name, nearest(name, names), names),))
        return found

    def fit(
        self,
        infer: str | None = None,
        *,
        data: Mapping[str, Any] | None = None,
        prior_from: PriorFrom | None = None,
        seed: int = 0,
        progress: Report | None = None,
        device: str = "cpu",
        **settings: Any,
    ) -> Fit:
        """Run an inference of the spec (the first by default) or an engine by its name.

        `prior_from` is a fit, a run or its directory: its posterior is the prior of the unknowns that it has, by name
        and all together. `settings` override those of the `infer` statement: `m.fit("nuts", draws=500)`. The same seed
        gives the same draws. `device` is where svi takes its steps, and nuts those of all its chains at once, `"cpu"`
        or `"cuda"`. Raises `BayesError`.
        """
        bound = self.bind(data, prior_from=prior_from)
        return bound.fit(infer, seed=seed, progress=progress, device=device, **settings)

    def simulate(
        self,
        rows: Mapping[str, int] | None = None,
        *,
        set: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        columns: Mapping[str, Any] | None = None,
        levels: Mapping[str, Any] | None = None,
        draws: int = 1,
        seed: int = 0,
    ) -> Simulation:
        """Draw data sets that can be fitted: `m.fit(data=m.simulate(rows={"point": 100}).data)`.

        `rows` are the numbers of rows of tables that are made up; `set` values of unknowns and params by name, or of
        members (`'a[county = "x"]'`), the others being drawn from their priors. Predictors are made up by their types,
        or by `columns` (a rule such as `"normal(0, 2)"`, a number, or values, by column), or taken from `data` (as for
        `bind`; what the model draws need not be there). `levels` are the numbers or names of levels, by plate. The same
        seed gives the same data sets, whatever their number. Raises `BayesError` with every finding.
        """
        import torch

        from bayesdsl.results.simulated import Simulation
        from bayesdsl.runtime import errors
        from bayesdsl.runtime.simulation.simulate import Ask, Runnable, drawable, simulate

        if draws < 1:
            raise ValueError(f"draws is at least 1, not {draws}")
        uncut = drawable(self.spec)
        drawn = self if uncut is self.spec else replace(self, spec=uncut)
        spec = Runnable(self.spec, self.program, drawn.program, drawn.model)
        ask = Ask(rows or {}, levels or {}, columns or {}, data or {})
        base, dtype = Path(self.spec.source.name).parent, getattr(torch, self.dtype)
        try:
            found = simulate(spec, ask, set or {}, base=base, dtype=dtype, draws=draws, seed=seed)
        except (ValueError, RuntimeError, IndexError, NotImplementedError) as error:
            line = spec_line(drawn, error)
            if line is None:
                raise
            raise BayesError((errors.program_failed(self.spec, line, said(error)),)) from error
        return Simulation.of(self.spec, seed, found)


def _updated(compiled: Compiled, found: BoundData, prior_from: PriorFrom) -> Bound:
    """The spec and its data with the posterior of an earlier run in the place of priors."""
    from bayesdsl.results.earlier import EarlierRun
    from bayesdsl.runtime.binding.arguments import rebound
    from bayesdsl.runtime.earlier.carry import starts

    if isinstance(prior_from, Fit):
        of, fit = prior_from.bound.compiled, prior_from
        run = EarlierRun.of_fit(of.spec, fit.posterior, fit.summary(), fit.verdict())
    else:
        run = EarlierRun.at(prior_from)
    layouts = {reported.name: reported.layout for reported in compiled.program.reported}
    made = run.carry(compiled.spec, layouts, found.coords)
    updated = replace(compiled, earlier=made.earlier)
    inputs = rebound(found.inputs, compiled.program.inputs, updated.program.inputs, found.coords)
    bound = updated._bound(replace(found, inputs=inputs, warnings=(*found.warnings, *made.warnings)))
    model = replace(bound.model, starts=starts(made.earlier))
    return replace(bound, model=model, prior=made, prior_record=run.record(made))


def _guide_function(compiled: Compiled, name: str) -> str:
    return compiled.program.guide_functions[name]
