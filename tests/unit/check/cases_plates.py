"""Plates that do not match, and indices and reductions that make no sense (BD3xx)."""

from __future__ import annotations

from cases import case

CASES = (
    case(
        "extra_plate",
        "BD302",
        """
        data house from "radon.csv" {
            county    : category
            floor     : binary
            log_radon : real
        }
        mu, b      ~ Normal(0, 1)
        tau, sigma ~ HalfNormal(1)
        a[county]  ~ Normal(mu, tau)
        observe log_radon ~ Normal(«a» + b * floor, sigma)
        """,
        "index it by row: a[county]",
        "a[county]",
    ),
    case(
        "extra_plate",
        "BD302",
        """
        data answer { person : category = ["p", "q"]; item : category = ["i", "j"]; right : binary = [0, 1] }
        able[person], hard[item] ~ Normal(0, 1)
        p = inv_logit(able[person] - hard[item])
        observe right ~ Bernoulli(«p»)
        """,
        "index it by row: p[person, item]",
        "p[person, item]",
    ),
    case(
        "extra_plate",
        "BD302",
        """
        plate arm = ["placebo", "drug"]
        data patient { given : category(arm) = ["drug", "placebo"]; y = [1.2, 0.7] }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(«a[arm]», 1)
        """,
        "index it by row: a[given]",
        "a[given]",
    ),
    case(
        "extra_plate",
        "BD302",
        """
        plate effect = ["level", "slope"]
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        b[county, effect] ~ Normal(0, 1)
        observe y ~ Normal(«b[effect = "level"]», 1)
        """,
        'index it by row: b[effect = "level", county]',
        'b[effect = "level", county]',
    ),
    case(
        "extra_plate",
        "BD302",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        m[k] ~ Normal(0, 1)
        observe y ~ Normal(«m», 1)
        """,
        "reduce over it, as in sum[k](m)",
        "sum[k](m)",
    ),
    case(
        "extra_plate",
        "BD302",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        m[k] ~ Normal(0, 1)
        z ~ Normal(«m», 1)
        observe y ~ Normal(sum[k](z), 1)
        """,
        "or write z[k]",
        None,
        ("z ~", "z[k] ~"),
    ),
    case(
        "extra_plate",
        "BD302",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        m[k] ~ Normal(0, 1)
        fit[obs] = 2 * «m»
        observe y ~ Normal(fit, 1)
        """,
        "select a member, m[k = ..]",
        "m[k = 2]",
    ),
    case(
        "extra_plate",
        "BD302",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        param start = «y»
        observe y ~ Normal(start, 1)
        """,
        "or write start[obs]",
        None,
        ("param start", "param start[obs]"),
    ),
    case(
        "varies_within_value",
        "BD302",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        nu[k] ~ Gamma(2, 0.1)
        L[k, k'] ~ LKJCholesky(1)
        m[k] ~ MultivariateStudentT(«nu», 0, L)
        observe y ~ Normal(sum[k](m), 1)
        """,
        "one number for the whole value",
        "mean[k](nu)",
    ),
    case(
        "event_plate_missing",
        "BD303",
        """
        data voter { party : category = ["red", "blue", "red"] }
        «p» ~ Dirichlet(1)
        observe party ~ Categorical(p)
        """,
        "name the plate last on the left: p[party]",
        "p[party]",
    ),
    case(
        "event_plate_missing",
        "BD303",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        «w» ~ Dirichlet(1)
        observe y ~ Normal(0, 1)
        """,
        "declare one, as in `plate k = 3`, and name it last on the left: w[k]",
    ),
    case(
        "event_plate_missing",
        "BD303",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        «L[k]» ~ LKJCholesky(1)
        observe y ~ Normal(sum[k, k'](L), 1)
        """,
        "name the plate last on the left: L[k, k']",
        "L[k, k']",
    ),
    case(
        "event_plate_missing",
        "BD303",
        """
        plate cut = 3
        data obs { y = [1.2, 0.7, 2.1] }
        «c» : ordered ~ Normal(0, 1)
        observe y ~ Normal(sum[cut](c), 1)
        """,
        "c[cut]",
        "c[cut]",
    ),
    case(
        "event_plate_missing",
        "BD303",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        param «w» : simplex
        observe y ~ Normal(sum[k](w), 1)
        """,
        "w[k]",
        "w[k]",
    ),
    case(
        "not_square",
        "BD303",
        """
        plate k = 3
        plate j = 3
        data obs { y = [1.2, 0.7, 2.1] }
        «L[k, j]» ~ LKJCholesky(1)
        observe y ~ Normal(sum[k, j](L), 1)
        """,
        "L[k, k']",
        "L[k, k']",
        ("sum[k, j]", "sum[k, k']"),
        ("plate j = 3\n", ""),
    ),
    case(
        "data_without_matrices",
        "BD303",
        """
        data leaf from "leaves.csv" { y[axis] = [length, width] }
        L[axis, axis'] ~ LKJCholesky(1)
        observe «y» ~ Wishart(5, scale_tril = L)
        """,
        "data are numbers and vectors",
    ),
    case(
        "event_plates_of_data",
        "BD303",
        """
        data leaf { length = [3.1, 2.8]; width = [1.0, 1.2] }
        observe «length» ~ MultivariateNormal(0, 1)
        observe width ~ Normal(0, 1)
        """,
        "stack columns into one of vectors",
    ),
    case(
        "does_not_vary",
        "BD304",
        """
        data person from "wages.csv" { x[feature] = [age, schooling]; wage : real }
        b ~ Normal(0, 1)
        s[feature] ~ HalfNormal(1)
        observe wage ~ Normal(sum[feature](x * s) + sum[feature](«b»), 1)
        """,
        "leave the reduction out",
        None,
        ("sum[feature](b)", "b"),
    ),
    case(
        "no_such_plate",
        "BD305",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        b[county] ~ Normal(0, 1)
        observe y ~ Normal(a[«county»] + b[county], 1)
        """,
        "write `a` alone",
        None,
        ("a[county] +", "a +"),
    ),
    case(
        "no_such_plate",
        "BD305",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[«house»], 1)
        """,
        "index it by `county`",
        "county",
    ),
    case(
        "no_such_plate",
        "BD305",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[«state = "MN"»], 1)
        """,
        "index it by `county`",
        "county",
    ),
    case(
        "own_plate",
        "BD306",
        """
        data voter { party : category = ["red", "blue", "red"] }
        p ~ Beta(1, 1)
        observe party ~ Categorical(«p»)
        """,
        "p[party] ~ Dirichlet(1)",
        None,
        ("p ~ Beta(1, 1)", "p[party] ~ Dirichlet(1)"),
    ),
    case(
        "own_plate",
        "BD306",
        """
        plate cut = 2
        data reply { said : category = ["no", "maybe", "yes"] }
        c ~ Normal(0, 2)
        observe said ~ OrderedLogistic(0, «c»)
        """,
        "c[cut] : ordered ~ Normal(0, 2)",
        None,
        ("c ~ Normal(0, 2)", "c[cut] : ordered ~ Normal(0, 2)"),
    ),
    case(
        "own_plate",
        "BD306",
        """
        plate k = 2
        data obs { y = [1.2, 0.7, 2.1] }
        m[k] ~ Normal(0, 1)
        w ~ Beta(1, 1)
        observe y ~ Mixture(«w», Normal(m, 1))
        """,
        "w[k] ~ Dirichlet(1)",
        None,
        ("w ~ Beta(1, 1)", "w[k] ~ Dirichlet(1)"),
    ),
    case(
        "own_plate",
        "BD306",
        """
        plate k = 2
        data voter { party : category = ["red", "blue", "red"] }
        a[party], b[k] ~ Normal(0, 1)
        observe party ~ Categorical(«logits = a + b»)
        """,
        "declare it with one extra plate",
        None,
        ("a + b", "a + sum[k](b)"),
    ),
    case(
        "indexed_by_outcome",
        "BD306",
        """
        data voter { party : category = ["red", "blue", "red"] }
        p[party] ~ Dirichlet(1)
        observe party ~ Categorical(«p[party]»)
        """,
        "leave the index out: p",
        "p",
    ),
    case(
        "other_direction",
        "BD306",
        """
        plate k = 2
        data visit { y = [1.2, 0.7, 2.1] }
        w[k, visit] ~ Dirichlet(1)
        m[k] ~ Normal(0, 1)
        observe y ~ Mixture(«w», Normal(m, 1))
        """,
        "declare it with `k` last on the left",
        None,
        ("w[k, visit]", "w[visit, k]"),
    ),
    case(
        "other_direction",
        "BD306",
        """
        data visit { mood : category = ["good", "bad", "good"] }
        p[mood, visit] ~ Dirichlet(1)
        observe mood ~ Categorical(«p»)
        """,
        "declare it with `mood` last on the left",
        None,
        ("p[mood, visit]", "p[visit, mood]"),
    ),
    case(
        "not_a_matrix",
        "BD306",
        """
        data leaf from "leaves.csv" { y[axis] = [length, width] }
        s[axis] ~ HalfNormal(1)
        observe y ~ MultivariateNormal(0, «s»)
        """,
        "declare it as S[axis, axis']",
    ),
    case(
        "wrong_own_plate",
        "BD306",
        """
        plate k = 2
        data voter { party : category = ["red", "blue", "red"] }
        p[k] ~ Dirichlet(1)
        observe party ~ Categorical(«p»)
        """,
        "declare them over the plate `party`",
        None,
        ("p[k]", "p[party]"),
        ("plate k = 2\n", ""),
    ),
    case(
        "no_such_member",
        "BD307",
        """
        plate arm = ["placebo", "drug"]
        data patient { given : category(arm) = ["drug", "placebo"]; y = [1.2, 0.7] }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        derive effect = a[arm = "drug"] - a[arm = «"placbo"»]
        """,
        'did you mean "placebo"?',
        '"placebo"',
    ),
    case(
        "no_such_member",
        "BD307",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(sum[k](a) - a[k = «0»], 1)
        """,
        'its members are "1", "2", "3"',
        "1",
    ),
    case(
        "no_such_member",
        "BD307",
        """
        data house { county : category = ["Aitkin", "Anoka"]; y = [1.2, 0.7] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        derive first = a[county = «"AITKIN"»]
        """,
        'did you mean "Aitkin"?',
        '"Aitkin"',
    ),
    case(
        "no_such_member",
        "BD307",
        """
        data school { y = [28, 8, -3] }
        tau ~ HalfNormal(1)
        theta[school] ~ Normal(0, tau) noncentered
        observe y ~ Normal(theta, 10)
        derive fourth = theta[school = «4»]
        """,
        'its members are "1", "2", "3"',
        "3",
    ),
    case(
        "level_in_place",
        "BD755",
        """
        plate arm = ["placebo", "drug"]
        data patient { given : category(arm) = ["drug", «"Placebo"»]; y = [1.2, 0.7] }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
        'did you mean "placebo"?',
        '"placebo"',
    ),
    case(
        "bad_plate_size",
        "BD308",
        """
        plate k = «0»
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(sum[k](a), 1)
        """,
        "write `plate k = 20`",
        "20",
    ),
    case(
        "labels_repeat",
        "BD308",
        """
        plate k = ["a", «"a"»]
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(sum[k](a), 1)
        """,
        'leave out one "a"',
        '"b"',
    ),
    case(
        "plate_twice",
        "BD309",
        """
        plate k = 2
        data obs { y = [1.2, 0.7, 2.1] }
        L[k, «k»] ~ LKJCholesky(2)
        observe y ~ Normal(sum[k, k'](L), 1)
        """,
        "write a prime: k'",
        "k'",
    ),
    case(
        "plate_twice",
        "BD309",
        """
        plate k = 2
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(sum[k, «k»](a), 1)
        """,
        "name it once",
        None,
        ("sum[k, k]", "sum[k]"),
    ),
    case(
        "plate_twice",
        "BD309",
        """
        data island from "kline.csv" { d[«island»] : nonnegative = columns("to_*"); y : real }
        f[island] ~ MultivariateNormal(0, exp(-d) + where(d == 0, 0.01, 0))
        observe y ~ Normal(f, 1)
        """,
        "write a prime: island'",
        "island'",
    ),
    case(
        "prime_alone",
        "BD309",
        """
        plate k = 2
        data obs { y = [1.2, 0.7, 2.1] }
        «a[k']» ~ Normal(0, 1)
        observe y ~ Normal(sum[k'](a), 1)
        """,
        "write both: [k, k']",
        "a[k, k']",
        ("sum[k']", "sum[k, k']"),
    ),
    case(
        "prime_in_name",
        "BD309",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        «mu'» ~ Normal(mu, 1)
        observe y ~ Normal(mu', 1)
        """,
        "leave the prime out: mu_2",
        "mu_2",
        ("Normal(mu', 1)", "Normal(mu_2, 1)"),
    ),
    case(
        "prime_in_name",
        "BD309",
        """
        plate «k'» = 3
        data obs { y = [1.2, 0.7, 2.1] }
        m[k'] ~ Normal(0, 1)
        observe y ~ Normal(sum[k'](m), 1)
        """,
        "leave the prime out: k_2",
        "k",
        ("\nm[k']", "\nm[k]"),
        ("sum[k']", "sum[k]"),
    ),
    case(
        "prime_in_name",
        "BD309",
        """
        data obs { «y'» = [1.2, 0.7, 2.1] }
        m ~ Normal(0, 1)
        observe y' ~ Normal(m, 1)
        """,
        "leave the prime out",
        "y",
        ("observe y'", "observe y"),
    ),
    case(
        "observe_plate",
        "BD310",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe «y[county]» ~ Normal(a[county], 1)
        """,
        "write `observe y ~ ..`",
        "y",
    ),
    case(
        "matrix_plates",
        "BD311",
        """
        data person from "wages.csv" { «x[feature, year]» = columns("x*"); wage : real }
        observe wage ~ Normal(sum[feature](x), 1)
        """,
    ),
    case(
        "stacked_twice",
        "BD311",
        """
        data person from "wages.csv" { x[effect] = [1, age, school, «age»]; wage : real }
        b[effect] ~ Normal(0, 1)
        observe wage ~ Normal(dot[effect](b, x), 1)
        """,
        "leave one out",
        "age^2",
    ),
    case(
        "columns_pattern",
        "BD311",
        """
        data person from "wages.csv" { x = «columns("x*")»; wage : real }
        observe wage ~ Normal(x, 1)
        """,
        'write: x[feature] = columns("x*")',
        None,
        ("{ x =", "{ x[feature] ="),
        ("Normal(x", "Normal(sum[feature](x)"),
    ),
    case(
        "category_matrix",
        "BD311",
        """
        plate k = ["a", "b"]
        data person from "people.csv" { «answer[k]» : category; y : real }
        m[k] ~ Normal(0, 1)
        observe y ~ Normal(sum[k](m), 1)
        """,
        "declare a category column for each",
        "answer",
        (" : category;", " : category(k);"),
        ("sum[k](m)", "m[answer]"),
    ),
    case(
        "bad_index",
        "BD301",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(a[«2 * 1»], 1)
        """,
        "index by a plate or a category column",
        "k = 2",
    ),
    case(
        "positional_index",
        "BD301",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        derive first = a[«0»]
        """,
        'write: a[county = "A"]',
        'county = "A"',
    ),
    case(
        "positional_index",
        "BD301",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(a[«2»], 1)
        """,
        "write: a[k = 2]",
        "k = 2",
    ),
    case(
        "positional_index",
        "BD301",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        observe y ~ Normal(a[«2»], 1)
        """,
        "write `a` alone",
        None,
        ("a[2]", "a"),
    ),
    case(
        "positional_index",
        "BD301",
        """
        data house from "radon.csv" { county : category; y : real }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        derive first = a[«"AITKIN"»]
        """,
        'as in a[county = "AITKIN"]',
        'county = "AITKIN"',
    ),
    case(
        "lags_not_yet",
        "BD490",
        """
        data year from "gdp.csv" { growth : real }
        b ~ Normal(0, 1)
        observe growth ~ Normal(b * growth[«year - 1»], 1)
        """,
        "give the lagged values as columns",
    ),
    case(
        "index_of_expression",
        "BD301",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal((«a + 1»)[county], 1)
        """,
        "give the expression a name",
        "raised",
        ("observe y ~ Normal((raised)", "raised = a + 1\nobserve y ~ Normal(raised"),
    ),
    case(
        "index_of_constant",
        "BD301",
        """
        const c = 3
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(«c[county]» * a[county], 1)
        """,
        "write `c` alone",
        "c",
    ),
    case(
        "indexed_twice",
        "BD301",
        """
        plate team = ["a", "b"]
        data game { home : category(team) = ["a", "b"]; away : category(team) = ["b", "a"]; y = [1, 2] }
        s[team] ~ Normal(0, 1)
        observe y ~ Normal(s[home, «away»], 1)
        """,
        "leave out one of the two",
        None,
        ("s[home, away]", "s[home] - s[away]"),
    ),
    case(
        "not_an_index",
        "BD301",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        derive first = a[county = «A»]
        """,
        'a label in quotes: county = "A"',
        '"A"',
    ),
    case(
        "latent_index",
        "BD301",
        """
        plate k = 3
        data obs { y = [1.2, 0.7, 2.1] }
        p[k] ~ Dirichlet(1)
        z[obs] ~ Categorical(p)
        m[k] ~ Normal(0, 1)
        observe y ~ Normal(m[«z»], 1)
        """,
        "Mixture(w, D(..))",
        None,
        ("z[obs] ~ Categorical(p)\n", ""),
        ("Normal(m[z], 1)", "Mixture(p, Normal(m, 1))"),
    ),
    case(
        "latent_index",
        "BD301",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county], b ~ Normal(0, 1)
        observe y ~ Normal(a[«b»], 1)
        """,
        "an index is a plate, a category column of data, or a label",
    ),
    case(
        "column_index",
        "BD301",
        """
        plate k = 3
        data obs { kind : count = [1, 2, 3]; y = [1.2, 0.7, 2.1] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(a[«kind»], 1)
        """,
        "kind : category(k)",
        None,
        ("kind : count", "kind : category(k)"),
    ),
)
