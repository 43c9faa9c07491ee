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
        "BD849",
        "no-drawing",
        Severity.ERROR,
        "The library that draws reports is not installed",
        """
        A report is a page with drawings, and they are made by matplotlib, which nothing else here needs: it comes with
        the extra `report`. A page without them would leave out what one wants to look at, so none is written. The table
        and the verdict of a run need no library more: `bayesdsl show` prints them.
        """,
        """
        $ pip install bayesdsl
        $ bayesdsl report runs/first
        """,
        """
        $ pip install 'bayesdsl[report]'
        $ bayesdsl report runs/first
        """,
    ),
    Code(
        "BD850",
        "report-not-written",
        Severity.ERROR,
        "A report cannot be written there",
        """
        A report goes into the directory of its run, or into the file that `-o` names. That one is a directory, lies in
        a directory that does not exist, or may not be written by this user. Directories are not made for it, as a slip
        in a long path would then go unnoticed.
        """,
        """
        $ bayesdsl report runs/first -o reprots/first.html
        """,
        """
        $ bayesdsl report runs/first -o reports/first.html
        """,
    ),
    Code(
        "BD853",
        "simulated-size",
        Severity.ERROR,
        "The size of simulated data is not said, or cannot be",
        """
        A table that is made up has as many rows as one says: how much data there are decides how much can be learned,
        so there is no silent default. Levels of a category and columns of a matrix have one, which is told. Sizes that
        the spec or given data decide cannot be chosen, and a table cannot have more levels than rows, as the levels of
        a fit are those that occur.
        """,
        """
        $ bayesdsl simulate radon.bayes
        """,
        """
        $ bayesdsl simulate radon.bayes --rows house=200 --levels county=20
        """,
    ),
    Code(
        "BD854",
        "pinned-value",
        Severity.ERROR,
        "A `--set` of a simulation names no unknown, or no value of it",
        """
        A pinned value takes the place of a draw from the prior, for an unknown or a param, all of its members or one of
        them. What is computed follows from what it is computed from, and data are what is simulated, so neither can be
        pinned. A value outside the support is one that the model says is impossible: data drawn with it would not be
        data of the model. The members of a vector that is drawn as one cannot be pinned one by one, since the others
        would have to be drawn given that one.
        """,
        """
        $ bayesdsl simulate radon.bayes --rows house=200 --set sigma=-1
        """,
        """
        $ bayesdsl simulate radon.bayes --rows house=200 --set sigma=1
        """,
    ),
    Code(
        "BD855",
        "cannot-be-drawn",
        Severity.ERROR,
        "The model does not say how to draw something",
        """
        A simulation draws each unknown from its prior and each outcome from its likelihood, from top to bottom. An
        improper prior is no distribution and has no draws; a param without a start has no value; an outcome that is
        used above its likelihood would be needed before it exists. A prior that a type cuts down is drawn until a draw
        is of the type, which has an end where that is too rare. With --set the value is said instead.
        """,
        """
        data point { x : real; y : real }
        a, b  ~ Flat()
        sigma ~ HalfNormal(1)
        observe y ~ Normal(a + b * x, sigma)
        """,
        """
        data point { x : real; y : real }
        a, b  ~ Normal(0, 5)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(a + b * x, sigma)
        """,
    ),
    Code(
        "BD856",
        "drawn-not-data",
        Severity.ERROR,
        "What was drawn cannot be data of the spec",
        """
        The model drew values that a table of the spec cannot hold: infinite ones, values outside the declared type, or
        rows that a condition would leave out. Often a prior is so wide that it says impossible things with confidence,
        which is worth knowing. Where a condition selects rows by their outcome, the likelihood does not know of the
        selection, and neither a simulation nor a fit is of the data that are meant.
        """,
        """
        data day { calls : count }
        a ~ Normal(0, 1000)
        observe calls ~ Poisson(exp(a))
        """,
        """
        data day { calls : count }
        a ~ Normal(3, 1)
        observe calls ~ Poisson(exp(a))
        """,
    ),
    Code(
        "BD857",
        "cannot-be-written",
        Severity.ERROR,
        "A drawn outcome cannot be written as a column of the source",
        """
        A fit reads the source and computes the outcome from it, so the source is written such that the outcome is what
        was drawn: for log_gdp = log(gdp) the file holds exp(log_gdp). That works where an expression of one column can
        be undone row by row. The z-score of an outcome cannot: its mean is 0 and its standard deviation 1 whatever was
        drawn.
        """,
        """
        data penguin from "penguins.csv" { mass : real = zscore(body_mass_g) }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe mass ~ Normal(mu, sigma)
        """,
        """
        data penguin from "penguins.csv" { mass : real = body_mass_g / 1000 }
        mu    ~ Normal(4, 1)
        sigma ~ HalfNormal(1)
        observe mass ~ Normal(mu, sigma)
        """,
    ),
    Code(
        "BD858",
        "made-up-column",
        Severity.ERROR,
        "A predictor cannot be made up, or not as was asked",
        """
        Predictors that are not given are drawn by their types, or as `--column` says: `normal(0, 2)`, `-1:1` for
        numbers spread evenly at random, `grid(-1, 1)` for steps of one size, a number, or a list. What a spec computes
        in a way that cannot be undone has to be said of the columns that it is computed from, and where no values are
        found that fit types and conditions, they have to be given.
        """,
        """
        $ bayesdsl simulate line.bayes --rows point=50 --column 'x=norm(0, 2)'
        """,
        """
        $ bayesdsl simulate line.bayes --rows point=50 --column 'x=normal(0, 2)'
        """,
    ),
    Code(
        "BD859",
        "level-not-drawn",
        Severity.WARNING,
        "A level does not occur in simulated data",
        """
        The members of a plate that a category declares are the levels that occur. Where the model draws the category,
        one of its levels may not come up, and a fit to these data then has one member fewer than the truth that is
        written beside them.
        """,
        """
        $ bayesdsl simulate votes.bayes --rows voter=4 --levels party=4
        """,
        """
        $ bayesdsl simulate votes.bayes --rows voter=400 --levels party=4
        """,
    ),
    Code(
        "BD863",
        "draws-by-row",
        Severity.ERROR,
        "Draws with a value for each row would not fit into memory",
        """
        Minibatches make tables of any length possible, and every draw of a latent over such a table is as long as it
        is: a thousand draws of one number for each of ten million rows are 80 GB. This is said before the fit and not
        after it. Few draws often do for such quantities; what is wanted of them all together, as a mean, is better
        asked of the parameters behind them.
        """,
        """
        data visit from "visits.csv" { seconds : positive }      # ten million
        mu ~ Normal(3, 1)
        theta[visit] ~ Normal(mu, 1)
        observe seconds ~ LogNormal(theta, 1)
        infer svi(batch = 512 of visit, draws = 1000)
        """,
        """
        data visit from "visits.csv" { seconds : positive }      # ten million
        mu ~ Normal(3, 1)
        theta[visit] ~ Normal(mu, 1)
        observe seconds ~ LogNormal(theta, 1)
        infer svi(batch = 512 of visit, draws = 20)
        """,
    ),
    Code(
        "BD870",
        "sampler-failed",
        Severity.ERROR,
        "The compiled sampler gave up on a chain",
        """
        Compiled densities are sampled by nutpie, whose chains are threads. Where one of them cannot go on, it says so
        in its own words, and the run ends: the chains that are left are not reported as if they were all, since they
        may show the easier part of the posterior. Pyro's sampler is slower, and goes on in some of these cases.
        """,
        """
        $ bayesdsl run large.bayes
        """,
        """
        $ bayesdsl run large.bayes --set infer.engine=pyro
        """,
    ),
)
