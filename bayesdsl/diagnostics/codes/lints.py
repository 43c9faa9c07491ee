"""BD6xx: specs that run, but probably do not say what was meant. All are warnings."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD601",
        "unused",
        Severity.WARNING,
        "Something is declared and never used",
        """
        An unknown on which no likelihood depends keeps its prior, and a column that no formula reads tells the model
        nothing. Often a term was left out of the mean. Where it is on purpose, removing the line makes the spec say
        what the model is; a definition that is only to be looked at is written with `derive`.
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a + b * x, 1)
        """,
    ),
    Code(
        "BD602",
        "square-as-scale",
        Severity.WARNING,
        "A square is passed as a standard deviation",
        """
        Papers often write a normal with its variance, N(mu, sigma^2), while here the second argument is the standard
        deviation. A formula copied from such a page fits a model in which the square of `sigma` is the standard
        deviation: it runs, and the reported `sigma` is not the one of the paper. `var =` says that a variance is meant.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma^2)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, var = sigma^2)
        """,
    ),
    Code(
        "BD603",
        "centred-hierarchy",
        Severity.WARNING,
        "A centred hierarchy has few rows in each group",
        """
        Where a group has little data, its effect and the standard deviation between groups depend on each other: the
        smaller the standard deviation, the narrower the space left to the effects. The posterior then is a funnel, and
        a sampler does not get into its neck, so that small standard deviations are missing from the draws.
        `noncentered` writes the same prior in standard units, in which there is no funnel.
        """,
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        mu  ~ Normal(0, 5)
        tau ~ HalfCauchy(5)
        theta[school] ~ Normal(mu, tau)
        observe y ~ Normal(theta, sigma)
        """,
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        mu  ~ Normal(0, 5)
        tau ~ HalfCauchy(5)
        theta[school] ~ Normal(mu, tau) noncentered
        observe y ~ Normal(theta, sigma)
        """,
    ),
    Code(
        "BD604",
        "moving-support",
        Severity.WARNING,
        "Where the data can lie depends on what is inferred",
        """
        If the upper end of a uniform likelihood is unknown, the posterior is zero wherever that end lies below the
        largest value, and jumps up at it. Methods that follow gradients do not see such a step: they start on the wrong
        side of it, or stop at it. The usual large-sample results do not hold for such a model either. Mostly another
        likelihood was meant.
        """,
        """
        data wait { minutes : positive = [1.2, 0.7, 2.1] }
        longest ~ HalfNormal(10)
        observe minutes ~ Uniform(0, longest)
        """,
        """
        data wait { minutes : positive = [1.2, 0.7, 2.1] }
        average ~ HalfNormal(10)
        observe minutes ~ Exponential(1 / average)
        """,
    ),
    Code(
        "BD605",
        "nothing-observed",
        Severity.WARNING,
        "Nothing is observed, so the posterior is the prior",
        """
        Without a likelihood no data enter the model, and what is inferred is what was assumed. If that is the purpose,
        simulating from the prior is faster. Mostly the word `observe` is missing, or the line with it.
        """,
        """
        mu ~ Normal(0, 1)
        derive doubled = 2 * mu
        infer nuts(chains = 4)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        derive doubled = 2 * mu
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD606",
        "empty-spec",
        Severity.WARNING,
        "The spec says nothing",
        """
        The file has no statement, only blank lines or comments. That is no mistake in the language, but an empty file
        is seldom what one wants to have checked: it may not have been saved, or be another one of the same name.
        """,
        """
        # A model of radon in houses.
        """,
        """
        # A model of radon in houses.
        data house { log_radon = [0.83, 0.83, 1.10] }
        mu ~ Normal(0, 1)
        observe log_radon ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD607",
        "predicts-itself",
        Severity.WARNING,
        "A likelihood is given the very data it is said of",
        """
        On the right of a likelihood stands what its data are predicted from. With the data themselves among that, also
        by way of a definition, the line is no distribution of them any more: a value is best predicted by itself, and
        the fit looks perfect. Mostly the name of a predictor was meant. In a series, what was there a step before is
        another column.
        """,
        """
        data year { gdp = [1.2, 1.4, 1.3]; debt = [0.6, 0.7, 0.9] }
        a, b  ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe gdp ~ Normal(a + b * gdp, sigma)
        observe debt ~ Normal(a, sigma)
        """,
        """
        data year { gdp = [1.2, 1.4, 1.3]; debt = [0.6, 0.7, 0.9] }
        a, b  ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe gdp ~ Normal(a + b * debt, sigma)
        observe debt ~ Normal(a, sigma)
        """,
    ),
)
