"""BD82x: what goes wrong when a run predicts new rows."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD820",
        "cannot-predict",
        Severity.ERROR,
        "A model has nothing that can be predicted for new rows",
        """
        A prediction is computed row by row, from the row's own columns and the draws of what all rows share. A value
        that holds all rows at once, that looks at other rows, or that has no distribution to draw from, exists for the
        rows of the fit alone. What is computed from all rows of the fit can be used for new ones, if it is reported.
        """,
        """
        data point { x = [1, 2, 4]; y = [1.2, 2.3, 3.9] }
        b ~ Normal(0, 1)
        middle = mean[point](x)
        observe y ~ Normal(b * (x - middle), 1)
        infer nuts(chains = 4)
        """,
        """
        data point { x = [1, 2, 4]; y = [1.2, 2.3, 3.9] }
        b ~ Normal(0, 1)
        derive middle = mean[point](x)
        observe y ~ Normal(b * (x - middle), 1)
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD821",
        "left-out-of-predictions",
        Severity.WARNING,
        "A quantity is left out of predictions",
        """
        Of several likelihoods and definitions over the rows of a table, some can be computed for new rows and some
        cannot, for the reasons that BD820 tells. Those that can are predicted; the others are named, so that nobody
        looks for them in vain.
        """,
        """
        data point { x = [1, 2, 4]; y = [1.2, 2.3, 3.9] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        share = y / sum[point](y)
        infer nuts(chains = 4)
        """,
        """
        data point { x = [1, 2, 4]; y = [1.2, 2.3, 3.9] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        derive total = sum[point](y)
        share = y / total
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD822",
        "which-table",
        Severity.ERROR,
        "It is not clear for which table's rows to predict",
        """
        The rows of a prediction are those of one table: new houses, or new counties. Where a spec has likelihoods of
        several tables, the command says which is meant; data of another one cannot be taken for it.
        """,
        """
        $ bayesdsl predict runs/both --data new.csv
        """,
        """
        $ bayesdsl predict runs/both --data new.csv --table house
        """,
    ),
    Code(
        "BD823",
        "bad-grid",
        Severity.ERROR,
        "A grid does not say what the predictions need",
        """
        A grid gives values of columns, and several grids make every combination of theirs. Each column that the
        predictions depend on needs a value: a column that was forgotten has none that could be assumed, and one that
        nothing depends on was probably meant to be another.
        """,
        """
        $ bayesdsl predict runs/rugged --grid rugged=0:8:50
        """,
        """
        $ bayesdsl predict runs/rugged --grid rugged=0:8:50 --at africa=1
        """,
    ),
    Code(
        "BD824",
        "row-of-the-fit-alone",
        Severity.ERROR,
        "A latent of the rows is not known for new ones",
        """
        Where each row has a latent of its own, the fit has learnt those of its rows and nothing of others. A new row's
        can be drawn from its prior given everything that is shared, which is wider than that of any row in the data;
        since that is another question than the fit's, the spec has to ask it.
        """,
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        mu  ~ Normal(0, 5)
        tau ~ HalfNormal(5)
        theta[school] ~ Normal(mu, tau) noncentered
        observe y ~ Normal(theta, sigma)
        infer nuts(chains = 4)
        """,
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        mu  ~ Normal(0, 5)
        tau ~ HalfNormal(5)
        theta[school] ~ Normal(mu, tau) noncentered
        observe y ~ Normal(theta, sigma)
        unseen school redraw
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD825",
        "older-run",
        Severity.ERROR,
        "A run does not hold what predictions need of its data",
        """
        A new row's `zscore` is taken with the mean of the rows that were fitted, and its category is looked up among
        their levels. A run keeps these beside its draws. One that was written by a version that did not cannot be
        predicted from, and reading the data again would be no cure: they may have changed since.
        """,
        """
        $ bayesdsl predict runs/of-last-year --data new.csv
        """,
        """
        $ bayesdsl run rugged.bayes --out runs/again
        $ bayesdsl predict runs/again --data new.csv
        """,
    ),
    Code(
        "BD826",
        "cannot-export",
        Severity.ERROR,
        "A predictor cannot be written in this format",
        """
        A program of `torch.export` is a fixed list of operations on numbers: it has no loops that end when the numbers
        say so, and no text. TorchScript has both, so that what the one cannot say the other can.
        """,
        """
        $ bayesdsl export runs/winds -o winds.pt2 --format pt2     # VonMises
        """,
        """
        $ bayesdsl export runs/winds -o winds.pt
        """,
    ),
    Code(
        "BD827",
        "not-a-predictor",
        Severity.ERROR,
        "A file is not a predictor",
        """
        A predictor is an archive of TorchScript with metadata that say what goes in and what comes out. It is a
        program, and loading it runs it: a file that is something else, or of unknown origin, is not loaded.
        """,
        """
        bd.load_predictor("draws.nc")
        """,
        """
        bd.load_predictor("predictor.pt")
        """,
    ),
    Code(
        "BD828",
        "bad-predictor-column",
        Severity.ERROR,
        "A predictor cannot take a column as it is given",
        """
        A compiled predictor takes numbers as arrays of one value for each row, and labels as lists of text. Anything
        else would have to be guessed at, and an answer to a guess looks like any other.
        """,
        """
        predictor.mean({"rugged": 1.5})
        """,
        """
        predictor.mean({"rugged": [1.5]})
        """,
    ),
    Code(
        "BD829",
        "rows-not-kept",
        Severity.ERROR,
        "The rows of the fit are not kept with it",
        """
        A table that is read in parts is one that does not fit the memory, so a run does not hold it. Its predictions
        are for rows that are given, be they those of the fit: everything else that they need is kept.
        """,
        """
        $ bayesdsl predict runs/clicks
        """,
        """
        $ bayesdsl predict runs/clicks --data some_clicks.csv
        """,
    ),
)
