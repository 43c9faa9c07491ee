"""BD84x: an earlier run as the prior."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD842",
        "earlier-without-spread",
        Severity.ERROR,
        "The earlier run does not say how uncertain it is",
        """
        As a prior, an earlier posterior weighs against the new data by how sure it is. A mode, or a guide that is a
        point, is one value without a spread: taken as a prior it would be certain, and new data could not move it. A
        handful of draws tells a spread as badly. The earlier model has to be run again in a way that gives draws.
        """,
        """
        $ bayesdsl run coin.bayes --infer map --out runs/monday
        $ bayesdsl run coin.bayes --prior-from runs/monday
        """,
        """
        $ bayesdsl run coin.bayes --infer nuts --out runs/monday
        $ bayesdsl run coin.bayes --prior-from runs/monday
        """,
    ),
    Code(
        "BD843",
        "nothing-to-carry",
        Severity.ERROR,
        "The earlier run has none of the unknowns",
        """
        Unknowns are carried from a run to the next by their names. If no name is in both, or only unknowns of single
        rows are, which are other rows in other data, all priors would be those of the spec and the earlier run would
        change nothing, which is hardly what was meant.
        """,
        """
        data toss { heads : binary }
        chance ~ Beta(1, 1)                # the run calls it p
        observe heads ~ Bernoulli(chance)
        infer nuts(chains = 4)
        """,
        """
        data toss { heads : binary }
        p ~ Beta(1, 1)
        observe heads ~ Bernoulli(p)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD844",
        "earlier-plates",
        Severity.ERROR,
        "An unknown has other plates or members than in the earlier run",
        """
        A value for each county says nothing of a value for all of them, and the draws of one cannot be the prior of the
        other. Members of a plate are matched by their labels; members that are only numbered have none, so their number
        must be the same. A probability vector, a sequence in order or a matrix is a single value: it is carried whole
        or not at all, so all its members must be the same.
        """,
        """
        plate group = 3                    # the run had `plate group = 2`
        data obs { y : real }
        share[group] ~ Dirichlet(1)
        mu[group] : ordered ~ Normal(0, 5)
        observe y ~ Mixture(share, Normal(mu, 1))
        infer nuts(chains = 4)
        """,
        """
        plate group = 2
        data obs { y : real }
        share[group] ~ Dirichlet(1)
        mu[group] : ordered ~ Normal(0, 5)
        observe y ~ Mixture(share, Normal(mu, 1))
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD845",
        "earlier-support",
        Severity.ERROR,
        "An unknown has other values than in the earlier run",
        """
        The draws of the earlier run are mapped to the real line, a density is fitted to them there, and the same map
        makes it the prior. So both specs must mean the same values: positive numbers, or numbers from 0 to 10. Whole
        numbers have no such map, nor have values whose bounds depend on other unknowns, as those bounds differ from
        draw to draw.
        """,
        """
        data obs { y : real }
        sigma ~ Uniform(0, 2)              # in the run: sigma ~ HalfNormal(5)
        observe y ~ Normal(0, sigma)
        infer nuts(chains = 4)
        """,
        """
        data obs { y : real }
        sigma ~ HalfNormal(5)
        observe y ~ Normal(0, sigma)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD846",
        "earlier-prior-unused",
        Severity.ERROR,
        "A method that leaves priors out is given one",
        """
        Maximum likelihood asks under which values the data at hand are most probable, and no prior has a say in that.
        An earlier run would be read and change nothing. What combines both in one point is the posterior mode.
        """,
        """
        $ bayesdsl run coin.bayes --infer mle --prior-from runs/monday
        """,
        """
        $ bayesdsl run coin.bayes --infer map --prior-from runs/monday
        """,
    ),
    Code(
        "BD847",
        "earlier-doubtful",
        Severity.WARNING,
        "The earlier run is not one to rely on",
        """
        A prior is as good as the draws it is made from. Chains that disagree, a run that was stopped, or fewer draws
        than it takes to tell correlations from chance, go into the prior, and nothing in the new run can show it. With
        few draws, correlations are drawn towards zero, as far as their own noise says. Columns that are measured by the
        data at hand, as by zscore, mean other things in other data, and so do the effects of them.
        """,
        """
        $ bayesdsl run coin.bayes --set infer.warmup=5 --out runs/monday
        $ bayesdsl run coin.bayes --prior-from runs/monday
        """,
        """
        $ bayesdsl run coin.bayes --set infer.warmup=1000 --out runs/monday
        $ bayesdsl run coin.bayes --prior-from runs/monday
        """,
    ),
    Code(
        "BD848",
        "earlier-shape",
        Severity.WARNING,
        "The density fitted to the earlier run misses its shape",
        """
        The prior is a smooth density fitted to the draws: each unknown's mean and scale may follow those before it,
        and its margin may be skewed or have other tails than the normal. Two modes, or one unknown that goes up and
        down again with another, are outside of that. The prior then spreads over more than the draws do.
        """,
        """
        data obs { y : real }
        a, b ~ Normal(0, 1)                # data tell a * b: two modes
        observe y ~ Normal(a * b, 1)
        infer nuts(chains = 4)
        """,
        """
        data obs { y : real }
        product ~ Normal(0, 1)
        observe y ~ Normal(product, 1)
        infer nuts(chains = 4)
        """,
    ),
)
