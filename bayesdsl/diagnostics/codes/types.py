"""BD4xx: types, supports, and the arguments of distributions and functions."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD401",
        "argument-support",
        Severity.ERROR,
        "An argument can take values that the distribution forbids",
        """
        A distribution exists only for some values of its arguments: a standard deviation is positive, a probability
        lies between 0 and 1. For other values its density is not defined, and a run would stop half way, or spend its
        draws where there is no posterior. Which values an expression can take follows from the priors and types in it,
        so this is known before any data are read.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu, sigma ~ Normal(0, 1)
        observe y ~ Normal(mu, sigma)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma)
        """,
    ),
    Code(
        "BD402",
        "likelihood-support",
        Severity.ERROR,
        "The likelihood cannot produce data of this type",
        """
        A value that the likelihood cannot produce has probability zero whatever the parameters are, and then there is
        no posterior. Measurements on a scale under a Poisson, or signed numbers under a Gamma, mean that the likelihood
        or the type of the column is not the one that was intended. When the data are read, every value is held against
        its column's type.
        """,
        """
        data day { calls : real = [3, 0, 2, 5] }
        rate ~ Gamma(2, 1)
        observe calls ~ Poisson(rate)
        """,
        """
        data day { calls : count = [3, 0, 2, 5] }
        rate ~ Gamma(2, 1)
        observe calls ~ Poisson(rate)
        """,
    ),
    Code(
        "BD403",
        "distribution-arguments",
        Severity.ERROR,
        "A distribution is not given the arguments that it takes",
        """
        Every parameter of a distribution is given exactly once, by its position or by its name. A scale that is left
        out is not taken to be 1, since that is a strong assumption for nobody to have made. A distribution may be given
        in several ways, a normal by its standard deviation, its variance or its precision, but by two of them at once
        it would be given twice, with values that may contradict each other.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD404",
        "unknown-type",
        Severity.ERROR,
        "A type is unknown, or written with the wrong arguments",
        """
        A type says which values are possible. From it follow which data are refused, which distributions fit, and on
        which scale a sampler moves, so a type that is not known cannot be passed over. Bounds are written with
        `interval`, the lower one first: the other way round no value lies between them.
        """,
        """
        data obs { y : postive = [1.2, 0.7, 2.1] }
        rate ~ Gamma(2, 1)
        observe y ~ Exponential(rate)
        """,
        """
        data obs { y : positive = [1.2, 0.7, 2.1] }
        rate ~ Gamma(2, 1)
        observe y ~ Exponential(rate)
        """,
    ),
    Code(
        "BD405",
        "column-declaration",
        Severity.ERROR,
        "A column of a data block is not declared soundly",
        """
        In a file everything is text: `3` may be a measurement, a count, or the code of a group. The type says which.
        With it a stray word among numbers is an error that names its line, and not a reason to take the whole column
        for text. Values in place show what they are; they must agree with a type that is given, and with the other
        columns on how many rows there are.
        """,
        """
        data town from "towns.csv" { y = log(income) }
        mu ~ Normal(10, 1)
        observe y ~ Normal(mu, 1)
        """,
        """
        data town from "towns.csv" { y : real = log(income) }
        mu ~ Normal(10, 1)
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD406",
        "not-a-number",
        Severity.ERROR,
        "A category, a text or a list stands where a number should",
        """
        The levels of a category are names, and the order they come in means nothing. Coded as 1, 2, 3 they could enter
        a formula, and the third county would have three times the effect of the first. A quantity indexed by the
        category gives each level a value of its own. A code that does measure something, such as a year, is declared
        `int` or `real`.
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * county, 1)
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        b[county] ~ Normal(0, 1)
        observe y ~ Normal(b[county], 1)
        """,
    ),
    Code(
        "BD407",
        "outside-domain",
        Severity.ERROR,
        "A function can get values that it is not defined for",
        """
        A negative number has no logarithm and no square root among the real numbers. Wherever the argument falls
        outside the domain, the density is not a number, and what a sampler then does is not sampling from the
        posterior. The domain of the function is compared with where its argument can lie, before anything runs.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        rate ~ Normal(0, 1)
        observe y ~ Normal(log(rate), 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        rate ~ LogNormal(0, 1)
        observe y ~ Normal(log(rate), 1)
        """,
    ),
    Code(
        "BD408",
        "not-a-known-number",
        Severity.ERROR,
        "What must be a known, finite number is not",
        """
        Constants, the bounds of an interval and values written in place are the same in every draw, and known before
        the model runs. An expression with an unknown in it has another value in each draw: it is a definition, without
        `const`. One that divides by zero, or is too large for the computer, has no value at all.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        const centre = 2 * mu
        observe y ~ Normal(centre, 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        centre = 2 * mu
        observe y ~ Normal(centre, 1)
        """,
    ),
    Code(
        "BD409",
        "modifier",
        Severity.ERROR,
        "A word after a distribution does not apply to it",
        """
        `noncentered` draws standard values and then moves and stretches them: the prior is the same, but samplers find
        it easier where groups have little data. Only distributions that are a location and a scale can be taken apart
        like this. A Gamma cannot, nor can a distribution that a type on the left has cut.
        """,
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        rate ~ HalfCauchy(1)
        theta[school] ~ Gamma(2, rate) noncentered
        observe y ~ Normal(theta, sigma)
        """,
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        tau ~ HalfCauchy(5)
        theta[school] ~ Normal(0, tau) noncentered
        observe y ~ Normal(theta, sigma)
        """,
    ),
    Code(
        "BD410",
        "type-outside-support",
        Severity.ERROR,
        "The type of a latent lies outside its distribution",
        """
        A type on the left of `~` cuts the distribution down to the values of the type: `b : positive ~ Normal(0, 1)` is
        a half-normal. That needs a distribution that covers the type. Where it gives part of the type no probability,
        the two say different things of where the unknown can lie, and one of them is a mistake.
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        rho : interval(-1, 1) ~ HalfNormal(0.5)
        observe y ~ Normal(rho * x, 1)
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        rho : interval(-1, 1) ~ Normal(0, 0.5)
        observe y ~ Normal(rho * x, 1)
        """,
    ),
    Code(
        "BD411",
        "param-declaration",
        Severity.ERROR,
        "A param cannot be learned from where or as what it starts",
        """
        A `param` is found by following gradients from a start, on a scale on which every number stands for a value of
        its type. A start outside the type, or on its edge, is nowhere on that scale. Whole numbers have no gradient to
        follow. And a start that depends on an unknown would be another one in each draw.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        param sigma : positive = 0
        observe y ~ Normal(mu, sigma)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        param sigma : positive = 1
        observe y ~ Normal(mu, sigma)
        """,
    ),
    Code(
        "BD412",
        "data-option",
        Severity.ERROR,
        "A data block or `unseen` is given an option it does not know",
        """
        An option that does not exist is mostly a slip, and reading on without it would read the file in another way
        than the spec says. The words after `missing` and `unseen` decide what becomes of incomplete rows, and of groups
        that were never seen. The answers of the model depend on both, so neither is guessed.
        """,
        """
        data town from "towns.csv" {
            missing skip
            income : real
        }
        mu ~ Normal(10, 1)
        observe income ~ Normal(mu, 1)
        """,
        """
        data town from "towns.csv" {
            missing drop
            income : real
        }
        mu ~ Normal(10, 1)
        observe income ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD413",
        "flat-likelihood",
        Severity.ERROR,
        "An improper distribution is used as a likelihood",
        """
        `Flat()` has the same density everywhere and no total. As a prior it leaves the word to the likelihood. As a
        likelihood it would find all data equally plausible under all parameters: they would say nothing, and none could
        be simulated from it.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        observe y ~ Flat()
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Flat()
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD490",
        "not-yet",
        Severity.ERROR,
        "A part of the language that cannot be run yet",
        """
        The grammar has room for more than this version can run, so that what is written now keeps its meaning later.
        What cannot be run is said at once and not passed over, since the model would otherwise be another one than the
        spec describes.
        """,
        """
        data year from "gdp.csv" { growth : real }
        b ~ Normal(0, 1)
        observe growth ~ Normal(b * growth[year - 1], 1)
        """,
        """
        data year from "gdp.csv" {
            growth : real
            before : real = growth_the_year_before
        }
        b ~ Normal(0, 1)
        observe growth ~ Normal(b * before, 1)
        """,
    ),
)
