"""BD8xx: what goes wrong before, while and after a model runs."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD801",
        "init-failed",
        Severity.ERROR,
        "No starting point with a finite density was found",
        """
        A run starts where the posterior density and its slope are finite, and of the points that were tried none was
        such a place. Usually a formula overflows, as exp(..) of a mean that goes into the hundreds, or a wide prior
        puts the start where the data are impossible to the last digit the computer has. Predictors and outcomes on a
        scale near 1, and priors that say what is plausible, mend both.
        """,
        """
        data town { people = [90000, 20000, 1000]; shops : count = [100, 30, 2] }
        b ~ Normal(0, 100)
        observe shops ~ Poisson(exp(b * people))
        infer nuts(chains = 4)
        """,
        """
        data town { people = [90000, 20000, 1000]; shops : count = [100, 30, 2] }
        a, b ~ Normal(0, 1)
        observe shops ~ Poisson(exp(a + b * log(people / 20000)))
        infer nuts(chains = 4)
        """,
    ),
    Code(
        "BD802",
        "loss-not-finite",
        Severity.ERROR,
        "The loss became infinite or undefined",
        """
        An optimiser that has stepped to where the loss is no number cannot step back, since there is no slope to
        follow. At the first step the start itself is bad: the scales of the priors and of the data are far apart. Later
        on the steps were too long, or a scale went so near to zero that its logarithm overflowed. What was fitted up to
        then is not the result that was asked for, so nothing is reported.
        """,
        """
        data day { calls : count = [300, 310, 290] }
        a ~ Normal(0, 10)
        observe calls ~ Poisson(exp(a))
        infer svi(optim = SGD(lr = 1), steps = 2000)
        """,
        """
        data day { calls : count = [300, 310, 290] }
        a ~ Normal(0, 10)
        observe calls ~ Poisson(exp(a))
        infer svi(optim = Adam(lr = 0.05), steps = 2000)
        """,
    ),
    Code(
        "BD803",
        "worker-failed",
        Severity.ERROR,
        "A process that ran a chain ended early",
        """
        Chains run in processes of their own, and one of these failed or was ended by the system, most often because
        memory ran out. The chains that are left are not reported as if they were all: that one ended may have to do
        with where it went, and then the others would show the easier part of the posterior.
        """,
        """
        $ bayesdsl run large.bayes --set infer.chains=16     # memory for 4
        """,
        """
        $ bayesdsl run large.bayes --set infer.chains=4
        """,
    ),
    Code(
        "BD804",
        "unknown-inference",
        Severity.ERROR,
        "The spec has no inference of the name asked for",
        """
        Inferences are asked for by the name that the spec gives them, or by the name of a method, which then runs with
        its defaults. Another one in place of the one that was asked for would answer with a result of another kind: a
        point in place of draws, or an approximation in place of the posterior.
        """,
        """
        $ grep infer rugged.bayes
        infer exact = nuts(chains = 4)
        $ bayesdsl run rugged.bayes --infer exakt
        """,
        """
        $ bayesdsl run rugged.bayes --infer exact
        """,
    ),
    Code(
        "BD805",
        "run-directory",
        Severity.ERROR,
        "The directory of a run exists already or is damaged",
        """
        A run is written whole into a directory of its own: the spec, the program, the settings, the draws and their
        summary, with checksums. Writing over another run would lose draws that may have taken hours, so it is done only
        when asked for. A directory in which a file is missing or was changed no longer shows what was run, and is not
        read as if it did.
        """,
        """
        $ bayesdsl run rugged.bayes --out runs/first
        $ bayesdsl run rugged.bayes --out runs/first
        """,
        """
        $ bayesdsl run rugged.bayes --out runs/first
        $ bayesdsl run rugged.bayes --out runs/second
        """,
    ),
    Code(
        "BD806",
        "no-inference",
        Severity.ERROR,
        "The spec has no `infer`, and none was asked for",
        """
        One model can be answered in several ways, by draws from its posterior, by an approximation, or by a single
        point, and they differ in time and in what they tell. The spec or the command says which; there is no silent
        default, because the reader of a result has to know what it is.
        """,
        """
        $ bayesdsl run model.bayes
        """,
        """
        $ bayesdsl run model.bayes --infer nuts
        """,
    ),
    Code(
        "BD807",
        "unsuited-inference",
        Severity.ERROR,
        "The inference cannot run this model or guide",
        """
        Most of what an inference asks of a model is known from the spec, but not all. A guide may need continuous
        unknowns, a loss may need draws that can be differentiated, and a Laplace approximation needs a point at which
        the posterior bends down in every direction. Where the model turns out to be otherwise, the method has no
        answer, and another one has to be chosen.
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a * b, 1)
        infer svi(guide = AutoLaplaceApproximation, steps = 1)
        """,
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(a * b, 1)
        infer svi(guide = AutoMultivariateNormal, steps = 5000)
        """,
    ),
    Code(
        "BD808",
        "bad-override",
        Severity.ERROR,
        "A `--set` is not of the form it must have",
        """
        `--set` replaces one setting of the inference for one run, and is written as the setting's place and its value.
        A form that is not understood cannot be passed over, since the run would then use the settings of the spec while
        its command line says otherwise.
        """,
        """
        $ bayesdsl run rugged.bayes --set draws:200
        """,
        """
        $ bayesdsl run rugged.bayes --set infer.draws=200
        """,
    ),
    Code(
        "BD809",
        "cannot-read",
        Severity.ERROR,
        "The spec cannot be read",
        """
        There is no such file, it is a directory, or the system does not let this user read it. Without the spec there
        is nothing to check or to run. A relative path is taken from the directory in which the command was started.
        """,
        """
        $ bayesdsl check ruged.bayes
        """,
        """
        $ bayesdsl check rugged.bayes
        """,
    ),
    Code(
        "BD810",
        "interrupted",
        Severity.ERROR,
        "A run was stopped before it had a result",
        """
        A sampler first adapts its steps to the posterior, and an optimiser first has to arrive. What they pass through
        on the way are not draws from the posterior, so a run that is stopped there has nothing to report. Stopped
        later, it keeps the draws it has, and its record says that it was stopped.
        """,
        """
        $ bayesdsl run slow.bayes
        ^C                               (during the warmup)
        """,
        """
        $ bayesdsl run slow.bayes --set infer.warmup=300
        """,
    ),
    Code(
        "BD811",
        "cannot-evaluate",
        Severity.ERROR,
        "A line of the model has no value for these data",
        """
        The spec is consistent, and yet a line of it failed when it was computed with these data: a matrix that is not
        positive definite to the computer's precision, a number that became infinite, an argument that left its bounds
        by rounding. What the checker can know ends where values begin. The message is that of the library that does the
        computing; the line is the spec's.
        """,
        """
        data point { t = [1.0, 1.0, 2.0]; y = [1.2, 1.3, 0.4] }
        width ~ LogNormal(0, 1)
        K[point, point'] = exp(-(t - t[point'])^2 / width)
        observe y ~ MultivariateNormal(0, K)         # no noise: K is singular
        infer nuts(chains = 4)
        """,
        """
        data point { id = [1, 2, 3]; t = [1.0, 1.0, 2.0]; y = [1.2, 1.3, 0.4] }
        width ~ LogNormal(0, 1)
        K[point, point'] = exp(-(t - t[point'])^2 / width)
        noisy[point, point'] = K + 0.01 * (id == id[point'])
        observe y ~ MultivariateNormal(0, noisy)
        infer nuts(chains = 4)
        """,
    ),
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
)
