"""BD5xx: inference settings and guides that cannot work with the model they are for."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD501",
        "unknown-engine",
        Severity.ERROR,
        "What follows `infer` is not an inference",
        """
        `infer` names one of the methods there are: `nuts` draws from the posterior, `svi` fits a guide to it, `map` and
        `mle` find a point. They answer different questions, so a name that is none of them is not taken for the nearest
        one.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer mcmc(chains = 4)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD502",
        "unknown-setting",
        Severity.ERROR,
        "An inference or its parts have no such setting",
        """
        If a misspelt setting were passed over, its default would hold. The run would look as it was asked for and be
        another one: fewer chains, a shorter warmup, a different learning rate. Settings are given by name, so that a
        reader need not know their order.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4, samples = 2000)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4, draws = 2000)
        """,
    ),
    Code(
        "BD503",
        "setting-value",
        Severity.ERROR,
        "A setting has a value that it cannot have",
        """
        A method is defined for some values of its settings only: at least one chain, a step size above zero, an
        acceptance probability below one. With others it would fail somewhere in the middle of a run, or end with draws
        that are not draws from the posterior.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(target_accept_prob = 95)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(target_accept_prob = 0.95)
        """,
    ),
    Code(
        "BD504",
        "unknown-component",
        Severity.ERROR,
        "A guide, optimiser or loss of that name does not exist",
        """
        The guide is the family of distributions in which the posterior is looked for, the loss is what near means, and
        the optimiser is how the nearest is found. Each is one that Pyro has, under its name there, or a guide that the
        spec itself declares. Another in its place would give another approximation.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(guide = AutoNormall, steps = 2000)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(guide = AutoNormal, steps = 2000)
        """,
    ),
    Code(
        "BD505",
        "discrete-latent",
        Severity.ERROR,
        "A method that needs gradients meets a discrete latent",
        """
        The method moves the unknowns along the slope of the log density, and between two whole numbers there is no
        slope. Summing over the values of the discrete unknown leaves the posterior of all the others as it was, and
        makes it smooth: which component a value came from becomes a mixture. It also explores faster than jumping
        between the values would.
        """,
        """
        data obs { y = [-1.2, 0.7, 2.1] }
        low, high ~ Normal(0, 2)
        is_high[obs] ~ Bernoulli(0.5)
        observe y ~ Normal(low + (high - low) * is_high, 1)
        infer nuts(chains = 4)
        """,
        """
        data obs { y = [-1.2, 0.7, 2.1] }
        plate group = ["low", "high"]
        share[group] ~ Dirichlet(1)
        mu[group] : ordered ~ Normal(0, 2)
        observe y ~ Mixture(share, Normal(mu, 1))
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD506",
        "param-without-prior",
        Severity.ERROR,
        "A param has no prior, and the method samples",
        """
        A `param` is one number to be found, without a prior: empirical Bayes. A sampler draws every unknown from its
        posterior, and without a prior there is none to draw from. Holding it fixed would leave its uncertainty out of
        everything else, and a flat prior is an assumption like any other, which the spec has to make.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        param sigma : positive = 1
        observe y ~ Normal(mu, sigma)
        infer nuts(chains = 4)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD507",
        "guide-sites",
        Severity.ERROR,
        "A guide does not cover the latents of the model",
        """
        A guide is a distribution of all unknowns of the model together, to be brought as near to the posterior as its
        family allows. How near it is can only be measured if both speak of the same unknowns: one that the guide leaves
        out has no approximation, and one that only the guide has approximates nothing.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma)
        guide parts { mu : AutoNormal }
        infer svi(guide = parts)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma)
        guide parts { mu, sigma : AutoNormal }
        infer svi(guide = parts)
        """,
    ),
    Code(
        "BD508",
        "guide-plates",
        Severity.ERROR,
        "A latent has other plates in the guide than in the model",
        """
        The model has one unknown for each member of the plates on its left, and the guide must draw exactly these. A
        single draw shared by all counties, where the model has one a county, is a distribution of something else, and
        its distance from the posterior has no meaning.
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        guide by_hand {
            param loc = 0
            a ~ Normal(loc, 1)
        }
        infer svi(guide = by_hand)
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        guide by_hand {
            param loc[county] = 0
            a[county] ~ Normal(loc, 1)
        }
        infer svi(guide = by_hand)
        """,
    ),
    Code(
        "BD509",
        "guide-support",
        Severity.ERROR,
        "A guide can draw values where the model has no density",
        """
        The loss averages the model's log density over draws from the guide. One draw where the model has no density,
        such as a negative standard deviation, makes it infinite, and the fit stops or goes astray. So the guide's
        distribution must keep within the support that the prior gives the unknown.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, sigma)
        guide by_hand {
            param loc = 0
            sigma ~ Normal(loc, 1)
        }
        infer svi(guide = by_hand)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, sigma)
        guide by_hand {
            param loc = 0
            sigma ~ LogNormal(loc, 1)
        }
        infer svi(guide = by_hand)
        """,
    ),
    Code(
        "BD510",
        "nothing-to-infer",
        Severity.ERROR,
        "The model leaves nothing to infer",
        """
        With every number of the model known, data change nothing: there is no posterior, and no maximum to look for.
        What is to be learned from the data needs a prior, or for a method that only optimises a `param`.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        observe y ~ Normal(1, 1)
        infer nuts(chains = 4)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(1, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD511",
        "minibatch",
        Severity.ERROR,
        "A method that needs all rows is given minibatches",
        """
        Stochastic optimisation can do with some of the rows at each step, since the errors it makes average out. A
        sampler cannot: its steps are accepted by the exact density, and with one that changes from step to step it
        would draw from a distribution that nobody wrote down.
        """,
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4, batch = 256 of obs)
        """,
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD512",
        "guide-draws",
        Severity.ERROR,
        "A guide has a distribution that cannot be drawn from",
        """
        The fit works with draws: it takes some from the guide, looks at the density of the model there, and moves the
        guide. An improper distribution has no draws, and one that a type on the left has cut has them only by luck. The
        posterior draws that are reported come from the guide, too.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, sigma)
        guide by_hand {
            sigma ~ Flat(positive)
        }
        infer svi(guide = by_hand)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, sigma)
        guide by_hand {
            param loc = 0
            param scale : positive = 1
            sigma ~ LogNormal(loc, scale)
        }
        infer svi(guide = by_hand)
        """,
    ),
    Code(
        "BD518",
        "batch-plate",
        Severity.ERROR,
        "A minibatch is not of a table's rows",
        """
        A minibatch is some of the rows of a table: their data are given to the model in place of all, and what they add
        to the log density is counted for all of them. A plate that comes from no table has no rows to leave out, and
        of a table over which nothing varies none would be missed. How many rows a step takes is said with the table
        that they are of.
        """,
        """
        plate k = 3
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        w[k] ~ Normal(mu, 1)
        observe y ~ Normal(mu, exp(sum[k](w)))
        infer svi(batch = 256 of k)
        """,
        """
        plate k = 3
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        w[k] ~ Normal(mu, 1)
        observe y ~ Normal(mu, exp(sum[k](w)))
        infer svi(batch = 256 of obs)
        """,
    ),
    Code(
        "BD519",
        "batch-mixes-rows",
        Severity.ERROR,
        "A quantity needs all rows of a table that comes in minibatches",
        """
        What the rows of a minibatch add to the log density is scaled up to stand for all rows, which is right on
        average where the log density is a sum over rows. A mean over the rows, a value for each pair of them, a row
        picked by its label: these would be computed from the rows that happen to be there, and no scale mends that.
        What depends on the data alone can be a column, which is computed once from all rows.
        """,
        """
        data obs from "large.csv" { x : real; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * (x - mean[obs](x)), 1)
        infer svi(batch = 256 of obs)
        """,
        """
        data obs from "large.csv" { x : real = center(x); y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        infer svi(batch = 256 of obs)
        """,
    ),
    Code(
        "BD520",
        "batch-guide",
        Severity.ERROR,
        "A guide cannot give the latents of some rows alone",
        """
        A latent with a value for each row needs, for a minibatch, a guide that gives the values of its rows alone. Most
        of Pyro's guides join all latents into one vector. AutoNormal and AutoDelta have parameters of their own for
        each row; a guide by hand can have them too, or compute a row's value from the row's data (amortised inference).
        """,
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        theta[obs] ~ Normal(mu, 1)
        observe y ~ Normal(theta, 1)
        infer svi(guide = AutoMultivariateNormal, batch = 256 of obs)
        """,
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        theta[obs] ~ Normal(mu, 1)
        observe y ~ Normal(theta, 1)
        guide parts {
            mu    : AutoMultivariateNormal
            theta : AutoNormal
        }
        infer svi(guide = parts, batch = 256 of obs)
        """,
    ),
    Code(
        "BD521",
        "batch-loss",
        Severity.ERROR,
        "A loss that is not a sum over rows is given minibatches",
        """
        The evidence lower bound is a sum over rows, so that a minibatch estimates it, and its slope, without bias.
        Losses that weight draws by how well they fit all of the data are not: the weights of a minibatch, scaled up,
        are other weights, and the fit would settle elsewhere.
        """,
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(loss = RenyiELBO(alpha = 0.5), batch = 256 of obs)
        """,
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(loss = Trace_ELBO(num_particles = 4), batch = 256 of obs)
        """,
    ),
)
