"""BD838 to BD841: what cannot be written for another library than Pyro."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD838",
        "no-numpyro-distribution",
        Severity.ERROR,
        "NumPyro does not have the distribution",
        """
        The program for NumPyro is the same model, to the last digit of its density. Most distributions of Pyro are in
        NumPyro under the same names; of the others some can be put together from what is there, and some cannot. A
        model with a similar distribution in their place would be another model, so none is written. Pyro runs the spec
        as it is.
        """,
        """
        data day { change = [0.4, -0.3, 5.1] }
        s ~ HalfNormal(1)
        observe change ~ Stable(1.8, 0, s)           # emit --target numpyro
        """,
        """
        data day { change = [0.4, -0.3, 5.1] }
        s ~ HalfNormal(1)
        observe change ~ StudentT(3, 0, s)           # emit --target numpyro
        """,
    ),
    Code(
        "BD839",
        "no-numpyro-guide",
        Severity.ERROR,
        "The guide cannot be put together from NumPyro's",
        """
        NumPyro has many of Pyro's automatic guides, and can put one together from several. It does not have those that
        follow a model's run or its graph, and a guide for some latents draws the others from their priors to look at
        the model, which an improper prior has no draws for. A guide by hand is written for NumPyro as it is for Pyro.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a * b, 1)
        guide parts { a, b : AutoStructured }        # emit --target numpyro
        infer svi(guide = parts)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a * b, 1)
        guide parts { a, b : AutoMultivariateNormal }
        infer svi(guide = parts)
        """,
    ),
    Code(
        "BD840",
        "no-numpyro-layer",
        Severity.ERROR,
        "The module of a layer cannot be written for JAX",
        """
        Layers are written as functions of JAX with torch's weights, in torch's layout, so that a network means the same
        in both programs. JAX has the operations of most modules of torch, but not of all: a recurrent network is a loop
        there, with gates in another order. What has no operation that gives torch's numbers is not written. Pyro runs
        the spec as it is.
        """,
        """
        data series { x[time] = columns("x*"); y : real }
        layer f : [time] -> [] =                     # emit --target numpyro
            Unflatten(1, [24, 1]) -> GRU(1, 4) -> Flatten -> Linear(96, 1)
        observe y ~ Normal(f(x), 1)
        infer map
        """,
        """
        data series { x[time] = columns("x*"); y : real }
        layer f : [time] -> [] =
            Unflatten(1, [1, 24]) -> Conv1d(1, 4, 5) -> Flatten -> Linear(80, 1)
        observe y ~ Normal(f(x), 1)
        infer map
        """,
    ),
    Code(
        "BD841",
        "no-numpyro-construct",
        Severity.ERROR,
        "A line cannot be written for NumPyro",
        """
        The program for NumPyro is made from the one for Pyro, by tables that say what stands for each of its callables,
        methods and constraints. For something in this line no table has an entry. It is not left as it is, since the
        program would fail where nobody looks for it, or give another density.
        """,
        """
        $ bayesdsl emit model.bayes --target numpyro
        """,
        """
        $ bayesdsl emit model.bayes
        """,
    ),
)
