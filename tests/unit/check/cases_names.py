"""Names that nothing declares, that are declared twice, or that stand for another kind of thing (BD2xx)."""

from __future__ import annotations

from cases import case

CASES = (
    case(
        "undeclared",
        "BD201",
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(«slpoe» * x, 1)
        """,
        "did you mean `slope`?",
        "slope",
    ),
    case(
        "undeclared",
        "BD201",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, «width»)
        observe y ~ Normal(mu + width, 1 + width)
        """,
        "declare it above",
    ),
    case(
        "declared_twice",
        "BD202",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        «mu» ~ Normal(0, 10)
        observe y ~ Normal(mu, 1)
        """,
        "keep one of the two",
        None,
        ("mu ~ Normal(0, 1)\n", ""),
    ),
    case(
        "declared_twice",
        "BD202",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        «mu» = 3
        observe y ~ Normal(mu, 1)
        """,
        "give one of them another name",
    ),
    case(
        "declared_twice",
        "BD202",
        """
        data obs { y = [1.2, 0.7, 2.1]; «y» = [1, 2, 3] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
        "give one of them another name",
    ),
    case(
        "declared_twice",
        "BD202",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        data «obs» { z = [1, 2, 3] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu + z, 1)
        """,
        "give one of them another name",
    ),
    case(
        "declared_twice",
        "BD202",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        guide parts { mu : AutoNormal; «mu» : AutoDelta }
        infer svi(guide = parts)
        """,
        "a guide covers each latent once",
        None,
        ("; mu : AutoDelta", ""),
    ),
    case(
        "declared_twice",
        "BD202",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer quick = svi()
        infer quick = «nuts()»
        """,
        "give one of them another name",
        None,
        ("quick = nuts", "exact = nuts"),
    ),
    case(
        "column_twice",
        "BD202",
        """
        data house from "houses.csv" { county : category; radon : positive }
        data school from "schools.csv" { «county» : category; pupils : count }
        a[county], b[county] ~ Normal(0, 1)
        observe radon ~ LogNormal(a[county], 1)
        observe pupils ~ Poisson(exp(b[county]))
        """,
        "call it school_county : category(county) = county",
        None,
        ("{ county : category; pupils", "{ school_county : category(county) = county; pupils"),
        ("b[county]))", "b[school_county]))"),
    ),
    case(
        "column_twice",
        "BD202",
        """
        data train from "train.csv" { x : real; y : real }
        data test from "test.csv" { «x» : real; z : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        observe z ~ Normal(b, 1)
        """,
        "call it test_x : real = x",
        "test_x",
        ("test_x : real", "test_x : real = x"),
        ("Normal(b, 1)", "Normal(b * test_x, 1)"),
    ),
    case(
        "said_twice",
        "BD202",
        """
        data house { county : category = ["A", "B"]; y = [1.2, 0.7] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        unseen county redraw
        unseen «county» error
        """,
        "keep one of the two",
        None,
        ("unseen county error\n", ""),
    ),
    case(
        "observed_twice",
        "BD202",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        observe «y» ~ Normal(mu, 2)
        """,
        "keep one likelihood",
        None,
        ("observe y ~ Normal(mu, 2)\n", ""),
    ),
    case(
        "used_before_declared",
        "BD203",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu  ~ Normal(0, «tau»)
        tau ~ HalfNormal(1)
        observe y ~ Normal(mu, 1)
        """,
        "move the declaration of `tau` above this line",
        None,
        ("mu  ~ Normal(0, tau)\ntau ~ HalfNormal(1)\n", "tau ~ HalfNormal(1)\nmu  ~ Normal(0, tau)\n"),
    ),
    case(
        "depends_on_itself",
        "BD203",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu = «mu» + 1
        observe y ~ Normal(mu, 1)
        """,
        "another name",
    ),
    case(
        "of_the_model",
        "BD201",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        shifted = mu + 1
        observe y ~ Normal(shifted, 1)
        guide q { mu ~ Normal(«shifted», 1) }
        infer svi(guide = q)
        """,
        "a guide sees data, constants and its own names",
    ),
    case(
        "of_the_model",
        "BD201",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        guide q { mu ~ Normal(«mu», 1) }
        infer svi(guide = q)
        """,
        "a guide sees data, constants and its own names",
    ),
    case(
        "plate_as_value",
        "BD211",
        """
        data year { y = [1.2, 0.7, 2.1] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * «year», 1)
        """,
        "a plate stands in brackets",
    ),
    case(
        "value_called",
        "BD211",
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        slope ~ Normal(0, 1)
        observe y ~ Normal(«slope»(x - 0.5), 1)
        """,
        "slope * (..)",
        "slope * ",
    ),
    case(
        "names_a_plate",
        "BD207",
        """
        data school { y = [28, 8, -3] }
        «school» ~ Normal(0, 5)
        observe y ~ Normal(school, 10)
        """,
        "give the value another name",
        "effect",
        ("Normal(school", "Normal(effect"),
    ),
    case(
        "shadows_site",
        "BD207",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma)
        guide q {
            param «sigma» : positive = 1
            mu ~ Normal(0, sigma)
        }
        infer svi(guide = q)
        """,
        "approximate the model's: sigma ~ ..",
        None,
        ("param sigma : positive = 1", "sigma ~ LogNormal(0, 1)"),
    ),
    case(
        "unknown_plate",
        "BD210",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[«conty»] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
        "did you mean `county`?",
        "county",
    ),
    case(
        "unknown_plate",
        "BD210",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        w[«part»] ~ Dirichlet(1)
        observe y ~ Normal(sum[part](w), 1)
        """,
        "declare it: `plate part = 10`",
        None,
        ("w[part] ~", "plate part = 10\nw[part] ~"),
    ),
    case(
        "column_as_plate",
        "BD210",
        """
        plate arm = ["placebo", "drug"]
        data patient { given : category(arm) = ["drug", "placebo"]; y = [1.2, 0.7] }
        a[«given»] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
        "write arm",
        "arm",
    ),
    case(
        "column_as_plate",
        "BD210",
        """
        data house { county : int = [1, 2, 1]; y = [1.2, 0.7, 2.1] }
        a[«county»] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
        "county : category",
        None,
        ("county : int", "county : category"),
    ),
    case(
        "unknown_distribution",
        "BD204",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ «Gaussian»(0, 1)
        observe y ~ Normal(mu, 1)
        """,
        "here it is called `Normal`",
        "Normal",
    ),
    case(
        "unknown_distribution",
        "BD204",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ «Nomral»(0, 1)
        observe y ~ Normal(mu, 1)
        """,
        "did you mean `Normal`?",
        "Normal",
    ),
    case(
        "distribution_without_arguments",
        "BD204",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ «Flat»
        observe y ~ Normal(mu, 1)
        """,
        "write: Flat()",
        "Flat()",
    ),
    case(
        "not_a_distribution",
        "BD204",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ «2 + 1»
        observe y ~ Normal(mu, 1)
        """,
        "a deterministic quantity is written with `=`",
        None,
        ("mu ~ 2", "mu = 2"),
    ),
    case(
        "distribution_in_expression",
        "BD204",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu = 1 + «Normal(0, 1)»
        observe y ~ Normal(mu, 1)
        """,
        "`x ~ Normal(..)`",
        "x",
        ("mu = ", "x ~ Normal(0, 1)\nmu = "),
    ),
    case(
        "unknown_function",
        "BD205",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, «exxp»(mu))
        """,
        "did you mean `exp`?",
        "exp",
    ),
    case(
        "unknown_function",
        "BD205",
        """
        data obs from "obs.csv" { x : real = «zscor»(height); y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu * x, 1)
        """,
        "did you mean `zscore`?",
        "zscore",
    ),
    case(
        "function_as_value",
        "BD205",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(«max»[k], exp(sum[k](a)))
        """,
        "max[p](..)",
    ),
    case(
        "unknown_reduction",
        "BD205",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(«summ»[k](a), 1)
        """,
        "did you mean `sum`?",
        "sum",
    ),
    case(
        "unknown_reduction",
        "BD205",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(sum[k](«exp»[k](a)), 1)
        """,
        "write exp(..)",
        None,
        ("exp[k](a)", "exp(a)"),
    ),
    case(
        "reduction_without_plate",
        "BD205",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(«sum»(a), 1)
        """,
        "name it in brackets: sum[k](..)",
        "sum[k]",
    ),
    case(
        "reduction_without_plate",
        "BD205",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a, b ~ Normal(0, 1)
        observe y ~ Normal(«max»(a, b), 1)
        """,
        "of two values it is written maximum(a, b)",
        "maximum",
    ),
    case(
        "column_function",
        "BD205",
        """
        data person from "people.csv" { height : real; weight : real }
        b ~ Normal(0, 1)
        observe weight ~ Normal(b * «zscore»(height), 10)
        """,
        "where the column is declared: height : real = zscore(height)",
        None,
        ("height : real", "height : real = zscore(height)"),
        ("b * zscore(height)", "b * height"),
    ),
    case(
        "column_reduction",
        "BD205",
        """
        data person from "people.csv" { x : real = «sum»[k](items); y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 10)
        """,
        "reduce it in the model",
    ),
    case(
        "one_plate",
        "BD205",
        """
        plate k = 3
        plate j = 2
        data obs { y = [1.2, 0.7, 2.1] }
        a[k, j] ~ Normal(0, 1)
        c = cumsum[k, «j»](a)
        observe y ~ Normal(sum[k, j](c), 1)
        """,
        "cumsum[k](..)",
        None,
        ("cumsum[k, j]", "cumsum[k]"),
    ),
    case(
        "keyword_in_function",
        "BD206",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(exp(«x = mu»), 1)
        """,
        "leave the name out",
        "mu",
    ),
    case(
        "wrong_arity",
        "BD206",
        """
        data town { people : positive = [1200, 800]; y = [1.2, 0.7] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * «log(people, 10)», 1)
        """,
    ),
    case(
        "prior_on_data",
        "BD208",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        «y»  ~ Normal(mu, 1)
        """,
        "write: observe y ~ ..",
        "observe y",
    ),
    case(
        "observes_latent",
        "BD209",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe «mu» ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
        "remove `observe` for a prior",
    ),
    case(
        "observes_plate",
        "BD209",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe «obs» ~ Normal(mu, 1)
        """,
        "observe one of its columns",
        "y",
    ),
    case(
        "observes_nothing",
        "BD209",
        """
        data house from "radon.csv" { log_radon : real }
        mu ~ Normal(0, 1)
        observe «log_randon» ~ Normal(mu, 1)
        """,
        "did you mean `log_radon`?",
        "log_radon",
    ),
    case(
        "many_targets",
        "BD212",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        derive low, «high» = mu - 2
        """,
        "write a line for each name",
        None,
        ("derive low, high = mu - 2", "derive low = mu - 2\nderive high = mu + 2"),
    ),
)
