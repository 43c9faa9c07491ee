"""BD32x: layers whose modules, sizes, priors or uses do not fit."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD321",
        "not-a-module",
        Severity.ERROR,
        "A layer is made of something that is no module",
        """
        A layer is a pipeline of torch.nn's modules under torch's names, so that whoever knows torch can read it, and
        nothing else: what draws at random in every pass (Dropout) or keeps averages of the data (BatchNorm) would be
        part of the model without a prior or a param that says so. A pipeline parts only at its end, where each branch
        gives one of its results.
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> tanh -> Linear(9, 1) { weight ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> Tanh -> Linear(9, 1) { weight ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)
        """,
    ),
    Code(
        "BD322",
        "layer-sizes",
        Severity.ERROR,
        "The sizes of a layer do not fit together",
        """
        Each module takes values of one size and gives values of another, and the sizes are followed from the first to
        the last before there are data. Sizes may be numbers or plates: a plate fits itself only, even if another one
        turns out to have as many members. Without a signature a layer is a function of numbers to one number, as many
        as its first `Linear` takes; for everything else the signature says over which plates it runs.
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> Tanh -> Linear(8, 1) { weight ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> Tanh -> Linear(9, 1) { weight ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)
        """,
    ),
    Code(
        "BD323",
        "layer-prior",
        Severity.ERROR,
        "A prior of a layer speaks of no weights, or not as it should",
        """
        In the braces of a layer, a prior speaks of all weights whose names in torch begin with the name on its left:
        `weight` and `bias`, of a recurrent layer also `weight_hh`. Weights that no prior speaks of are learned. A name
        that no module has would be a prior that nothing heeds. The elements of a weight are independent, so their prior
        is a distribution of numbers. In a guide, layers have no priors: their weights are what is fitted.
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> Tanh -> Linear(9, 1) { weights ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> Tanh -> Linear(9, 1) { weight ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)
        """,
    ),
    Code(
        "BD324",
        "layer-call",
        Severity.ERROR,
        "A layer is not applied as it was declared",
        """
        A layer is a function: it is applied to values over the plates that stand before its `->`, and each of its
        results has a name on the left. Over all other plates it is applied member by member, so there are no
        dimensions of rows to think of.
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> Tanh -> Linear(9, 1) { weight ~ Normal(0, 1) }
        observe y ~ Normal(f * x, 1)
        """,
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        layer f = Linear(1, 9) -> Tanh -> Linear(9, 1) { weight ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)
        """,
    ),
)
