"""BD3xx: plates that do not match, and reductions and indices that make no sense."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD301",
        "bad-index",
        Severity.ERROR,
        "An index does not select members of a plate",
        """
        Members are selected by name: for each row by a category column, as in `a[county]`, or one of them by its label.
        A position is not a name. It depends on the order of a file and on whether counting starts at 0 or 1, so after a
        change of the data the same number would silently select another member.
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        derive first = a[0]
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        derive first = a[county = "A"]
        """,
    ),
    Code(
        "BD302",
        "plate-mismatch",
        Severity.ERROR,
        "The right side varies over a plate that the left does not",
        """
        A line with `~` speaks of one member of the plates on its left: one house, one county. A value on the right that
        varies over another plate has no single value there. Where dimensions are matched by position, the third county
        would be paired with the third house whenever the sizes happen to agree. Here the spec says which value is
        meant: indexed by row, reduced over the plate, one selected member, or one more plate on the left.
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
    ),
    Code(
        "BD303",
        "event-plate-missing",
        Severity.ERROR,
        "A vector or matrix has no plate to run over",
        """
        One draw of a Dirichlet or of a multivariate normal is a whole vector, one of an LKJCholesky a whole matrix. Its
        elements need a plate, as everything that has several values does: the plate says how many there are, and which
        of them belongs to which component, outcome or feature. The plates of one draw stand last on the left, after
        those of independent copies.
        """,
        """
        data voter { party : category = ["red", "blue", "red"] }
        p ~ Dirichlet(1)
        observe party ~ Categorical(p)
        """,
        """
        data voter { party : category = ["red", "blue", "red"] }
        p[party] ~ Dirichlet(1)
        observe party ~ Categorical(p)
        """,
    ),
    Code(
        "BD304",
        "nothing-to-reduce",
        Severity.ERROR,
        "A reduction runs over a plate that its argument does not have",
        """
        A value that is the same for every feature has nothing to sum over features. The sum could be the value itself
        or the value times the number of features, and neither is what anyone means by it. Mostly a predictor was
        forgotten inside the reduction, or a plate on the left of a prior.
        """,
        """
        data person from "wages.csv" {
            x[feature] = [age, schooling]
            wage : real
        }
        b ~ Normal(0, 1)
        observe wage ~ Normal(sum[feature](b), 1)
        """,
        """
        data person from "wages.csv" {
            x[feature] = [age, schooling]
            wage : real
        }
        b[feature] ~ Normal(0, 1)
        observe wage ~ Normal(sum[feature](b * x), 1)
        """,
    ),
    Code(
        "BD305",
        "index-of-other-plate",
        Severity.ERROR,
        "A value is indexed by a plate it does not vary over",
        """
        An index picks one value out of several. For a value that is the same for all members it would change nothing,
        so it was probably meant to have one value a member, and the plate is missing where it is declared. Passed over,
        the model would pool all counties completely without anyone having said so.
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
    ),
    Code(
        "BD306",
        "own-plate",
        Severity.ERROR,
        "An argument needs exactly one plate of its own",
        """
        The probabilities of a Categorical run over its outcomes, the weights of a Mixture over its components. They
        need a plate that the left side does not have, whose members are these outcomes. Without one there is a single
        outcome, with two it is not known which is meant. For a category column it is the plate of its levels, so that
        each probability belongs to a level by name.
        """,
        """
        data voter { party : category = ["red", "blue", "red"] }
        p ~ Beta(1, 1)
        observe party ~ Categorical(p)
        """,
        """
        data voter { party : category = ["red", "blue", "red"] }
        p[party] ~ Dirichlet(1)
        observe party ~ Categorical(p)
        """,
    ),
    Code(
        "BD307",
        "unknown-member",
        Severity.ERROR,
        "A plate has no member of that name",
        """
        The members of the plate are written in the spec, and this one is not among them. A label selects the value of
        one member, so one that matches none would have no value, and the difference or forecast computed from it would
        be about nothing.
        """,
        """
        plate arm = ["placebo", "drug"]
        data patient {
            given : category(arm) = ["drug", "placebo", "drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        derive effect = a[arm = "drug"] - a[arm = "placbo"]
        """,
        """
        plate arm = ["placebo", "drug"]
        data patient {
            given : category(arm) = ["drug", "placebo", "drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        derive effect = a[arm = "drug"] - a[arm = "placebo"]
        """,
    ),
    Code(
        "BD308",
        "plate-members",
        Severity.ERROR,
        "The members of a plate are not a number or distinct names",
        """
        How many members a plate has, and what they are called, is fixed before the model runs: a whole number of at
        least 1, or a list of names. Two members of one name could not be told apart, neither by a label in the spec nor
        in the results. How many rows a table has is counted when it is read.
        """,
        """
        plate arm = ["drug", "drug"]
        data patient {
            given : category(arm) = ["drug", "drug", "drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
        """
        plate arm = ["placebo", "drug"]
        data patient {
            given : category(arm) = ["drug", "placebo", "drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
    ),
    Code(
        "BD309",
        "plate-repeated",
        Severity.ERROR,
        "A plate stands twice where one value has it once",
        """
        Values are matched by the names of their plates, so one plate written twice is its diagonal, not a square. The
        rows and columns of a covariance matrix have the same members but run independently of each other. The second of
        the two is written with a prime, `L[axis, axis']`, and only together with the first.
        """,
        """
        data leaf from "leaves.csv" { y[axis] = [length, width] }
        mu[axis] ~ Normal(0, 1)
        L[axis, axis] ~ LKJCholesky(2)
        observe y ~ MultivariateNormal(mu, scale_tril = L)
        """,
        """
        data leaf from "leaves.csv" { y[axis] = [length, width] }
        mu[axis] ~ Normal(0, 1)
        L[axis, axis'] ~ LKJCholesky(2)
        observe y ~ MultivariateNormal(mu, scale_tril = L)
        """,
    ),
    Code(
        "BD310",
        "observe-plate",
        Severity.ERROR,
        "An observation is given a plate that its data lack",
        """
        On the left of a prior, plates say how many unknowns there are. Data are there already, one value for each row.
        A further plate would claim each measurement once for every member of it, and its evidence would count as many
        times.
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y[county] ~ Normal(a[county], 1)
        """,
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
    ),
    Code(
        "BD311",
        "matrix-column",
        Severity.ERROR,
        "A column of data is stacked in a way that is no matrix",
        """
        Several columns can be stacked into one with a vector in each row, say all predictors of a person. The plate of
        the vector's elements must be named, since the coefficients are declared over it: `x[feature]`. It can be one
        plate only: a table has rows and columns and no third direction.
        """,
        """
        data person from "wages.csv" {
            x = columns("x*")
            wage : real
        }
        b ~ Normal(0, 1)
        observe wage ~ Normal(b * x, 1)
        """,
        """
        data person from "wages.csv" {
            x[feature] = columns("x*")
            wage : real
        }
        b[feature] ~ Normal(0, 1)
        observe wage ~ Normal(sum[feature](b * x), 1)
        """,
    ),
)
