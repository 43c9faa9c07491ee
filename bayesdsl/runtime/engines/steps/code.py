"""A step of a fit, and a draw of what it fits, as programs in C for data of any length.

loss(p, data, noise)   ->   step(p, state, rates, data, noise) = loss, p', state'
                            draw(p, data, noise)               = log p - log q, values
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import fx

from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kept import forget, keys_of, known, made
from bayesdsl.runtime.compiled.kernel import Kernel, Program, program_of
from bayesdsl.runtime.compiled.operations import Function, Trial, operations
from bayesdsl.runtime.engines.steps.listing import prepared
from bayesdsl.runtime.engines.steps.noise import Noise
from bayesdsl.runtime.engines.steps.objective import Objective
from bayesdsl.runtime.engines.steps.step import Optimiser, step_with
from bayesdsl.runtime.handlers import no_validation

_STEP, _DRAW = "bd_step", "bd_draw"


@dataclass(frozen=True)
class Code:
    """The programs of a step and of a draw, which take the same: vector, state.., scalars, data.., noise...

    `noises` are the kinds of noise, `names` those of the values of a draw; there is no `draw` where the loss is not of
    single draws.
    """

    step: Program
    draw: Program | None
    noises: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]

    def dump(self) -> dict[str, bytes]:
        about = {"noises": self.noises, "names": self.names}
        files = {"step.json": self.step.dump(), "about.json": json.dumps(about).encode()}
        return files if self.draw is None else files | {"draw.json": self.draw.dump()}

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Code:
        about = json.loads(files["about.json"])
        draw = Program.read(files["draw.json"]) if "draw.json" in files else None
        names = tuple(map(tuple, about["names"]))
        return cls(Program.read(files["step.json"]), draw, tuple(about["noises"]), names)

    @property
    def programs(self) -> list[Program]:
        return [self.step] if self.draw is None else [self.step, self.draw]

    def noise(self, kernel: Kernel) -> tuple[Noise, ...]:
        """The random arguments, of the shapes that a kernel takes."""
        taken = kernel.takes()
        kinds = zip(self.noises, taken[len(taken) - len(self.noises) :], strict=True)
        return tuple(Noise(kind, shape, dtype) for kind, (shape, dtype) in kinds)


def code_of(
    objective: Objective, optimiser: Optimiser, check: Callable[[Code], None], compiling: Callable[[], None]
) -> None:
    """Find or write down the programs, and let `check` have them, which raises NotCompilable for those that are wrong.

    What was kept may be of no use: numbers in it may be those of another run. `compiling` is called where they have to
    be made. Raises NotCompilable.
    """
    keys = keys_of("steps", objective.bound, objective.sizes, objective.about, objective.varying, optimiser.about)
    kept = known(keys, Code)
    if kept is not None:
        try:
            return check(kept)
        except NotCompilable:
            forget(keys)
    general, special = (lambda: _written(objective.others(), optimiser)), (lambda: _written([objective], optimiser))
    if compiler.why_not() is None:
        compiling()
    try:
        return check(made(keys, general, special))
    except NotCompilable:
        forget(keys)
    # What a guide drew when it was made, as the order of a flow, is another's at made-up lengths.
    return check(made(keys, lambda: None, special))


def _written(objectives: Sequence[Objective], optimiser: Optimiser) -> Code | None:
    """The programs as they were written down for the data of `objectives`; for one, they hold for its lengths alone."""
    if not objectives:
        return None
    carried, varying = optimiser.carried, objectives[0].varying
    kinds: list[tuple[str, ...]] = []
    by_trial: dict[int, Objective] = {}
    trials = []
    for objective in objectives:
        sizes = (objective.sizes or {}) if len(objectives) > 1 else {}
        with objective.around():
            vector = objective.start
            given = (vector, *optimiser.state(vector), optimiser.example(vector), *objective.examples)
        trials.append(Trial(sizes, given, objective.around, objective.parts))
        by_trial[id(trials[-1])] = objective

    def rewrite(trial: Trial, module: fx.GraphModule) -> fx.GraphModule:
        found, noises = prepared(module, by_trial[id(trial)].leaves())
        kinds.append(tuple(noise.kind for noise in noises))
        return found

    def function(trial: Trial) -> Function:
        return step_with(by_trial[id(trial)].value, optimiser)

    with no_validation():
        found = operations(function, trials, rewrite)
    if len(set(kinds)) > 1:
        raise NotCompilable("the guide does not draw the same every time")
    plates = tuple(sorted(trials[0].sizes))
    own = len(trials[0].inputs)
    noise = range(own, own + len(kinds[0]))
    step = program_of(
        _STEP, found.giving(found.outputs[: 1 + carried]), plates, [*range(carried + 1 + varying), *noise]
    )
    drawn = found.outputs[1 + carried :]
    draw = program_of(_DRAW, found.giving(drawn), plates, [0, *noise]) if drawn else None
    return Code(step, draw, kinds[0], objectives[0].names)
