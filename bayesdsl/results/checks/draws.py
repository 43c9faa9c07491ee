"""What any posterior is checked for: that there are draws, that they are numbers, and that the run came to its end."""

from __future__ import annotations

import numpy as np

from bayesdsl.results.checks.fits import losses_of
from bayesdsl.results.checks.rules import Finding
from bayesdsl.results.checks.wording import counted, listed, percent
from bayesdsl.results.elements import by_element, element_indices, element_name
from bayesdsl.results.summary import Summary
from bayesdsl.runtime.posterior import Posterior


def check_draws(posterior: Posterior, _: Summary) -> list[Finding]:
    if posterior.chains and posterior.draws_per_chain:
        return []
    when = "during warmup" if posterior.interrupted else "before any was made"
    return [Finding("no_draws", None, f"There are no draws: the run ended {when}.", "let it run for longer.")]


def check_finite(posterior: Posterior, _: Summary) -> list[Finding]:
    """Quantities with draws that are infinite or no numbers, the worst first."""
    shares = {}
    for variable in posterior.draws:
        elements = by_element(posterior.draws[variable])
        if elements.size and not (finite := np.isfinite(elements)).all():
            bad = 1 - finite.mean(axis=(1, 2))
            worst = int(bad.argmax())
            shares[element_name(variable, element_indices(posterior, variable)[worst])] = float(bad[worst])
    if not shares:
        return []
    name = max(shares, key=shares.__getitem__)
    message = f"`{name}` is infinite or not a number in {percent(shares[name])} of the draws"
    message += f"; so are draws of {counted(len(shares) - 1, 'other variable')}." if len(shares) > 1 else "."
    return [Finding("not_finite", name, message, "look for a division by zero, a log or an exp of a large number.")]


def check_proper(posterior: Posterior, _: Summary) -> list[Finding]:
    """Unknowns with improper priors along which the density was found to go on for ever."""
    names = list(posterior.facts.get("improper", ()))
    if not names:
        return []
    verb = "has a flat prior" if len(names) == 1 else "have flat priors"
    message = f"{listed([f'`{name}`' for name in names])} {verb}, and the data leave a direction open in which the "
    message += "density does not fall: it has no total, and the draws are of nothing."
    return [Finding("improper", names[0], message, f"give `{names[0]}` a prior, such as `Normal(0, 10)`, or drop it.")]


def check_interrupted(posterior: Posterior, _: Summary) -> list[Finding]:
    if not posterior.interrupted or not posterior.draws_per_chain:
        return []
    so_far = {
        "mcmc": f"these are the {posterior.draws_per_chain} draws a chain made until then",
        "svi": f"the guide is as {_steps(posterior)} left it",
        "point": f"the point is as {_steps(posterior)} left it",
    }[posterior.kind]
    return [Finding("interrupted", None, f"The run was stopped early: {so_far}.", "run it to its end.")]


def _steps(posterior: Posterior) -> str:
    losses = losses_of(posterior)
    return "the last step" if losses is None else f"step {len(losses)}"
