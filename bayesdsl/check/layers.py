"""Layers: pipelines of torch.nn's modules, their sizes followed through, their weights as statements of the model.

layer f : [pixel] -> [k] = Linear(pixel, 10) -> Tanh -> Linear(10, k) { weight ~ Normal(0, 1) }
->  Layer(f, steps (Linear, Tanh, Linear)),
    Sample(f.0.weight), Parameter(f.0.bias), Sample(f.2.weight), Parameter(f.2.bias)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bayesdsl.catalogue.modules import MODULES, MODULES_LEFT_OUT
from bayesdsl.catalogue.rows import REQUIRED, Module, Setting, SettingKind
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.distributions import Place, distribution, event_dims, mention
from bayesdsl.check.errors import layers as layer_errors
from bayesdsl.check.expressions import number
from bayesdsl.check.scope import Scope
from bayesdsl.check.settings import constant
from bayesdsl.diagnostics.diagnostic import Severity
from bayesdsl.model import ir
from bayesdsl.model.shapes import follow, sizes_of
from bayesdsl.source import Span
from bayesdsl.syntax import ast
from bayesdsl.types.sizes import Count, Misfit, Sizes, differ, product
from bayesdsl.types.supports import REAL, interval

# A pipeline written out; more modules than this are a slip of the key.
MAX_STEPS = 1000


def declare_layer(scope: Scope, layer: ast.Layer) -> tuple[ir.Statement, ...]:
    """Enter a layer, and give the statements of its weights; nothing, with findings, where it is wrong."""
    name = layer.ident.name
    taken = scope.where_declared(name)
    if taken is not None:
        scope.report(errors.declared_twice(scope.source, layer.ident.span, name, taken))
        return ()
    made = None if scope.ends_in_prime(layer.ident) else _Builder(scope, layer).layer()
    if made is None:
        scope.silence(name)
        for prior in layer.body:
            mention(scope, prior.dist)
        return ()
    scope.layers[name] = made
    return _weights(scope, layer, made)


@dataclass
class _Builder:
    """Makes the steps of one layer."""

    scope: Scope
    written: ast.Layer
    sound: bool = True

    def layer(self) -> ir.Layer | None:
        inputs = self._plates(self.written.inputs)
        outputs = self._plates(self.written.outputs)
        stages = self._stages(self.written.pipeline)
        if inputs is None or outputs is None or stages is None:
            return None
        *trunk, last = stages
        branches = last if isinstance(last, list) else None
        trunk = trunk if branches is not None else stages
        steps = self._steps(trunk, "")
        heads = [self._steps(branch, f"{len(trunk)}.{i}") for i, branch in enumerate(branches or [])]
        if not self.sound:
            return None
        if not self.written.outputs:
            inputs, outputs = self._numbers(steps)
        if inputs is None:
            return None
        made = ir.Layer(
            self.written.ident.name, inputs, outputs, tuple(steps), tuple(map(tuple, heads)), self.written.ident.span
        )
        return self._followed(made)

    def _plates(self, written: tuple[tuple[ast.Ident, ...], ...]) -> tuple[ir.Plates, ...] | None:
        found = [[self.scope.plate(ident) for ident in plates] for plates in written]
        if any(plate is None for plates in found for plate in plates):
            return None
        return tuple(map(tuple, found))

    def _numbers(self, steps: list[ir.Step]) -> tuple[tuple[ir.Plates, ...] | None, tuple[ir.Plates, ...]]:
        """What goes in where no signature says it: as many numbers as the first module takes."""
        first = steps[0] if steps else None
        if first is not None and first.row.takes_category:
            return ((),), ((),)
        taken = first.setting("in_features").known if first is not None and first.row.name == "Linear" else None
        if taken is None:
            self.scope.report(
                layer_errors.inputs_unknown(self.scope.source, self.written.ident.span, self.written.ident.name)
            )
            return None, ()
        return ((),) * taken, ((),)

    # Stages

    def _stages(self, pipeline: ast.Expr) -> list | None:
        """The modules in their order, with the branches at the end as a list of lists."""
        found = list(self._unrolled(pipeline))
        if not self.sound or not found:
            return None
        inside = next((stage for stage in found[:-1] if isinstance(stage, list)), None)
        if inside is not None:
            self.scope.report(layer_errors.several_inside(self.scope.source, self.written.pipeline.span))
            return None
        if len(found) > MAX_STEPS:
            self.scope.report(layer_errors.bad_repeat(self.scope.source, self.written.pipeline.span))
            return None
        return found

    def _unrolled(self, expr: ast.Expr) -> Iterator[ast.Expr | list[list[ast.Expr]]]:
        match expr:
            case ast.Binary("->", left, right):
                yield from self._unrolled(left)
                yield from self._unrolled(right)
            case ast.Binary("*", part, times):
                count = self._repeats(times)
                if count is not None:
                    once = list(self._unrolled(part))
                    for _ in range(count):
                        yield from once
            case ast.TupleOf(items):
                yield [list(self._unrolled(item)) for item in items]
            case _:
                yield expr

    def _repeats(self, expr: ast.Expr) -> int | None:
        value = constant(self.scope, expr)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_STEPS:
            return value
        self.scope.report(layer_errors.bad_repeat(self.scope.source, expr.span))
        self.sound = False
        return None

    # Modules

    def _steps(self, stages: list[ast.Expr], place: str) -> list[ir.Step]:
        steps = []
        for i, stage in enumerate(stages):
            at = f"{place}.{i}" if place and len(stages) > 1 else place or str(i)
            step = self._step(stage, at)
            if step is None:
                self.sound = False
            else:
                steps.append(step)
        return steps

    def _step(self, stage: ast.Expr, place: str) -> ir.Step | None:
        match stage:
            case ast.Name(name, at):
                args: tuple[ast.Arg, ...] = ()
            case ast.Call(ast.Ident(name, at), None, args):
                pass
            case _:
                if not isinstance(stage, list):
                    self.scope.report(layer_errors.not_a_module(self.scope.source, stage.span))
                return None
        row = MODULES.get(name)
        if row is None:
            near = nearest(name, MODULES)
            self.scope.report(
                layer_errors.unknown_module(self.scope.source, at, name, MODULES_LEFT_OUT.get(name), near)
            )
            return None
        settings = self._settings(row, args, stage.span)
        if settings is None:
            return None
        layer = self.written.ident.name
        try:
            weights = tuple((leaf, f"{layer}.{place}.{leaf}") for leaf, _ in row.weights(settings))
        except Misfit as found:
            self.scope.report(layer_errors.misfit(self.scope.source, stage.span, row, found, (), True))
            return None
        return ir.Step(row, tuple(settings.items()), place, weights, stage.span)

    def _settings(self, row: Module, args: tuple[ast.Arg, ...], span: Span) -> dict[str, object] | None:
        source, by_name = self.scope.source, {setting.name: setting for setting in row.settings}
        given: dict[str, Span] = {}
        values: dict[str, object] = {}
        sound = True
        for i, arg in enumerate(args):
            if arg.keyword is None and i >= len(row.settings):
                self.scope.report(layer_errors.too_many_settings(source, arg.span, row))
                return None
            name = row.settings[i].name if arg.keyword is None else arg.keyword.name
            setting = by_name.get(name)
            if setting is None:
                near = nearest(name, by_name)
                self.scope.report(
                    errors.unknown_setting(source, arg.keyword.span, row.name, name, near, tuple(by_name))
                )
                sound = False
                continue
            if name in given:
                self.scope.report(errors.setting_twice(source, arg.span, name, given[name]))
                sound = False
                continue
            given[name] = arg.span
            value = self._value(row, setting, arg.value)
            sound = sound and value is not None
            values[name] = value
        missing = [s.name for s in row.settings if s.default is REQUIRED and s.name not in given]
        if missing:
            self.scope.report(errors.setting_missing(source, span, row.name, missing, tuple(by_name)))
        if missing or not sound:
            return None
        return {setting.name: values.get(setting.name, setting.default) for setting in row.settings}

    def _value(self, row: Module, setting: Setting, expr: ast.Expr) -> object | None:
        """A setting's value; None and a finding where it is not of its kind."""
        if setting.kind in layer_errors.SIZE_PROBLEMS:
            before = len(self.scope.findings)
            value = self._size(expr) if setting.kind is SettingKind.SIZE else self._sizes(expr)
            if value is None and len(self.scope.findings) == before:
                reason = layer_errors.SIZE_PROBLEMS[setting.kind]
                self.scope.report(layer_errors.module_setting(self.scope.source, expr.span, row, setting, reason))
            return value
        value = constant(self.scope, expr)
        if setting.kind is SettingKind.EXTENTS and value in setting.choices:
            return value
        reason = errors.setting_problem(setting, value)
        if reason is not None:
            self.scope.report(layer_errors.module_setting(self.scope.source, expr.span, row, setting, reason))
            return None
        match setting.kind:
            case SettingKind.INT:
                return int(value)
            case SettingKind.FLOAT:
                return float(value)
            case SettingKind.EXTENTS:
                return tuple(map(int, value)) if isinstance(value, tuple) else int(value)
        return value

    def _size(self, expr: ast.Expr) -> Count | None:
        match expr:
            case ast.Num(int(value)) if value >= 1:
                return Count(value)
            case ast.Name(name) if name in self.scope.constants:
                self.scope.used.add(name)
                value = self.scope.constants[name].value
                return Count(int(value)) if value >= 1 and value % 1 == 0 else None
            case ast.Name(name, span):
                plate = self.scope.plate(ast.Ident(name, span))
                known = self.scope.plates[ir.base_plate(plate)].size if plate is not None else None
                return None if plate is None else Count(1, (ir.base_plate(plate),), known)
            case ast.Binary("*", left, right):
                factors = self._size(left), self._size(right)
                return None if None in factors else factors[0] * factors[1]
        return None

    def _sizes(self, expr: ast.Expr) -> tuple[Count, ...] | None:
        items = expr.items if isinstance(expr, ast.ListOf | ast.TupleOf) else (expr,)
        found = tuple(self._size(item) for item in items)
        return None if None in found or not found else found

    # Sizes

    def _followed(self, layer: ir.Layer) -> ir.Layer | None:
        """The layer with the sizes before and after each step; None, with a finding, where they do not fit."""
        source = self.scope.source
        known = {name: plate.size for name, plate in self.scope.plates.items()}
        try:
            layer = follow(layer, known)
        except Misfit as found:
            step, before, first = found.at
            self.scope.report(layer_errors.misfit(source, step.span, step.row, found, before, first))
            return None
        ends = layer.heads or (layer.steps,)
        if len(ends) != len(layer.outputs):
            said = len(layer.outputs)
            self.scope.report(layer_errors.wrong_results(source, self.written.ident.span, said, len(ends)))
            return None
        for steps, wanted in zip(ends, layer.outputs, strict=True):
            if not self._gives(steps[-1], wanted, known):
                return None
        return layer

    def _gives(self, last: ir.Step, wanted: ir.Plates, known: dict[str, int | None]) -> bool:
        """Whether a step gives what the signature says; a last dimension of 1 is one number."""
        asked = sizes_of(wanted, known)
        given = last.after[:-1] if not wanted and last.after[-1:] == (Count(1),) else last.after
        if len(given) == len(asked) and not any(map(differ, given, asked)):
            return True
        source = self.scope.source
        if not self.written.outputs:
            self.scope.report(layer_errors.signature_needed(source, last.span, last.after))
        else:
            self.scope.report(layer_errors.wrong_output(source, last.span, wanted, last.after))
        return False


# Weights


@dataclass(frozen=True)
class _Weight:
    """A parameter of a module: its statement's name, its sizes, what goes into and out of each of its elements."""

    leaf: str
    name: str
    sizes: Sizes
    fan: tuple[Count, Count] | None
    span: Span = field(compare=False)


def _weights(scope: Scope, written: ast.Layer, layer: ir.Layer) -> tuple[ir.Statement, ...]:
    """The statements of a layer's weights: latents where the layer's body has a prior for them, else params."""
    weights = [weight for step in layer.all_steps() for weight in _of_step(step)]
    priors = _priors(scope, written, weights)
    statements: list[ir.Statement] = []
    for weight in weights:
        plates = _dimensions(scope, weight)
        prior = next((p for names, p in priors if weight.leaf.startswith(names)), None)
        if prior is None:
            statements.append(ir.Parameter(weight.name, plates, REAL, None, layer.span, layer.name))
            continue
        sample = _sample(scope, weight, plates, prior, layer)
        if sample is not None:
            statements.append(sample)
    return tuple(statements)


def _of_step(step: ir.Step) -> Iterator[_Weight]:
    shapes = dict(step.row.weights(dict(step.settings)))
    fan = next((found for sizes in shapes.values() if (found := _fans(sizes)) is not None), None)
    for leaf, name in step.weights:
        yield _Weight(leaf, name, shapes[leaf], _fans(shapes[leaf]) or fan, step.span)


def _fans(sizes: Sizes) -> tuple[Count, Count] | None:
    """As torch counts them: what goes into an element of the result, and the elements that one goes into."""
    if len(sizes) < 2:
        return None
    window = product(sizes[2:])
    return sizes[1] * window, sizes[0] * window


def _priors(scope: Scope, written: ast.Layer, weights: list[_Weight]) -> list[tuple[str, ast.Prior]]:
    """The priors of a layer's body by the beginnings of names that they speak of, the longest first."""
    found: dict[str, ast.Prior] = {}
    for prior in written.body:
        for target in prior.targets:
            name = target.ident.name
            if target.plates or prior.type is not None or prior.modifiers:
                scope.report(layer_errors.weight_form(scope.source, target.span))
            elif name in found:
                first = found[name].span
                scope.report(errors.declared_twice(scope.source, target.span, name, first, errors.ONE_PRIOR))
            elif not any(weight.leaf.startswith(name) for weight in weights):
                known = sorted({weight.leaf.split("_")[0] for weight in weights})
                scope.report(layer_errors.no_such_weight(scope.source, target.span, name, written.ident.name, known))
                mention(scope, prior.dist)
            elif event_dims(prior.dist):
                dist = prior.dist.func.name
                scope.report(layer_errors.vector_prior(scope.source, prior.dist.span, dist))
            else:
                found[name] = prior
    return sorted(found.items(), key=lambda item: -len(item[0]))


def _dimensions(scope: Scope, weight: _Weight) -> ir.Plates:
    """The plates of a weight's dimensions: a plate of the spec where it is the size, else one of its own."""
    plates: list[str] = []
    for i, size in enumerate(weight.sizes):
        named = size.plates[0] if size.factor == 1 and len(size.plates) == 1 else None
        if named is not None and named in plates:
            named = f"{named}'" if f"{named}'" not in plates else None
        if named is None:
            named = f"{f'{scope.guide}.' if scope.guide else ''}{weight.name}[{i}]"
            scope.plates[named] = ir.Plate(named, ir.Origin.WEIGHTS, weight.span, size.known, None, False, size)
        plates.append(named)
    return tuple(plates)


def _sample(scope: Scope, weight: _Weight, plates: ir.Plates, prior: ast.Prior, layer: ir.Layer) -> ir.Sample | None:
    names = ("fan_in", "fan_out")
    if weight.fan is not None:
        scope.local = {name: _count(size, prior.span) for name, size in zip(names, weight.fan, strict=True)}
    before = len(scope.findings)
    dist = distribution(scope, prior.dist, Place(plates, (), weight.name, prior.span))
    scope.local = {}
    if dist is None or any(finding.severity is Severity.ERROR for finding in scope.findings[before:]):
        return None
    return ir.Sample(weight.name, plates, (), dist, dist.support, prior.span, layer=layer.name)


def _count(size: Count, span: Span) -> ir.Expr:
    if size.known is not None:
        return number(size.known, span)
    return ir.Members(size, span, (), interval(1.0, integer=True))
