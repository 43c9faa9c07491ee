"""Inference settings and guides that cannot work (BD5xx), and specs that run and probably are not meant (BD6xx)."""

from __future__ import annotations

from cases import case

CASES = (
    case(
        "not_an_engine",
        "BD501",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer «3»
        """,
        "write: infer nuts(chains = 4)",
        "nuts(chains = 4)",
    ),
    case(
        "unknown_engine",
        "BD501",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer «HMC»(chains = 4)
        """,
        "did you mean `nuts`?",
        "nuts",
    ),
    case(
        "setting_twice",
        "BD502",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4, «chains = 2»)
        """,
        "",
        "draws = 500",
    ),
    case(
        "setting_missing",
        "BD502",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(schedule = «StepLR(gamma = 0.5)»)
        """,
        "StepLR(step_size, gamma)",
        "StepLR(100, gamma = 0.5)",
    ),
    case(
        "schedule_too_short",
        "BD503",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer «svi(schedule = OneCycleLR(max_lr = 0.1, total_steps = 100), steps = 200)»
        """,
        "total_steps = 200",
    ),
    case(
        "setting_by_position",
        "BD502",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(«4»)
        """,
        "they are chains, ",
        "chains = 4",
    ),
    case(
        "unknown_setting",
        "BD502",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(«adapt_delta» = 0.9)
        """,
        "did you mean `target_accept_prob`?",
        "target_accept_prob",
    ),
    case(
        "unknown_setting",
        "BD502",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(optim = Adam(«rate» = 0.1), steps = 100)
        """,
        "its settings are lr, betas",
        "lr",
    ),
    case(
        "setting_value",
        "BD503",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(target_accept_prob = «95»)
        """,
        "0.8 if it is not said",
        "0.95",
    ),
    case(
        "setting_value",
        "BD503",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(init_strategy = «"zero"»)
        """,
        'where chains start; "init_to_uniform" if it is not said',
        '"init_to_median"',
    ),
    case(
        "setting_value",
        "BD503",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(optim = Adam(betas = «[0.9]»))
        """,
        "[0.9, 0.999] if it is not said",
        "[0.9, 0.99]",
    ),
    case(
        "not_a_component",
        "BD504",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(optim = «0.01»)
        """,
        "as in Adam(lr = 0.01)",
        "Adam(lr = 0.01)",
    ),
    case(
        "unknown_component",
        "BD504",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(guide = «AutoNormall»)
        """,
        "did you mean `AutoNormal`?",
        "AutoNormal",
    ),
    case(
        "unknown_component",
        "BD504",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        guide by_hand { mu ~ Normal(0, 1) }
        infer svi(guide = «by_hnad»)
        """,
        "did you mean `by_hand`?",
        "by_hand",
    ),
    case(
        "discrete_latent",
        "BD505",
        """
        data obs { y = [-1.2, 0.7, 2.1] }
        low, high ~ Normal(0, 2)
        is_high[obs] ~ Bernoulli(0.5)
        observe y ~ Normal(low + (high - low) * is_high, 1)
        infer «nuts(chains = 4)»
        """,
        "Mixture(w, D(..))",
    ),
    case(
        "discrete_latent",
        "BD505",
        """
        data obs { y = [-1.2, 0.7, 2.1] }
        n ~ Poisson(3)
        observe y ~ Normal(n, 1)
        infer «svi()»
        """,
        "or give it a continuous prior",
        None,
        ("Poisson(3)", "Gamma(3, 1)"),
    ),
    case(
        "param_without_prior",
        "BD506",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        param sigma : interval(0, 10) = 1
        observe y ~ Normal(mu, 0.1 + sigma)
        infer «nuts(chains = 4)»
        """,
        "`sigma ~ Flat(interval(0, 10))`",
        None,
        ("param sigma : interval(0, 10) = 1", "sigma ~ Flat(interval(0, 10))"),
    ),
    case(
        "param_without_prior",
        "BD506",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        param sigma : positive = 1
        observe y ~ Normal(mu, sigma)
        infer «nuts»
        """,
        "or use svi, map or mle",
        "svi",
    ),
    case(
        "minibatch",
        "BD511",
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer nuts(chains = 4, «batch = 256 of obs»)
        """,
        "leave `batch` out",
        None,
        (", batch = 256 of obs", ""),
    ),
    case(
        "not_a_batch",
        "BD518",
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(steps = 400, «batch = 256»)
        """,
        "batch = 256 of obs",
        "batch = 256 of obs",
    ),
    case(
        "of_a_plate",
        "BD518",
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer svi(«steps = 400 of obs»)
        """,
        "leave `of obs` out",
        "steps = 400",
    ),
    case(
        "batch_of_members",
        "BD518",
        """
        data obs from "large.csv" { g : category; y : real }
        mu[g] ~ Normal(0, 1)
        observe y ~ Normal(mu[g], 1)
        infer svi(batch = 256 of «g»)
        """,
        "the tables of this spec are `obs`",
        "obs",
    ),
    case(
        "batch_of_nothing",
        "BD518",
        """
        data obs from "large.csv" { g : category; y : real }
        data g from "groups.csv" (key = "name") { x : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x[g], 1)
        infer «svi(batch = 256 of g)»
        """,
        "leave `batch` out",
        "svi(batch = 256 of obs)",
    ),
    case(
        "mixes_rows",
        "BD519",
        """
        data obs from "large.csv" { x : real; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * (x - «mean[obs](x)»), 1)
        infer svi(batch = 256 of obs)
        """,
        "leave `batch` out",
        None,
        (" - mean[obs](x)", ""),
    ),
    case(
        "mixes_rows",
        "BD519",
        """
        data obs from "large.csv" { x : real; y : real }
        f[obs] ~ Normal(x, 1)
        observe y ~ Normal(«cumsum[obs](f)», 1)
        infer svi(batch = 256 of obs)
        """,
        "as a column",
        "f",
    ),
    case(
        "mixes_rows",
        "BD519",
        """
        data obs from "large.csv" (key = "name") { x : real; y : real }
        f[obs] ~ Normal(x, 1)
        observe y ~ Normal(f - «f[obs = "first"]», 1)
        infer svi(batch = 256 of obs)
        """,
        "leave `batch` out",
        None,
        ("(batch = 256 of obs)", ""),
    ),
    case(
        "mixes_rows",
        "BD519",
        """
        data pupil from "pupils.csv" (key = "name") { school : category; y : real }
        data school from "schools.csv" (key = "name") { z : real }
        a[school] ~ Normal(0, 1)
        observe z ~ Normal(a, 1)
        observe y ~ Normal(«a[school]», 1)
        infer svi(batch = 256 of school)
        """,
        "leave `batch` out",
        None,
        ("(batch = 256 of school)", ""),
    ),
    case(
        "mixes_rows",
        "BD519",
        """
        data place from "places.csv" { y : real; x : real }
        s ~ HalfNormal(1)
        observe y ~ Normal(«sum[place'](exp(-abs(x - x[place'])))», s)
        infer svi(batch = 256 of place)
        """,
    ),
    case(
        "mixes_rows",
        "BD519",
        """
        data obs from "large.csv" { x : real; y : real }
        param f[obs] = «x»
        b ~ Normal(0, 1)
        observe y ~ Normal(b * f, 1)
        infer svi(batch = 256 of obs)
        """,
    ),
    case(
        "mixes_rows",
        "BD519",
        """
        data obs from "large.csv" { x : real; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * x, 1)
        guide q {
            param s : positive = 1
            b ~ Normal(«mean[obs](y)», s)
        }
        infer svi(guide = q, batch = 256 of obs)
        """,
        "leave `batch` out",
        None,
        ("mean[obs](y)", "1"),
    ),
    case(
        "guide_of_rows",
        "BD520",
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        theta[obs] ~ Normal(mu, 1)
        observe y ~ Normal(theta, 1)
        infer «svi(guide = AutoMultivariateNormal, batch = 256 of obs)»
        """,
        "give `theta` AutoNormal or AutoDelta",
        None,
        ("AutoMultivariateNormal", "AutoNormal"),
    ),
    case(
        "guide_of_rows",
        "BD520",
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        theta[obs] ~ Normal(mu, 1)
        observe y ~ Normal(theta, 1)
        guide parts { mu : AutoNormal; theta : AutoDiagonalNormal }
        infer «svi(guide = parts, batch = 256 of obs)»
        """,
        "give `theta` AutoNormal or AutoDelta",
        None,
        ("AutoDiagonalNormal", "AutoDelta"),
    ),
    case(
        "loss_of_rows",
        "BD521",
        """
        data obs from "large.csv" { y : real }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        infer «svi(loss = RenyiELBO, batch = 256 of obs)»
        """,
        "use Trace_ELBO",
        None,
        ("RenyiELBO", "Trace_ELBO"),
    ),
    case(
        "nothing_to_infer",
        "BD510",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        observe y ~ Normal(1, 1)
        infer «nuts(chains = 4)»
        """,
        "give at least one quantity a prior",
    ),
    case(
        "not_a_site",
        "BD507",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        guide parts { mu, «sgima» : AutoNormal }
        infer svi(guide = parts)
        """,
        "a guide approximates the model's latents",
        None,
        (", sgima", ""),
    ),
    case(
        "not_a_site",
        "BD507",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        param sigma : positive = 1
        observe y ~ Normal(mu, sigma)
        guide parts {
            mu      ~ Normal(0, 1)
            «sigma» ~ LogNormal(0, 1)
        }
        infer svi(guide = parts)
        """,
        "a guide approximates the model's latents",
        None,
        ("    sigma ~ LogNormal(0, 1)\n", ""),
    ),
    case(
        "guide_incomplete",
        "BD507",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma)
        guide «parts» { mu : AutoNormal }
        infer svi(guide = parts)
        """,
        "a guide covers every latent",
        None,
        ("{ mu :", "{ mu, sigma :"),
    ),
    case(
        "empty_guide",
        "BD507",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu ~ Normal(0, 1)
        observe y ~ Normal(mu, 1)
        guide «parts» { }
        infer svi(guide = parts)
        """,
        "cover `mu`",
        None,
        ("{ }\ninfer", "{ mu : AutoNormal }\ninfer"),
    ),
    case(
        "mixed_guide",
        "BD507",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        mu    ~ Normal(0, 1)
        sigma ~ HalfNormal(1)
        observe y ~ Normal(mu, sigma)
        guide «parts» {
            mu : AutoNormal
            sigma ~ LogNormal(0, 1)
        }
        infer svi(guide = parts)
        """,
        "write it all by hand",
        None,
        ("mu : AutoNormal", "mu ~ Normal(0, 1)"),
    ),
    case(
        "guide_of_noncentered",
        "BD507",
        """
        data school { y = [28, 8, -3] }
        tau ~ HalfNormal(1)
        theta[school] ~ Normal(0, tau) noncentered
        observe y ~ Normal(theta, 10)
        guide q {
            tau ~ LogNormal(0, 1)
            «theta[school]» ~ Normal(0, 1)
        }
        infer svi(guide = q)
        """,
        "use a mapping to autoguides",
        None,
        ("tau ~ LogNormal(0, 1)", "tau : AutoNormal"),
        ("theta[school] ~ Normal(0, 1)", "theta : AutoNormal"),
    ),
    case(
        "guide_plates",
        "BD508",
        """
        data house { county : category = ["A", "B", "A"]; y = [1.2, 0.7, 2.1] }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        guide q { «a» ~ Normal(0, 1) }
        infer svi(guide = q)
        """,
        "write: a[county] ~ ..",
        "a[county]",
    ),
    case(
        "guide_support",
        "BD509",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, sigma)
        guide q { «sigma» ~ Normal(0, 1) }
        infer svi(guide = q)
        """,
        "whose values are real numbers 0 or more",
        None,
        ("{ sigma ~ Normal(0, 1)", "{ sigma ~ LogNormal(0, 1)"),
    ),
    case(
        "cannot_draw",
        "BD512",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, sigma)
        guide q { sigma ~ «Flat(positive)» }
        infer svi(guide = q)
        """,
        "LogNormal",
        "LogNormal(0, 1)",
    ),
    case(
        "cannot_draw",
        "BD512",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, sigma)
        guide q { «sigma» : positive ~ Normal(0, 1) }
        infer svi(guide = q)
        """,
        "a guide is a distribution to draw from",
        None,
        ("sigma : positive ~ Normal", "sigma ~ LogNormal"),
    ),
    # Lints
    case(
        "unused",
        "BD601",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a, «b» ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        """,
        "use it or remove it",
        None,
        ("a, b ~", "a ~"),
    ),
    case(
        "unused",
        "BD601",
        """
        data obs { «x» = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        """,
        "use it or remove it",
        None,
        ("x = [0.1, 0.5, 0.9]; ", ""),
    ),
    case(
        "unused",
        "BD601",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        «twice» = 2 * a
        observe y ~ Normal(a, 1)
        """,
        "report it with `derive`",
        "derive twice",
    ),
    case(
        "unused",
        "BD601",
        """
        const «c» = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        """,
        "use it or remove it",
        None,
        ("const c = 3\n", ""),
    ),
    case(
        "unused",
        "BD601",
        """
        plate «k» = 3
        data obs { y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        """,
        "use it or remove it",
        None,
        ("plate k = 3\n", ""),
    ),
    case(
        "unused",
        "BD601",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        param «s» : positive = 1
        observe y ~ Normal(a, 1)
        """,
        "use it or remove it",
        None,
        ("param s : positive = 1\n", ""),
    ),
    case(
        "unused_in_guide",
        "BD601",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        guide q { param «m»; a ~ Normal(0, 1) }
        infer svi(guide = q)
        """,
        "use it or remove it",
        None,
        ("; a ~ Normal(0, 1)", "; a ~ Normal(m, 1)"),
    ),
    case(
        "unused_guide",
        "BD601",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        a ~ Normal(0, 1)
        observe y ~ Normal(a, 1)
        guide «q» { a : AutoDelta }
        infer svi()
        """,
        "infer svi(guide = q)",
        None,
        ("svi()", "svi(guide = q)"),
    ),
    case(
        "square_as_scale",
        "BD602",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ Normal(0, «sigma * sigma»)
        """,
        "Normal(.., var = sigma * sigma)",
        "var = sigma * sigma",
    ),
    case(
        "square_as_scale",
        "BD602",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        v = sigma^2
        observe y ~ Normal(0, «v»)
        """,
        "Normal(.., var = v)",
        "var = v",
    ),
    case(
        "square_as_scale",
        "BD602",
        """
        data obs { y = [1.2, 0.7, 2.1] }
        sigma ~ HalfNormal(1)
        observe y ~ StudentT(4, 0, «square(sigma)»)
        """,
        "sqrt(square(sigma))",
        "sqrt(square(sigma))",
    ),
    case(
        "square_as_scale",
        "BD602",
        """
        plate k = 2
        data obs { y = [1.2, 0.7, 2.1] }
        w[k] ~ Dirichlet(1)
        m[k] ~ Normal(0, 1)
        s[k] ~ HalfNormal(1)
        observe y ~ Mixture(w, Normal(m, «s^2»))
        """,
        "var = s^2",
        "var = s^2",
    ),
    case(
        "centred_hierarchy",
        "BD603",
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        mu  ~ Normal(0, 5)
        tau ~ HalfCauchy(5)
        «theta[school]» ~ Normal(mu, tau)
        observe y ~ Normal(theta, sigma)
        """,
        "say `noncentered` after the distribution",
        None,
        ("Normal(mu, tau)", "Normal(mu, tau) noncentered"),
    ),
    case(
        "centred_hierarchy",
        "BD603",
        """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        tau ~ HalfCauchy(5)
        «theta[school]» ~ StudentT(4, 0, 2 * tau)
        shifted = theta + 3
        observe y ~ Normal(shifted, sigma)
        """,
        "say `noncentered` after the distribution",
        None,
        ("2 * tau)", "2 * tau) noncentered"),
    ),
    case(
        "moving_likelihood",
        "BD604",
        """
        data wait { minutes : positive = [1.2, 0.7, 2.1] }
        longest ~ HalfNormal(10)
        observe minutes ~ «Uniform(0, longest)»
        """,
        "or choose a likelihood with a fixed support",
        "Exponential(1 / longest)",
    ),
    case(
        "predicts_itself",
        "BD607",
        """
        data year { gdp = [1.2, 1.4, 1.3]; debt = [0.6, 0.7, 0.9] }
        a, b ~ Normal(0, 1)
        expected = a + b * gdp
        observe «gdp» ~ Normal(expected, 1)
        observe debt ~ Normal(a, 1)
        """,
        "predict it by other columns",
        None,
        ("b * gdp", "b * debt"),
    ),
    case(
        "no_likelihood",
        "BD605",
        """
        mu ~ Normal(0, 1)
        derive doubled = 2 * mu
        infer «nuts(chains = 4)»
        """,
        "add a likelihood: observe y ~ ..",
    ),
    case(
        "empty_spec",
        "BD606",
        """
        «»# A model of radon in houses.
        """,
        "begin with data",
    ),
)
