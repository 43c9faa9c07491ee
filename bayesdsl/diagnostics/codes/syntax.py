"""BD1xx: text that is not a spec."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD101",
        "syntax",
        Severity.ERROR,
        "The text does not follow the grammar of the language",
        """
        At the marked place stands something that no statement of the language can have there: an operator without a
        value, two values without an operator, a statement that stops half way, or a sign that another language uses.
        The statement is set aside and the rest of the file is still checked, so each mistake is reported once.
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(slope x, 1)
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(slope * x, 1)
        """,
    ),
    Code(
        "BD102",
        "keyword-as-name",
        Severity.ERROR,
        "A word of the language is used as a name",
        """
        Words such as `data`, `plate`, `param` and `observe` begin statements. If they could also be names, a line such
        as `data ~ Normal(0, 1)` could only be understood from the lines around it, by a reader as much as by the
        compiler. Add something that tells more, as in `data_mean`.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        param ~ Normal(0, 1)
        observe y ~ Normal(param, 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD103",
        "bracket",
        Severity.ERROR,
        "A bracket has no partner",
        """
        Every `(`, `[` and `{` needs its own closing bracket, and they close in the opposite order to that in which they
        were opened. Newlines do not end a statement inside round and square brackets, so one that stays open would
        swallow the statements after it.
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a + b * (x - 0.5, 1)
        """,
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a + b * (x - 0.5), 1)
        """,
    ),
    Code(
        "BD104",
        "unclosed-string",
        Severity.ERROR,
        "A string does not end on its line",
        """
        Text between double quotes names a file or a member of a plate, and ends on the line it began on: a quote that
        is forgotten would otherwise turn the rest of the file into text. A quote or a backslash inside a string is
        written with a backslash before it.
        """,
        """
        data house from "radon.csv { log_radon : real }
        mu ~ Normal(0, 1)
        observe log_radon ~ Normal(mu, 1)
        """,
        """
        data house from "radon.csv" { log_radon : real }
        mu ~ Normal(0, 1)
        observe log_radon ~ Normal(mu, 1)
        """,
    ),
    Code(
        "BD105",
        "too-deep",
        Severity.ERROR,
        "An expression is nested too deep",
        """
        An expression may hold others inside it, but only to a fixed depth. Nobody reads a formula with a hundred levels
        of brackets; one that has them was most likely written by a program. The limit lets the compiler refuse it at
        once. Naming the parts with `name = ..` costs nothing when the model runs.
        """,
        """
        mean = f(f(f(f(f(f(f(f( .. a hundred more .. x ))))))))
        """,
        """
        inner = f(f(f(f(x))))
        mean  = f(f(f(f(inner))))
        """,
    ),
    Code(
        "BD106",
        "too-large",
        Severity.ERROR,
        "The spec is too long",
        """
        A spec describes a model and takes a page or a few. One with more than a million characters usually holds its
        data, which belongs in a file of its own: there it is read fast, checked row by row, and can be replaced
        without touching the model. A file of another kind given in place of a spec is refused here too.
        """,
        """
        data house { y = [0.83, 0.83, 1.10, .. and a hundred thousand more ..] }
        """,
        """
        data house from "radon.csv" { y : real = log_radon }
        """,
    ),
    Code(
        "BD107",
        "not-a-type",
        Severity.ERROR,
        "Something other than a type stands after the colon",
        """
        After `name :` comes the type of the name: `real`, `positive`, `unit`, `count`, `category` and so on, some of
        them with limits, as in `interval(0, 10)`. A condition is not a type, because the compiler has to know how to
        map the real line onto the values that are allowed.
        """,
        """
        data day { calls : count = [3, 0, 2, 5] }
        rate : rate > 0 ~ Gamma(2, 1)
        observe calls ~ Poisson(rate)
        """,
        """
        data day { calls : count = [3, 0, 2, 5] }
        rate : positive ~ Gamma(2, 1)
        observe calls ~ Poisson(rate)
        """,
    ),
    Code(
        "BD108",
        "misplaced-statement",
        Severity.ERROR,
        "A statement stands in a block that cannot hold it",
        """
        Each block holds what belongs to it: a guide approximates the posterior, so it has priors and params but no
        likelihood; a plate block repeats statements of the model; a layer's block gives the priors of its weights.
        Data, constants, layers, guides and inference settings belong to the whole spec and stand at its top.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 10)
        guide by_hand {
            param loc = 0
            mu ~ Normal(loc, 1)
            observe y ~ Normal(mu, 1)
        }
        infer svi(guide = by_hand)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 10)
        observe y ~ Normal(mu, 1)
        guide by_hand {
            param loc = 0
            mu ~ Normal(loc, 1)
        }
        infer svi(guide = by_hand)
        """,
    ),
    Code(
        "BD109",
        "not-text",
        Severity.ERROR,
        "The file is not UTF-8 text",
        """
        Specs are text in UTF-8, the encoding that editors use unless told otherwise. The file holds bytes that do not
        occur in it: it was saved in another encoding, is compressed, or is not a spec at all. Guessing the encoding
        could silently change names, so it is not done.
        """,
        """
        ff fe 61 00 20 00 7e 00     the first bytes of a spec saved as UTF-16
        """,
        """
        61 20 7e 20 4e 6f 72 6d     the same saved as UTF-8: a ~ Norm..
        """,
    ),
)
