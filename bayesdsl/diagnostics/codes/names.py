"""BD2xx: names that nothing declares, that are declared twice, or that stand for another kind of thing."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD201",
        "undeclared-name",
        Severity.ERROR,
        "A name is used that nothing declares",
        """
        A name that occurs only once is nearly always a slip of the keyboard. If it could stand for a new unknown, or
        for data that are expected from elsewhere, the model would run with one parameter too many or one predictor too
        few, and nothing in its results would show it. So every quantity is declared before it is used: by a prior, a
        definition, a constant, or a column of data.
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(slpoe * x, 1)
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(slope * x, 1)
        """,
    ),
    Code(
        "BD202",
        "declared-twice",
        Severity.ERROR,
        "A name is declared twice",
        """
        An unknown has one prior, and a definition one value. Two priors for the same unknown could mean their product,
        or that the second replaces the first, and these are different models. The same holds for columns, plates,
        guides and inferences: they are referred to by name, and the name must tell which one is meant.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        mu ~ Normal(0, 10)
        observe y ~ Normal(mu, 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 10)
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD203",
        "used-before-declared",
        Severity.ERROR,
        "A name is used above the line that declares it",
        """
        A spec is read from top to bottom, in the order in which the model would be simulated: what a quantity depends
        on is there before it. This also rules out circles. Two quantities that each depend on the other have no joint
        distribution that their two lines would define.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu  ~ Normal(0, tau)
        tau ~ HalfNormal(1)
        observe y ~ Normal(mu, 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        tau ~ HalfNormal(1)
        mu  ~ Normal(0, tau)
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD204",
        "not-a-distribution",
        Severity.ERROR,
        "A distribution is unknown, or stands where none can",
        """
        On the right of `~` stands how a quantity is distributed: one of the known distributions, under Pyro's name,
        with its arguments in parentheses. What is computed from other quantities is certain once they are known, and is
        written with `=`. Inside a formula a distribution cannot stand: it would be an unknown without a name, which
        nothing could report, index or give a guide.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Gaussian(0, 1)
        observe y ~ Normal(mu, 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD205",
        "unknown-function",
        Severity.ERROR,
        "A function or reduction is unknown, or cannot stand there",
        """
        The compiler knows of each function where its values lie and how to differentiate it, so only known ones can be
        used. Some have their place. `zscore` and `center` look at all rows of a column, so they belong where the column
        is declared: new data are then scaled by the same mean and standard deviation. `sum`, `mean` and the other
        reductions need the plate they run over, since summing over features and summing over people give different
        answers.
        """,
        """
        data person from "people.csv" {
            height : real
            weight : real
        }
        b ~ Normal(0, 1)
        observe weight ~ Normal(b * zscore(height), 10)
        """,
        """
        data person from "people.csv" {
            height : real = zscore(height)
            weight : real
        }
        b ~ Normal(0, 1)
        observe weight ~ Normal(b * height, 10)
        """,
    ),
    Code(
        "BD206",
        "function-arguments",
        Severity.ERROR,
        "A function is given arguments that it does not take",
        """
        Functions take a fixed number of arguments, told apart by their position, as in mathematics. One too many is
        often brought from a system where the function takes an option, as a logarithm its base. Passing over it would
        give another number than the one that was asked for.
        """,
        """
        data town { people : positive = [1200, 800]; y = [1.2, 0.7] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * log(people, 10), 1)
        """,
        """
        data town { people : positive = [1200, 800]; y = [1.2, 0.7] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * log(people) / log(10), 1)
        """,
    ),
    Code(
        "BD207",
        "name-of-another-kind",
        Severity.ERROR,
        "One name would stand for two things",
        """
        Plates and quantities stand in the same places: if `school` were both the plate and an effect, `a[school]` could
        be the effect of each school, or a choice by the value of an unknown. In a guide, a param with the name of one
        of the model's unknowns would hide that unknown, which is the very thing the guide has to speak of.
        """,
        """
        data school { y = [28, 8, -3] }
        school ~ Normal(0, 5)
        observe y ~ Normal(school, 10)
        """,
        """
        data school { y = [28, 8, -3] }
        effect ~ Normal(0, 5)
        observe y ~ Normal(effect, 10)
        """,
    ),
    Code(
        "BD208",
        "prior-on-data",
        Severity.ERROR,
        "A column of data is given a prior",
        """
        `~` alone declares an unknown with its prior. For data the same line would be a likelihood, and everything that
        follows differs: an unknown is estimated and reported, data are conditioned on. If that were decided by whether
        a name happens to be among the columns, a misspelt column would turn the likelihood into one more prior, and the
        posterior would not know of the data. So a likelihood says `observe`.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        y  ~ Normal(mu, 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD209",
        "observed-not-data",
        Severity.ERROR,
        "What is observed is not data",
        """
        `observe` conditions the model on measured values, so on its left stands a column of a data block. Unknowns and
        what is computed from them were not measured. To observe a transformed measurement, transform the column where
        it is declared: the likelihood is then one of the transformed values, with no Jacobian left to forget.
        """,
        """
        data obs { y : positive = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        log_y = log(y)
        observe log_y ~ Normal(mu, 1)
        """,
        """
        data obs from "obs.csv" { log_y : real = log(y) }
        mu ~ Normal(0, 1)
        observe log_y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD210",
        "unknown-plate",
        Severity.ERROR,
        "What should be a plate is not one",
        """
        A plate is a dimension whose members are known: the rows of a table, the levels of a category, a number of them,
        or a list of names. Quantities that share a plate are matched member by member. A misspelt plate would be a
        dimension of its own, of no known size, that matches nothing.
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[conty] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
    ),
    Code(
        "BD211",
        "plate-as-value",
        Severity.ERROR,
        "A plate, layer or value is used as another kind of thing",
        """
        A plate says along which dimension, a layer is a function, and a value is a number for each member of its
        plates. A plate has no numbers to compute with, since its members' names are not measurements. A value before
        parentheses is a call, and not the product that the same signs mean on paper, which is written with `*`.
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(slope(x - 0.5), 1)
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(slope * (x - 0.5), 1)
        """,
    ),
    Code(
        "BD212",
        "many-targets",
        Severity.ERROR,
        "One definition is written for several names",
        """
        `a, b ~ Normal(0, 1)` is short for two priors: two unknowns that are alike but may differ. With `=` both names
        would have exactly the same value, so that one of them says nothing, or the formulas of the others were
        forgotten. Only a layer gives several values at once.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        derive low, high = mu - 2
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        derive low  = mu - 2
        derive high = mu + 2
        """,
    ),
)
