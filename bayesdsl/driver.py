"""The whole pipeline, top to bottom, and the two things it gives to Python: `Compiled` and `Fit`.

    read -> parse -> check -> lower -> print -> load -> bind -> run -> summarise

`analyse` needs none of torch, pyro or numpy; they are imported by what comes after it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bayesdsl.catalogue.rows import SettingKind
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import Checked, check
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.model import ir
from bayesdsl.source import Source
from bayesdsl.syntax import errors as syntax_errors
from bayesdsl.syntax.parser import parse

if TYPE_CHECKING:
    from types import ModuleType

    from bayesdsl.export.archive import Predictor
    from bayesdsl.export.graph.value import Graph
    from bayesdsl.lower.program import Program
    from bayesdsl.model.earlier import Earlier
    from bayesdsl.prediction.trained import Trained
    from bayesdsl.pysrc.printer import Printed
    from bayesdsl.results.manifest import PriorRecord
    from bayesdsl.results.predictive import Prediction
    from bayesdsl.results.rundir import Run
    from bayesdsl.results.simulated import Simulation
    from bayesdsl.results.summary import Summary
    from bayesdsl.results.verdict import Verdict
    from bayesdsl.runtime.binding.bind import BoundData
    from bayesdsl.runtime.bound import BoundModel
    from bayesdsl.runtime.earlier.carry import Carry
    from bayesdsl.runtime.posterior import Posterior
    from bayesdsl.runtime.progress import Report

    # What a prior can be taken from: a fit, a run, or the directory of a run.
    PriorFrom: TypeAlias = "Fit | Run | str | os.PathLike[str]"

DTYPES = ("float64", "float32")
TARGETS = ("pyro", "numpyro")


def read_spec(path: str | os.PathLike[str]) -> Source:
    """The text of a spec. Raises `BayesError` where it cannot be read."""
    name = os.fspath(path)
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise BayesError((_unreadable(name, error),)) from None
    return decode_spec(name, data)


def decode_spec(name: str, data: bytes) -> Source:
    """A spec from its bytes: UTF-8, with either kind of line ends. Raises `BayesError` where they are no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"byte {data[error.start]:#04x} at offset {error.start:,}"
        raise BayesError((syntax_errors.not_text(name, reason),)) from None
    return Source(name, text.replace("\r\n", "\n"))


def _unreadable(name: str, error: OSError) -> Diagnostic:
    directory = Path(name).parent
    specs: list[str] = []
    with suppress(OSError):
        specs = sorted(p.name for p in directory.iterdir() if p.suffix == ".bayes")
    without_suffix = f"{Path(name).name}.bayes"
    near = without_suffix if without_suffix in specs else nearest(Path(name).name, specs)
    hint = f"did you mean `{directory / near}`?" if near else None
    return Diagnostic("BD809", f"`{name}` cannot be read: {(error.strerror or str(error)).lower()}", hint=hint)


def analyse(source: Source) -> Checked:
    """Parse and check a spec: the typed model, and every finding. Never raises on what a user wrote."""
    return check(parse(source))


def compile(spec: str | os.PathLike[str] | Source, *, dtype: str = "float64") -> Compiled:
    """Compile a spec: a path, or a `Source` made from text.

    `dtype` is that of every real in the program, `"float64"` or `"float32"`. Raises `BayesError` with every finding
    where the spec has errors.
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
    source = spec if isinstance(spec, Source) else read_spec(spec)
    checked = analyse(source)
    if checked.model is None:
        raise BayesError(checked.errors)
    return Compiled(checked.model, checked.diagnostics, dtype)


def compile_text(text: str, *, name: str = "model.bayes", dtype: str = "float64") -> Compiled:
    """Compile a spec given as text. Files it names are looked for in the current directory."""
    return compile(Source(name, text), dtype=dtype)


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
            line = _spec_line(drawn, error)
            if line is None:
                raise
            raise BayesError((errors.program_failed(self.spec, line, _said(error)),)) from error
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


@dataclass(frozen=True)
class Bound:
    """A compiled spec with its data. `prior` says what is carried from an earlier run, None where there is none."""

    compiled: Compiled
    data: BoundData
    model: BoundModel
    prior: Carry | None = None
    prior_record: PriorRecord | None = field(default=None, repr=False)

    @property
    def inputs(self) -> dict[str, Any]:
        return self.data.inputs

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the data showed that is probably not meant."""
        return self.data.warnings

    def fit(
        self,
        infer: str | ir.Inference | None = None,
        *,
        seed: int = 0,
        progress: Report | None = None,
        device: str = "cpu",
        **settings: Any,
    ) -> Fit:
        """As `Compiled.fit`, on these data."""
        from bayesdsl.runtime.earlier import errors as earlier_errors

        inference = infer if isinstance(infer, ir.Inference) else self.compiled.inference(infer)
        texts = {row.name for row in inference.engine.settings if row.kind is SettingKind.TEXT}
        written = {
            name: f'"{value}"' if name in texts and isinstance(value, str) else _written(value)
            for name, value in settings.items()
        }
        inference = overridden(self.compiled.spec, inference, written)
        _runnable(self.compiled.spec, inference)
        if self.prior is not None and not inference.engine.priors:
            raise BayesError((earlier_errors.no_prior_used(inference.engine.name),))
        return self._batching(inference)._run(inference, seed, progress, device)

    def _batching(self, inference: ir.Inference) -> Bound:
        """The same data bound to a program that can take the minibatches of an inference."""
        batch = ir.batch_of(inference)
        if batch is None or batch.plate in self.model.minibatches:
            return self
        compiled = replace(self.compiled, batched=self.compiled.batched | {batch.plate})
        known = {given: self.data.inputs[name] for name, given in self.compiled.program.inputs.items()}
        # Rows are taken from them again and again: each in one piece.
        known = {given: value if isinstance(value, int) else value.contiguous() for given, value in known.items()}
        data = replace(self.data, inputs={name: known[given] for name, given in compiled.program.inputs.items()})
        model = replace(compiled._bound_model(data), starts=self.model.starts)
        return replace(self, compiled=compiled, data=data, model=model)

    def _run(self, inference: ir.Inference, seed: int, progress: Report | None, device: str) -> Fit:
        from bayesdsl.runtime import errors
        from bayesdsl.runtime.engines import run_engine
        from bayesdsl.runtime.engines.errors import EngineError
        from bayesdsl.runtime.progress import silent

        started = datetime.now(UTC)
        try:
            posterior = run_engine(
                inference.engine.name, self.model, _engine_settings(inference), seed, progress or silent, device
            )
        except EngineError as error:
            line = _spec_line(self.compiled, error.__cause__) if error.__cause__ else None
            raise BayesError((errors.engine_failed(self.compiled.spec, error, line),)) from error
        except (ValueError, RuntimeError, IndexError, NotImplementedError) as error:
            line = _spec_line(self.compiled, error)
            if line is None:
                raise
            raise BayesError((errors.program_failed(self.compiled.spec, line, _said(error)),)) from error
        spec = self.compiled.spec
        known = {"centred": centred_scales(spec), "networks": networks(spec)} if posterior.kind == "mcmc" else {}
        posterior = replace(posterior, facts={**posterior.facts, **known})
        return Fit(self, inference, posterior, seed, started, datetime.now(UTC))


def centred_scales(model: ir.Model) -> dict[str, list[str]]:
    """Latents that are the scale of a centred hierarchy, with its members: what a verdict on divergences looks at."""
    scales: dict[str, list[str]] = {}
    for statement in model.statements:
        if isinstance(statement, ir.Sample) and (scale := ir.hierarchical_scale(statement)) is not None:
            for node in ir.walk(scale):
                if isinstance(node, ir.Ref) and node.kind is ir.Kind.LATENT:
                    scales.setdefault(node.name, []).append(statement.name)
    return scales


def networks(model: ir.Model) -> dict[str, list[str]]:
    """Layers with hidden units whose weights are latents, with these: units can change places in the posterior."""
    latents = {s.name for s in model.of(ir.Sample)}
    found = {name: [w for w in layer.weights() if w in latents] for name, layer in model.layers.items()}
    weighted = {name: sum(bool(step.weights) for step in layer.all_steps()) for name, layer in model.layers.items()}
    return {name: weights for name, weights in found.items() if weights and weighted[name] > 1}


def _runnable(model: ir.Model, inference: ir.Inference) -> None:
    """What the checker asks of an `infer` statement, asked of one that was chosen when running."""
    from bayesdsl.check.inference import inference_findings

    found = inference_findings(model, inference)
    if found:
        raise BayesError(found)


def overridden(model: ir.Model, inference: ir.Inference, settings: Mapping[str, str]) -> ir.Inference:
    """An inference of a model with settings replaced, each written as in a spec. Raises `BayesError`."""
    from bayesdsl.check.settings import override

    guides = {name: guide.span for name, guide in model.guides.items()}
    for name, text in settings.items():
        changed, findings = override(inference, name, text, guides, model.plates)
        if changed is None:
            raise BayesError(findings)
        inference = changed
    return inference


def _written(value: Any) -> str:
    """A Python value as a spec writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)


def _engine_settings(inference: ir.Inference) -> dict[str, Any]:
    """Settings as engines take them: numbers, and (name, settings) for guides, optimisers and losses."""

    def plain(value: object) -> object:
        if isinstance(value, ir.Setup):
            return value.row.name, dict(value.settings)
        if isinstance(value, ir.Batch):
            return value.size, value.plate
        return value

    values = {name: plain(value) for name, value in inference.settings}
    if isinstance(values.get("guide"), str):
        values["guide"] = (values["guide"], {})
    return values


def _said(error: BaseException) -> str:
    """The first line of what an error of the program says."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _spec_line(compiled: Compiled, error: BaseException) -> int | None:
    """The line of the spec that an error in the emitted program comes from."""
    line = None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename.startswith(f"<{compiled.module.__name__}"):
            line = compiled.printed.lines.get(traceback.tb_lineno, line)
        traceback = traceback.tb_next
    return line


@dataclass(frozen=True)
class Fit:
    """What a run gave: the draws, and how far they can be trusted."""

    bound: Bound
    inference: ir.Inference
    posterior: Posterior
    seed: int
    started: datetime
    finished: datetime
    _summaries: dict[float, Summary] = field(default_factory=dict, repr=False, compare=False)

    @property
    def draws(self) -> dict[str, Any]:
        """Arrays of shape (chain, draw, *plates) by name."""
        return self.posterior.draws

    def __getitem__(self, name: str) -> Any:
        return self.posterior.draws[name]

    def summary(self, interval: float = 0.9) -> Summary:
        """Mean, sd, median, an interval of this probability, and what the draws are worth, for every quantity."""
        from bayesdsl.results.summary import summarise

        if interval not in self._summaries:
            self._summaries[interval] = summarise(self.posterior, interval)
        return self._summaries[interval]

    def verdict(self) -> Verdict:
        """Whether to trust the draws, which parameter is in trouble, and what to try."""
        from bayesdsl.results.verdict import judge

        return judge(self.posterior, self.summary())

    @cached_property
    def trained(self) -> Trained:
        """What predictions are made from."""
        from bayesdsl.lower.amortised import amortised
        from bayesdsl.prediction.trained import Trained

        data = self.bound.data
        columns = {**data.observed, **data.constant}
        guide = dict(self.inference.settings).get("guide")
        model = amortised(self.bound.compiled.spec, guide if isinstance(guide, str) else None)
        return Trained(model, data.training, self.posterior, columns)

    def predict(
        self,
        data: Any = None,
        *,
        grid: Mapping[str, Any] | None = None,
        at: Mapping[str, Any] | None = None,
        table: str | None = None,
        seed: int = 0,
        interval: float = 0.9,
        draws: int | None = None,
    ) -> Prediction:
        """What the posterior says of rows: of `data` (a path, a frame, a dict of columns); of a `grid` (values by
        column, or `"LOW:HIGH:NUMBER"`; several make a product) with other columns fixed by `at`; of those of the fit.

        The same seed gives the same numbers. Raises `BayesError`.
        """
        from bayesdsl.prediction.predict import predict

        return predict(self.trained, data, grid=grid, at=at, table=table, seed=seed, interval=interval, draws=draws)

    def predictor(self, *, table: str | None = None, draws: int | None = None) -> Predictor:
        """A program that predicts new rows, to be saved and used without bayesdsl. Raises `BayesError`."""
        from bayesdsl.prediction.archive import exported

        return exported(self.trained, table=table, draws=draws)

    def to_datatree(self) -> Any:
        """The draws as an xarray DataTree in ArviZ's conventions."""
        from bayesdsl.results.netcdf import to_datatree

        return to_datatree(self.posterior, self.bound.data.observed, self.bound.data.constant)

    def save(self, directory: str | os.PathLike[str], *, overwrite: bool = False, interval: float = 0.9) -> Path:
        """Write a run directory, whole or not at all. Raises `RunError` where it may not be written.

        `interval` is the probability between the bounds of the summary that is written.
        """
        from bayesdsl.results.rundir import write_run
        from bayesdsl.results.training import PREDICTION, PredictionRecord

        compiled = self.bound.compiled
        return write_run(
            os.fspath(directory),
            source=compiled.spec.source.text,
            program=compiled.source,
            manifest=self.manifest(),
            posterior=self.posterior,
            summary=self.summary(interval),
            observed=self.bound.data.observed,
            constant=self.bound.data.constant,
            extra={PREDICTION: PredictionRecord.of(self.bound.data.training).to_json()},
            overwrite=overwrite,
        ).directory

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write a page of HTML that shows the run, one file that needs no other, and give its path.

        Raises `BayesError` where it cannot be drawn, as matplotlib is missing, or written.
        """
        from bayesdsl.results.report.material import Material
        from bayesdsl.results.report.page import write_page

        compiled, data = self.bound.compiled, self.bound.data
        material = Material(
            manifest=self.manifest(),
            source=compiled.spec.source.text,
            posterior=self.posterior,
            summary=self.summary(),
            verdict=self.verdict(),
            observed=data.observed,
            constant=data.constant,
            coords=data.coords,
            model=compiled.spec,
        )
        return write_page(material, path)

    def manifest(self) -> Any:
        """What was run, on what and with what, as a record."""
        import torch

        from bayesdsl.results.manifest import DataRecord, Manifest, VerdictRecord, fingerprint
        from bayesdsl.results.settings import machinery

        compiled = self.bound.compiled
        text = compiled.spec.source.text
        return Manifest(
            spec=Path(compiled.spec.source.name).name,
            spec_sha256=fingerprint(text),
            inference=self.inference.name,
            engine=self.inference.engine.name,
            settings=_engine_settings(self.inference),
            machinery=machinery(self.posterior.facts),
            seed=self.seed,
            threads=torch.get_num_threads(),
            dtype=compiled.dtype,
            data=tuple(
                DataRecord(
                    plate=t.plate,
                    source=None if t.sha256 is None else t.source,
                    sha256=t.sha256 or fingerprint(text),
                    rows=t.rows,
                    rows_dropped=t.rows_dropped,
                )
                for t in self.bound.data.tables
            ),
            prior=self.bound.prior_record,
            started=self.started,
            finished=self.finished,
            elapsed_seconds=(self.finished - self.started).total_seconds(),
            interrupted=self.posterior.interrupted,
            verdict=VerdictRecord.of(self.verdict()),
        )
