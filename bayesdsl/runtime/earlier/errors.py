"""What can be wrong with an earlier run as a prior: a constructor for each finding."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.model import ir

_MOST_LISTED = 8


def no_spread(model: ir.Model, run: str, engine: str, latent: ir.Sample | None) -> Diagnostic:
    """A run that gave a point, or a guide that is one for a latent."""
    if latent is None:
        return Diagnostic(
            "BD842",
            f"{run} is a point found by `{engine}`: it does not say how uncertain it is",
            hint="make the earlier run with nuts or svi",
        )
    return Diagnostic(
        "BD842",
        f"all draws of `{latent.name}` in {run} are the same: it does not say how uncertain it is",
        model.source,
        Label(latent.span),
        hint="make the earlier run with nuts, or with a guide that is no AutoDelta",
    )


def hardly_any_draws(run: str, draws: int, fewest: int) -> Diagnostic:
    return Diagnostic(
        "BD842",
        f"{run} has {draws} draw{'' if draws == 1 else 's'}, which do not say how uncertain it is",
        hint=f"take more draws in the earlier run: {fewest} at least, and better 1,000",
    )


def nothing_to_carry(model: ir.Model, run: str, run_has: Sequence[str], why: Sequence[str]) -> Diagnostic:
    latents = [latent.name for latent in model.of(ir.Sample)]
    return Diagnostic(
        "BD843",
        f"{run} has none of the unknowns of {model.source.name}",
        notes=(f"the spec has {listed(latents)}; the run has {listed(run_has)}", *why),
        hint="unknowns are carried by name: give the run of a spec that has the same names",
    )


def other_plates(model: ir.Model, latent: ir.Sample, run: str, before: ir.Plates) -> Diagnostic:
    now = (*latent.plates, *latent.event)
    return Diagnostic(
        "BD844",
        f"`{latent.name}` has {_plates(now)} here and {_plates(before)} in {run}",
        model.source,
        Label(latent.span),
        hint="an unknown that is carried has the same plates in both specs; give another one another name",
    )


def other_members(model: ir.Model, latent: ir.Sample, run: str, plate: str, now: int, before: int) -> Diagnostic:
    """A plate whose members can only be carried all together, and are not the same."""
    if now != before:
        counts = f"plate `{plate}` has {now} member{'' if now == 1 else 's'} here and {before} in {run}"
    else:
        counts = f"the members of plate `{plate}` are not those of {run}"
    return Diagnostic(
        "BD844",
        f"`{latent.name}` cannot be carried: {counts}",
        model.source,
        Label(latent.span),
        notes=("members are matched by their labels; numbered ones have none, and one vector or matrix is one value",),
        hint=f'give the plate its members in both specs: plate {ir.base_plate(plate)} = ["a", "b"]',
    )


def other_support(model: ir.Model, latent: ir.Sample, run: str, before: str) -> Diagnostic:
    return Diagnostic(
        "BD845",
        f"`{latent.name}` lies in {latent.support} here and in {before} in {run}",
        model.source,
        Label(latent.span),
        hint="give it a prior on the same values as before: its density does not count any more",
    )


def outside(model: ir.Model, latent: ir.Sample, run: str) -> Diagnostic:
    return Diagnostic(
        "BD845",
        f"{run} has draws of `{latent.name}` that do not lie in {latent.support}",
        model.source,
        Label(latent.span),
        hint="give it a prior on the same values as before: its density does not count any more",
    )


def no_density(model: ir.Model, latent: ir.Sample, reason: str, hint: str) -> Diagnostic:
    return Diagnostic(
        "BD845", f"`{latent.name}` cannot be carried: {reason}", model.source, Label(latent.span), hint=hint
    )


def no_prior_used(engine: str) -> Diagnostic:
    return Diagnostic(
        "BD846",
        f"`{engine}` leaves priors out, so an earlier run as the prior would change nothing",
        hint="use map, svi or nuts",
    )


def interrupted(run: str) -> Diagnostic:
    return Diagnostic(
        "BD847",
        f"{run} was interrupted: its draws may not be those of the posterior yet",
        hint="let the earlier run end",
    )


def doubtful(run: str, sentence: str) -> Diagnostic:
    return Diagnostic(
        "BD847",
        f"the verdict on {run} was: {sentence}",
        notes=("what is wrong with its draws is wrong with the prior",),
        hint="mend the earlier run first",
    )


def moved_scale(model: ir.Model, column: ir.Column, function: str) -> Diagnostic:
    return Diagnostic(
        "BD847",
        f"`{column.name}` is measured by `{function}` from the data at hand, which differs from run to run",
        model.source,
        Label(column.span),
        notes=("an effect of it that is carried means something else in other data",),
        hint=f"use known numbers, as in `{column.name} : real = (x - 20) / 5`, in both specs",
    )


def learned_anew(run: str, names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD847",
        f"{listed(names)} of {run} is not carried: what has no prior is learned anew, from these data alone",
        notes=("unknowns that are carried were found together with other values of it",),
        hint="give it a prior in both specs",
    )


def few_draws(run: str, numbers: int, effective: float, shrunk: float) -> Diagnostic:
    remedy = "correlations of this many numbers are kept in a few directions only"
    if shrunk:
        remedy = f"they are taken to be normal on the real line, with correlations {100 * shrunk:.2g} % nearer to zero"
    return Diagnostic(
        "BD847",
        f"{run} has {effective:.0f} effective draws of {numbers} numbers",
        notes=(remedy,),
        hint="take more draws in the earlier run: ten for each number at least",
    )


def bad_shape(run: str, first: str, second: str) -> Diagnostic:
    what = f"`{first}`" if first == second else f"`{first}` and `{second}` together"
    return Diagnostic(
        "BD848",
        f"the posterior of {what} in {run} has a shape that the fitted density does not follow",
        notes=("several modes, or a bend, are smoothed over",),
        hint="where the earlier data are at hand, run on all data at once; else look at those draws",
    )


def listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return ", ".join(f"`{name}`" for name in names[:_MOST_LISTED]) + more


def _plates(plates: ir.Plates) -> str:
    return f"plates {listed(plates)}" if plates else "no plate"
