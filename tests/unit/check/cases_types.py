"""Types, supports, and the arguments of distributions and functions (BD4xx)."""

from __future__ import annotations

from cases import case

CASES = (
    case(
        "argument_support",
        "BD401",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu, sigma ~ Normal(0, 1)
        observe y ~ Normal(mu, «sigma»)
        """,
        "write exp(sigma)",
        "exp(sigma)",
    ),
    case(
        "argument_support",
        "BD401",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        param sigma = 1
        observe y ~ Normal(0, «sigma»)
        """,
        "param sigma : positive",
        None,
        ("param sigma =", "param sigma : positive ="),
    ),
    case(
        "argument_support",
        "BD401",
        """
        data trial from "trials.csv" { effect : real; se : real }
        mu ~ Normal(0, 1)
        observe effect ~ Normal(mu, «se»)
        """,
        "se : positive",
        None,
        ("se : real", "se : positive"),
    ),
    case(
        "argument_support",
        "BD401",
        """
        data obs { x = [-1, 0, 1]; y = [1.2, 0.7, 2.1] }
        b ~ Normal(0, 1)
        observe y ~ Normal(0, «1 + b * x»)
        """,
        "write exp(..), or where it cannot be outside, hold it: maximum(.., 0.001)",
        "maximum(1 + b * x, 0.001)",
    ),
    case(
        "argument_support",
        "BD401",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, «-1»)
        observe y ~ Normal(mu, 1)
        """,
    ),
    case(
        "argument_support",
        "BD401",
        """
        data toss { heads : binary = [1, 0, 1] }
        a ~ HalfNormal(1)
        observe heads ~ Bernoulli(«a»)
        """,
        "give `a` a Beta prior, or write inv_logit(a); or give it as `logits =`",
        "logits = a",
    ),
    case(
        "argument_support",
        "BD401",
        """
        data vote { yes : count = [3, 4]; asked = [10.5, 12] }
        p ~ Beta(1, 1)
        observe yes ~ Binomial(«asked», p)
        """,
        "declare data as count",
        None,
        ("asked = [10.5, 12]", "asked : count = [10, 12]"),
    ),
    case(
        "argument_support",
        "BD401",
        """
        data voter { party : category = ["red", "blue", "red"] }
        p[party] ~ Normal(0, 1)
        observe party ~ Categorical(«p»)
        """,
        "or give it as `logits =`",
        "logits = p",
    ),
    case(
        "argument_support",
        "BD401",
        """
        data voter { party : category = ["red", "blue", "red"] }
        p[party] ~ Beta(1, 1)
        observe party ~ Categorical(«p»)
        """,
        "use a Dirichlet prior",
        None,
        ("Beta(1, 1)", "Dirichlet(1)"),
    ),
    case(
        "argument_support",
        "BD401",
        """
        plate cut = 2
        data reply { said : category = ["no", "maybe", "yes"] }
        c[cut] ~ Normal(0, 2)
        observe said ~ OrderedLogistic(0, «c»)
        """,
        "c[k] : ordered ~ Normal(0, 2)",
        None,
        ("c[cut] ~", "c[cut] : ordered ~"),
    ),
    case(
        "argument_support",
        "BD401",
        """
        plate cut = 2
        data reply { said : category = ["no", "maybe", "yes"] }
        c[cut] ~ Normal(0, 2)
        observe said ~ OrderedLogistic(0, «c»)
        """,
        "cumsum[k](exp(..))",
        "cumsum[cut](exp(c))",
    ),
    case(
        "argument_support",
        "BD401",
        """
        data leaf from "leaves.csv" { y[axis] = [length, width] }
        R[axis, axis'] ~ LKJ(1)
        observe y ~ MultivariateNormal(0, scale_tril = «R»)
        """,
        "use an LKJCholesky prior",
        None,
        ("LKJ(1)", "LKJCholesky(1)"),
    ),
    case(
        "outside_support",
        "BD401",
        """
        plate k = 2
        data obs { y = [1.2, 0.7, 2.1] }
        w[k] ~ Beta(1, 1)
        m[k] ~ Normal(0, 1)
        observe y ~ Mixture(«w», Normal(m, 1))
        """,
        "use a Dirichlet prior or softmax[k](..)",
        None,
        ("Beta(1, 1)", "Dirichlet(1)"),
    ),
    case(
        "nothing_between",
        "BD401",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Uniform(«10, 0»)
        observe y ~ Normal(mu, 1)
        """,
        "the lower bound comes first",
        "0, 10",
    ),
    case(
        "impossible_parameters",
        "BD401",
        """
        data toss { heads : binary = [1, 0, 1] }
        p ~ «Beta(mean = 0.5, sd = 0.9)»
        observe heads ~ Bernoulli(p)
        """,
        "the spread must fit",
        "Beta(mean = 0.5, sd = 0.2)",
    ),
    case(
        "cannot_produce",
        "BD402",
        """
        data day { calls : real = [3, 0, 2, 5] }
        rate ~ Gamma(2, 1)
        observe calls ~ «Poisson(rate)»
        """,
        "such as `count`",
        None,
        ("calls : real", "calls : count"),
    ),
    case(
        "cannot_produce",
        "BD402",
        """
        data obs from "obs.csv" { y : real }
        shape ~ Gamma(2, 1)
        observe y ~ «Gamma(shape, 1)»
        """,
        "such as `positive`",
        None,
        ("y : real", "y : positive"),
    ),
    case(
        "cannot_produce",
        "BD402",
        """
        data toss { heads : binary = [1, 0, 1] }
        a ~ Gamma(2, 1)
        observe heads ~ «Beta(a, 1)»
        """,
        "such as `unit`",
    ),
    case(
        "cannot_produce",
        "BD402",
        """
        data toss { heads : count = [1, 0, 1] }
        p ~ Beta(1, 1)
        observe heads ~ «Bernoulli(p)»
        """,
        "such as `binary`",
        None,
        ("heads : count", "heads : binary"),
    ),
    case(
        "category_likelihood",
        "BD402",
        """
        data penguin { species : category = ["Adelie", "Gentoo"] }
        mu ~ HalfNormal(1)
        observe species ~ «Poisson(mu)»
        """,
        "use Categorical(p) with p over its levels",
        "Categorical(p)",
        ("mu ~ HalfNormal(1)", "p[species] ~ Dirichlet(1)"),
    ),
    case(
        "flat_likelihood",
        "BD413",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        observe y ~ «Flat()»
        """,
        "a likelihood needs a proper distribution",
    ),
    case(
        "too_many_arguments",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1, «2»)
        observe y ~ Normal(mu, 1)
        """,
        "Normal(loc, scale)",
    ),
    case(
        "positional_after_keyword",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(loc = 0, «1»)
        observe y ~ Normal(mu, 1)
        """,
        "give this one by name too",
        "scale = 1",
    ),
    case(
        "unknown_argument",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, «sigma» = sigma)
        """,
        "did you mean `scale`?",
        "scale",
    ),
    case(
        "unknown_argument",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, «wobble» = 1)
        observe y ~ Normal(mu, 1)
        """,
        "or by name: Normal(loc = .., var = ..), Normal(loc = .., precision = ..)",
        "precision",
    ),
    case(
        "argument_twice",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, «loc = 2»)
        observe y ~ Normal(mu, 1)
        """,
        "",
        "scale = 2",
    ),
    case(
        "missing_argument",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ «Normal(0)»
        observe y ~ Normal(mu, 1)
        """,
        "its arguments are Normal(loc, scale)",
        "Normal(0, 1)",
    ),
    case(
        "missing_argument",
        "BD403",
        """
        data vote { yes : count = [3, 4] }
        observe yes ~ «Binomial(10)»
        """,
        "Binomial(total_count, probs, logits)",
        "Binomial(10, 0.5)",
    ),
    case(
        "missing_argument",
        "BD403",
        """
        data day { n : count = [3, 4] }
        observe n ~ «ZeroInflatedDistribution(gate = 0.5)»
        """,
        "ZeroInflatedDistribution(base_dist, gate, gate_logits)",
        "ZeroInflatedDistribution(Poisson(3), gate = 0.5)",
    ),
    case(
        "one_of",
        "BD403",
        """
        data vote { yes : count = [3, 4] }
        p ~ Beta(1, 1)
        observe yes ~ «Binomial(10, p, logits = 0)»
        """,
        "leave out all but one",
        "Binomial(10, p)",
    ),
    case(
        "no_such_parameterisation",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        s ~ «Gamma(sd = 1)»
        observe y ~ Normal(0, s)
        """,
        "Gamma(mean = .., sd = ..)",
        "Gamma(mean = 1, sd = 1)",
    ),
    case(
        "argument_given_by_another",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        s ~ HalfNormal(1)
        observe y ~ Normal(0, «s», var = 2 * s)
        """,
        "leave one of them out",
        None,
        ("0, s, var = 2 * s", "0, var = 2 * s"),
    ),
    case(
        "mixture_arguments",
        "BD403",
        """
        plate k = 2
        data obs { y = [1.2, 0.7, 2.1] }
        w[k] ~ Dirichlet(1)
        m[k] ~ Normal(0, 1)
        observe y ~ «Mixture(w, Normal(m, 1), Normal(0, 1))»
        """,
        "write: Mixture(w, Normal(mu, sigma))",
        "Mixture(w, Normal(m, 1))",
    ),
    case(
        "inner_distribution",
        "BD403",
        """
        data day { n : count = [3, 4] }
        g ~ Beta(1, 1)
        observe n ~ ZeroInflatedDistribution(«Normal(3, 1)», gate = g)
        """,
        "as in ZeroInflatedDistribution(Poisson(rate), gate = g)",
        "Poisson(3)",
    ),
    case(
        "inner_distribution",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        s ~ FoldedDistribution(«HalfNormal(1)»)
        observe y ~ Normal(0, s)
        """,
        "as in FoldedDistribution(StudentT(3, 0, 2))",
        "StudentT(3, 0, 2)",
    ),
    case(
        "inner_distribution",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        s ~ FoldedDistribution(«3»)
        observe y ~ Normal(0, s)
        """,
        "as in FoldedDistribution(StudentT(3, 0, 2))",
        "Normal(0, 3)",
    ),
    case(
        "flat_takes_a_type",
        "BD403",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Flat(«3»)
        observe y ~ Normal(mu, 1)
        """,
        "Flat(positive)",
        "positive",
    ),
    case(
        "must_be_known",
        "BD403",
        """
        plate c = ["a", "b"]
        data r from "x.csv" { n[c] : count = [a, b]; total : count }
        p[c] ~ Dirichlet(1)
        observe n ~ Multinomial(«total», p)
        """,
        "write a number or a `const`",
    ),
    case(
        "unknown_type",
        "BD404",
        """
        data obs { y : «postive» = [1.2, 0.7, 2.1] }
        rate ~ Gamma(2, 1)
        observe y ~ Exponential(rate)
        """,
        "did you mean `positive`?",
        "positive",
    ),
    case(
        "type_takes_no_arguments",
        "BD404",
        """
        data obs { y : «real(0, 5)» = [1.2, 0.7, 2.1] }
        rate ~ Gamma(2, 1)
        observe y ~ Exponential(rate)
        """,
        "interval(a, b)",
        "interval(0, 5)",
    ),
    case(
        "interval_bounds",
        "BD404",
        """
        data obs { y : «interval(5, 0)» = [1.2, 0.7, 2.1] }
        rate ~ Gamma(2, 1)
        observe y ~ Exponential(rate)
        """,
        "write: interval(0, 10)",
        "interval(0, 10)",
    ),
    case(
        "category_argument",
        "BD404",
        """
        data house { county : «category(3)» = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
        "county : category",
        "category",
    ),
    case(
        "column_without_type",
        "BD405",
        """
        data town from "towns.csv" { «y» = log(income) }
        mu ~ Normal(10, 1)
        observe y ~ Normal(mu, 1)
        """,
        "write: y : real = ..",
        "y : real",
    ),
    case(
        "text_column",
        "BD405",
        """
        data house { «county» = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
        "county : category = [..]",
        "county : category",
    ),
    case(
        "mixed_labels",
        "BD405",
        """
        data house { county : category = «[1, "B", 1]»; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        """,
        "write all of its labels in quotes",
        '["1", "B", "1"]',
    ),
    case(
        "text_in_column",
        "BD405",
        """
        data house from "houses.csv" { modern : binary = «"modern"»; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * modern, 1)
        """,
        'style == "modern"',
        'style == "modern"',
    ),
    case(
        "structured_column",
        "BD405",
        """
        data house from "houses.csv" { share : «simplex»; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * share, 1)
        """,
        "declare the type of one cell",
        "unit",
    ),
    case(
        "literal_outside_type",
        "BD405",
        """
        data day { calls : count = [3, «-1», 2, 0.5] }
        rate ~ Gamma(2, 1)
        observe calls ~ Poisson(rate)
        """,
        "correct it, or give `calls` another type",
        "1",
        ("0.5", "5"),
    ),
    case(
        "literal_outside_type",
        "BD405",
        """
        data day from "days.csv" { one : count = «1.5»; n : count }
        observe n ~ Poisson(1 + one)
        """,
        "correct it, or give `one` another type",
        "1",
    ),
    case(
        "unequal_lengths",
        "BD405",
        """
        data obs { x = [0.1, 0.5, 0.9]; «y» = [1.2, 0.7] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        """,
        "one value for each row",
        None,
        ("[1.2, 0.7]", "[1.2, 0.7, 2.1]"),
    ),
    case(
        "literal_in_file",
        "BD405",
        """
        data obs from "obs.csv" { «x» = [0.1, 0.5]; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        """,
        "put them into the file",
        None,
        ("x = [0.1, 0.5]", "x : real"),
    ),
    case(
        "empty_list",
        "BD405",
        """
        data obs { y = «[]» }
        b ~ Normal(0, 1)
        observe y ~ Normal(b, 1)
        """,
        "write them",
        "[1.2, 0.7]",
    ),
    case(
        "column_without_values",
        "BD405",
        """
        data obs { «x» : real; y = [1.2, 0.7] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        """,
        "write them: x = [..]",
        None,
        ("x : real", "x = [1, 2]"),
    ),
    case(
        "no_columns",
        "BD405",
        """
        «data obs { }»
        b ~ Normal(0, 1)
        derive c = 2 * b
        """,
        "{ y : real }",
    ),
    case(
        "bad_column_expression",
        "BD405",
        """
        data obs from "obs.csv" { x : real = «height[person]»; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        """,
    ),
    case(
        "category_as_number",
        "BD406",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * «county», 1)
        """,
        "index by it, as in a[county], with a prior a[county] ~ ..",
        None,
        ("b ~ Normal", "a[county] ~ Normal"),
        ("b * county", "a[county]"),
    ),
    case(
        "compares_text",
        "BD406",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        b ~ Normal(0, 1)
        observe y ~ Normal(where(county == «"A"», b, 0), 1)
        """,
        'is_that : binary = county == ".."',
    ),
    case(
        "text_in_expression",
        "BD406",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b + «"A"», 1)
        """,
        "a label selects a member",
    ),
    case(
        "list_in_expression",
        "BD406",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        b ~ Normal(«[0, 1]», 1)
        observe y ~ Normal(b, 1)
        """,
        "put the numbers into a data block",
    ),
    case(
        "outside_domain",
        "BD407",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        rate ~ Normal(0, 1)
        observe y ~ Normal(log(«rate»), 1)
        """,
        "give `rate` a positive prior",
        None,
        ("rate ~ Normal(0, 1)", "rate ~ LogNormal(0, 1)"),
    ),
    case(
        "outside_domain",
        "BD407",
        """
        data obs { kind : count = [0, 2, 1]; y = [1.2, 0.7, 2.1] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * (not «kind»), 1)
        """,
        "compare it, as in kind > 0",
        "(kind > 0)",
    ),
    case(
        "not_a_known_number",
        "BD408",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        const centre = «2 * mu»
        observe y ~ Normal(centre, 1)
        """,
        "write a number",
        None,
        ("const centre", "centre"),
    ),
    case(
        "cannot_evaluate",
        "BD408",
        """
        const tiny = «1 / 0»
        data obs { y = [1.2, 0.7, 2.1] }
        observe y ~ Normal(tiny, 1)
        """,
        "a division by zero",
        "1 / 10",
    ),
    case(
        "not_finite",
        "BD408",
        """
        const huge = «1e999»
        data obs { y = [1.2, 0.7, 2.1] }
        observe y ~ Normal(huge, 1)
        """,
    ),
    case(
        "not_finite",
        "BD408",
        """
        data obs from "obs.csv" { n : count = «1e400»; y : real }
        observe y ~ Normal(0, 1)
        """,
    ),
    case(
        "not_finite",
        "BD408",
        """
        data obs from "obs.csv" { x : real = «1e400» * size; y : real }
        observe y ~ Normal(x, 1)
        """,
    ),
    case(
        "unknown_modifier",
        "BD409",
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        tau ~ HalfCauchy(5)
        theta[school] ~ Normal(0, tau) «noncentred»
        observe y ~ Normal(theta, sigma)
        """,
        "did you mean `noncentered`?",
        "noncentered",
    ),
    case(
        "cannot_noncenter",
        "BD409",
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        rate ~ HalfCauchy(1)
        theta[school] ~ Gamma(2, rate) «noncentered»
        observe y ~ Normal(theta, sigma)
        """,
        "it goes with Normal, StudentT",
        None,
        ("Gamma(2, rate)", "Normal(2, rate)"),
    ),
    case(
        "noncentered_and_cut",
        "BD409",
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        tau ~ HalfCauchy(5)
        theta[school] : positive ~ Normal(0, tau) «noncentered»
        observe y ~ Normal(theta, sigma)
        """,
        "leave out the type",
        None,
        (" : positive", ""),
    ),
    case(
        "type_outside_support",
        "BD410",
        """
        data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        rho : «interval(-1, 1)» ~ HalfNormal(0.5)
        observe y ~ Normal(rho * x, 1)
        """,
        "choose a distribution that has all values of the type",
        None,
        ("HalfNormal(0.5)", "Normal(0, 0.5)"),
    ),
    case(
        "type_outside_support",
        "BD410",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        k : «count» ~ Normal(3, 1)
        observe y ~ Normal(k, 1)
        """,
        "choose a distribution that has all values of the type",
        None,
        ("Normal(3, 1)", "Poisson(3)"),
    ),
    case(
        "discrete_param",
        "BD411",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        param k : «count» = 1
        observe y ~ Normal(k, 1)
        """,
        "use real or positive",
        "positive",
    ),
    case(
        "param_init_outside",
        "BD411",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        param sigma : positive = «0»
        observe y ~ Normal(0, sigma)
        """,
        "start it at a value of its type",
        "1",
    ),
    case(
        "param_init_varies",
        "BD411",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        param start = «mu»
        observe y ~ Normal(start, 1)
        """,
        "start it from a number or from data",
    ),
    case(
        "unknown_option",
        "BD412",
        """
        data obs from "obs.csv" («sepp = ";"») { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
        "did you mean `sep`?",
        'sep = ";"',
    ),
    case(
        "option_value",
        "BD412",
        """
        data obs from "obs.csv" (key = «3») { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        """,
        "name a column, in quotes",
        '"id"',
    ),
    case(
        "unknown_policy",
        "BD412",
        """
        data town from "towns.csv" { missing «skip»; income : real }
        mu ~ Normal(10, 1)
        observe income ~ Normal(mu, 1)
        """,
        "it is one of: drop, error",
        "drop",
    ),
    case(
        "unknown_policy",
        "BD412",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        unseen county «redarw»
        """,
        "did you mean `redraw`?",
        "redraw",
    ),
    case(
        "arrow_outside_layer",
        "BD206",
        """
        data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x «->» exp, 1)
        """,
        "call one function on another",
    ),
)
