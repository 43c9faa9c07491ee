"""Steps of a fit as a list of operations that Python goes through, where there is no machine code for them."""

from __future__ import annotations

import torch

from bayesdsl.runtime.density import AGREEMENT
from bayesdsl.runtime.engines.steps.listing import Listing, write_down
from bayesdsl.runtime.engines.steps.loop import ListLoop
from bayesdsl.runtime.engines.steps.objective import Objective
from bayesdsl.runtime.engines.steps.step import Optimiser, step_of
from bayesdsl.runtime.recording import value_and_gradient
from bayesdsl.runtime.tracing import NotTraceable

# The same for reals of four bytes: their sums of thousands of terms.
_AGREEMENT_FLOAT32 = 1e-4


class Listed:
    """The steps of an objective, held against Pyro where the fit starts. `note` says why they are not machine code.

    Raises NotTraceable.
    """

    engine = "traced"

    def __init__(self, objective: Objective, optimiser: Optimiser, note: str) -> None:
        self.objective, self.optimiser, self.note = objective, optimiser, note
        self._first: Listing | None = self._listing()
        _check(objective, self._first)

    def _listing(self) -> Listing:
        with self.objective.around():
            examples = (self.objective.start, *self.objective.examples)
            return write_down(lambda *given: self.objective.value(*given)[:1], examples, self.objective.leaves())

    def loop(self) -> ListLoop:
        """What runs steps with the data in force."""
        listing, self._first = self._first or self._listing(), None
        return ListLoop(step_of(listing, self.optimiser), self.objective.examples[self.objective.varying :])


def _check(objective: Objective, listing: Listing) -> None:
    """Compare loss and gradient with Pyro's on the same noise. Raises NotTraceable where they differ."""
    function, data = listing.function(), objective.examples
    for vector, noise, value, gradient in objective.witnesses():
        if len(noise) != len(listing.noises):
            raise NotTraceable("the guide does not draw the same every time")
        given = (*data, *noise)
        found, found_gradient = value_and_gradient(lambda u, given=given: function(u, *given)[0])(vector)
        within = AGREEMENT if gradient.dtype == torch.float64 else _AGREEMENT_FLOAT32
        for name, one, other in (("loss", value, found), ("gradient", gradient, found_gradient)):
            difference = float((other.detach() - one).abs().max())
            if not difference <= within * max(1.0, float(one.abs().max())):
                raise NotTraceable(f"the {name} written down differs from Pyro's by {difference:.3g}")
