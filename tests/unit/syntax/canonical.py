"""The canonical specs of the language in their standard layout, and the lines that were first written otherwise."""

from __future__ import annotations

CANONICAL: dict[str, str] = {
    "coin": """\
# coin.bayes: Beta-Bernoulli, one guide by hand and one automatic
data toss { heads : binary }
p ~ Beta(1, 1)
observe heads ~ Bernoulli(p)

guide by_hand {
    param a : positive = 1
    param b : positive = 1
    p ~ Beta(a, b)
}
infer svi(guide = by_hand, optim = Adam(lr = 0.1), steps = 1000)
infer auto  = svi(guide = AutoDiagonalNormal, optim = Adam(lr = 0.01), steps = 1000)
infer exact = nuts(chains = 1, warmup = 500, draws = 5000)
""",
    "deep_bnn": """\
# deep_bnn.bayes: a Bayesian neural network, prior scale by fan-in
data point { x : real; y : real }
layer f = Linear(1, 10) -> Tanh -> (Linear(10, 10) -> Tanh) * 4 -> Linear(10, 1) {
    weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    bias   ~ Normal(0, 5)
}
s ~ Gamma(0.5, 1)
observe y ~ Normal(f(x), var = s)
infer svi(guide = AutoDiagonalNormal, optim = Adam(lr = 0.01), steps = 25000)
""",
    "eight_schools": """\
# eight_schools.bayes
data school {
    y     = [28, 8, -3, 7, -1, 1, 18, 12]
    sigma = [15, 10, 16, 11, 9, 11, 10, 18]
}
mu  ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau) noncentered
observe y ~ Normal(theta, sigma)
infer nuts(chains = 4)
""",
    "horseshoe": """\
# horseshoe.bayes: sparse regression, sigma by empirical Bayes
data sample from "sparse.csv" {
    x[feature] = columns("x*")
    y : real
}
tau           ~ HalfCauchy(1)
lam[feature]  ~ HalfCauchy(1)
beta[feature] ~ Normal(0, tau * lam)
param sigma : positive = 1
observe y ~ Normal(dot[feature](x, beta), sigma)
infer svi(guide = AutoLowRankMultivariateNormal(rank = 1), optim = Adam(lr = 0.001), steps = 50000)
""",
    "penguins": """\
# penguins.bayes: body mass by species, partially pooled
data penguin from "penguins.csv" {
    missing drop
    species : category
    flipper : real = zscore(flipper_length_mm)
    mass    : real = body_mass_g / 1000
}

mu         ~ Normal(4, 1)
tau        ~ HalfNormal(1)
a[species] ~ Normal(mu, tau)
b[species] ~ Normal(0, 1)
sigma      ~ HalfNormal(1)

observe mass ~ Normal(a[species] + b[species] * flipper, sigma)
infer nuts(chains = 4, warmup = 1000, draws = 1000)
""",
    "radon": """\
# radon.bayes: varying intercepts, a guide put together from parts
data house from "radon.csv" {
    county    : category
    basement  : binary = floor == 0
    log_radon : real
}
mu, b      ~ Normal(0, 1)
tau, sigma ~ HalfNormal(1)
a[county]  ~ Normal(mu, tau)
observe log_radon ~ Normal(a[county] + b * basement, sigma)
derive hennepin = a[county = "HENNEPIN"]
unseen county redraw

guide parts {
    tau, sigma : AutoDelta
    a          : AutoLowRankMultivariateNormal(rank = 5)
    mu, b      : AutoMultivariateNormal
}
infer nuts(chains = 4)
infer quick = svi(guide = parts, steps = 5000)
""",
    "rugged": """\
# rugged.bayes: terrain ruggedness and national income
data nation from "rugged.csv" (sep = ";") {
    where present(rgdppc_2000)
    africa  : binary = cont_africa
    rugged  : real
    log_gdp : real   = log(rgdppc_2000)
}

a           ~ Normal(0, 10)
bA, bR, bAR ~ Normal(0, 1)
sigma       ~ Uniform(0, 10)

mean = a + bA * africa + bR * rugged + bAR * africa * rugged
observe log_gdp ~ Normal(mean, sigma)

derive slope_in_africa = bR + bAR
derive slope_elsewhere = bR

infer svi(guide = AutoDiagonalNormal, optim = Adam(lr = 0.03), steps = 1500, draws = 800)
infer exact = nuts(chains = 4, warmup = 1000, draws = 1000)
infer point = mle(optim = Adam(lr = 0.05), steps = 1500)
""",
    "vae": """\
# vae.bayes: amortised inference; layers without priors are learned
plate latent = 20
data image from "digits.npz" { pixels[pixel] : unit }
layer decoder : [latent] -> [pixel] = Linear(latent, 400) -> Softplus -> Linear(400, pixel)

z[image, latent] ~ Normal(0, 1)
observe pixels ~ Bernoulli(logits = decoder(z))

guide amortised {
    layer encoder : [pixel] -> [latent], [latent] =
        Linear(pixel, 400) -> Softplus -> (Linear(400, latent), Linear(400, latent))
    loc, log_scale = encoder(pixels)
    z[image, latent] ~ Normal(loc, exp(log_scale))
}
infer svi(guide = amortised, optim = Adam(lr = 0.001), steps = 5000, batch = 256 of image)
""",
}

# By spec: a line in the standard layout, and the same as it was written before.
BEFORE: dict[str, tuple[tuple[str, str], ...]] = {
    "horseshoe": (
        ("tau           ~ HalfCauchy(1)", "tau          ~ HalfCauchy(1)"),
        ("lam[feature]  ~ HalfCauchy(1)", "lam[feature] ~ HalfCauchy(1)"),
    ),
    "radon": (
        ("mu, b      ~ Normal(0, 1)", "mu, b     ~ Normal(0, 1)"),
        ("a[county]  ~ Normal(mu, tau)", "a[county] ~ Normal(mu, tau)"),
    ),
    "rugged": (
        ("a           ~ Normal(0, 10)", "a            ~ Normal(0, 10)"),
        ("bA, bR, bAR ~ Normal(0, 1)", "bA, bR, bAR  ~ Normal(0, 1)"),
        ("sigma       ~ Uniform(0, 10)", "sigma        ~ Uniform(0, 10)"),
        ("derive slope_in_africa = bR + bAR", "derive slope_in_africa  = bR + bAR"),
        ("derive slope_elsewhere = bR", "derive slope_elsewhere  = bR"),
    ),
}


def as_first_written(name: str) -> str:
    lines = CANONICAL[name].splitlines()
    before = dict(BEFORE.get(name, ()))
    assert before.keys() <= set(lines)
    return "".join(f"{before.get(line, line)}\n" for line in lines)
