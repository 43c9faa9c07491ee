"""One spec for each thing the language can say, its density held against numpy and scipy written out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import dedent

import numpy as np
import pytest
import scipy.special as sp
import scipy.stats as st
import torch
from reference.agreement import RELATIVE, agree

torch.set_num_threads(1)

COUNTY = np.array([1, 0, 2, 0, 1])
STATE = np.array([0, 1, 1, 0, 1])
X = np.array([0.3, -1.2, 0.8, 2.0, -0.4])
Y = np.array([1.0, 2.5, -0.7, 0.2, 1.9])
N = np.array([3, 0, 1, 5, 2])
YES = np.array([1, 0, 0, 1, 1])
SHARE = np.array([0.2, 0.95, 0.5, 0.0, 1.0])
M = np.array([[0.1, 0.4, -0.5], [1.1, 0.2, 0.3], [-0.8, 0.0, 0.9], [0.5, -0.6, 0.7], [0.0, 1.3, -1.0]])
COUNTIES, STATES = ["a", "b", "c"], ["north", "south"]

HOUSES = {
    "house": {
        "county": [COUNTIES[i] for i in COUNTY],
        "state": [STATES[i] for i in STATE],
        "x": X.tolist(),
        "y": Y.tolist(),
        "n": N.tolist(),
        "yes": YES.tolist(),
        "share": SHARE.tolist(),
        **{f"m{i}": M[:, i].tolist() for i in range(3)},
    }
}
norm, logistic = st.norm.logpdf, sp.expit
Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """`expected` gives the log density, `derived` the reported quantities, from values over the dims of the spec."""

    name: str
    text: str
    expected: Callable[[Values], float]
    data: dict = field(default_factory=lambda: HOUSES)
    derived: Callable[[Values], Values] = lambda v: {}


def lkj(L: np.ndarray, eta: float) -> float:
    """The factor of a 2 x 2 correlation: its one free element r has density (1 - r^2)^(eta - 1), normalised."""
    r = L[1, 0]
    return (eta - 1) * np.log1p(-(r**2)) - (2 * eta - 1) * np.log(2) - sp.betaln(eta, eta)


CASES = [
    Case(
        "numbers",
        """
        data house { y : real }
        a ~ Normal(1, 2)
        s ~ HalfNormal(3)
        observe y ~ Normal(a, s)
        derive twice = 2 * a
        """,
        lambda v: norm(v["a"], 1, 2) + np.log(2) + norm(v["s"], 0, 3) + norm(Y, v["a"], v["s"]).sum(),
        derived=lambda v: {"twice": 2 * v["a"]},
    ),
    Case(
        "a gather by one category",
        """
        data house { county : category; x : real; y : real }
        mu ~ Normal(0, 1)
        a[county] ~ Normal(mu, 1)
        b ~ Normal(0, 1)
        observe y ~ Normal(a[county] + b * x, 1)
        """,
        lambda v: (
            norm(v["mu"]) + norm(v["a"], v["mu"]).sum() + norm(v["b"]) + norm(Y, v["a"][COUNTY] + v["b"] * X).sum()
        ),
    ),
    Case(
        "a gather by two categories, in whatever order they are written",
        """
        data house { county : category; state : category; y : real }
        a[state, county] ~ Normal(0, 1)
        observe y ~ Normal(a[county, state], 1)
        """,
        lambda v: norm(v["a"]).sum() + norm(Y, v["a"][STATE, COUNTY]).sum(),
    ),
    Case(
        "a gather behind another plate",
        """
        plate k = 2
        data house { county : category; x : real; y : real }
        a[k, county] ~ Normal(0, 1)
        b[k] ~ Normal(0, 1)
        observe y ~ Normal(sum[k](a[county] * b) * x, 1)
        """,
        lambda v: norm(v["a"]).sum() + norm(v["b"]).sum() + norm(Y, (v["b"] @ v["a"])[COUNTY] * X).sum(),
    ),
    Case(
        "a gather by two categories with a plate between them",
        """
        plate j = 2
        plate k = 2
        data house { county : category; state : category; y : real }
        a[j, county, k, state] ~ Normal(0, 1)
        m[k, house, j] = a[county, state]
        observe y ~ Normal(sum[k, j](m) + a[county, state, k = 2, j = 1], 1)
        """,
        lambda v: norm(v["a"]).sum() + norm(Y, v["a"].sum((0, 2))[COUNTY, STATE] + v["a"][0, COUNTY, 1, STATE]).sum(),
    ),
    Case(
        "one member a row already and one by category",
        """
        data house { county : category; y : real }
        z[county, house] ~ Normal(0, 1)
        observe y ~ Normal(z[county], 1)
        """,
        lambda v: norm(v["z"]).sum() + norm(Y, v["z"][COUNTY, np.arange(5)]).sum(),
    ),
    Case(
        "a gather by category of the value at one row",
        """
        data house { county : category; y : real }
        z[county, house] ~ Normal(0, 1)
        observe y ~ Normal(z[county, house = "2"] + z[house = "1", county], 1)
        """,
        lambda v: norm(v["z"]).sum() + norm(Y, v["z"][COUNTY, 1] + v["z"][COUNTY, 0]).sum(),
    ),
    Case(
        "two columns that name members of one plate",
        """
        plate team = ["red", "blue", "green"]
        data game { home : category(team); away : category(team); goals : count }
        attack[team], defence[team] ~ Normal(0, 1)
        observe goals ~ Poisson(exp(attack[home] - defence[away]))
        """,
        lambda v: (
            norm(v["attack"]).sum()
            + norm(v["defence"]).sum()
            + st.poisson.logpmf([2, 0, 1], np.exp(v["attack"][[0, 1, 0]] - v["defence"][[1, 2, 2]])).sum()
        ),
        {"game": {"home": ["red", "blue", "red"], "away": ["blue", "green", "green"], "goals": [2, 0, 1]}},
    ),
    Case(
        "group-level predictors of a keyed table",
        """
        data county from "counties.csv" (key = "name") { uranium : real }
        data house { county : category; y : real }
        g ~ Normal(0, 1)
        a[county] ~ Normal(g * uranium, 1)
        observe y ~ Normal(a[county] + uranium[county], 1)
        """,
        lambda v: (
            norm(v["g"])
            + norm(v["a"], v["g"] * np.array([0.5, -0.5])).sum()
            + norm([1.0, 2.0, 3.0], (v["a"] + [0.5, -0.5])[[1, 0, 1]]).sum()
        ),
        {
            "county": {"name": ["east", "west"], "uranium": [0.5, -0.5]},
            "house": {"county": ["west", "east", "west"], "y": [1.0, 2.0, 3.0]},
        },
    ),
    Case(
        "members of a numbered plate",
        """
        plate week = 3
        data sale { w : category(week); y : real }
        a[week] ~ Normal(0, 1)
        observe y ~ Normal(a[w] - a[week = 2], 1)
        """,
        lambda v: norm(v["a"]).sum() + norm([1.0, 2.0, 3.0], v["a"][[2, 0, 2]] - v["a"][1]).sum(),
        {"sale": {"w": [3, 1, 3], "y": [1.0, 2.0, 3.0]}},
    ),
    Case(
        "a matrix of columns and a dot product",
        """
        data house { m[f] = columns("m*"); y : real }
        b[f] ~ Normal(0, 1)
        observe y ~ Normal(dot[f](m, b), 1)
        """,
        lambda v: norm(v["b"]).sum() + norm(Y, M @ v["b"]).sum(),
    ),
    Case(
        "a dot product in a statement whose rows are not the last dimension",
        """
        plate k = 2
        data house { m[f] = columns("m*"); y : real }
        b[f] ~ Normal(0, 1)
        z[house, k] ~ Normal(0, 1)
        observe y ~ Normal(dot[f](m, b) + sum[k](z), 1)
        """,
        lambda v: norm(v["b"]).sum() + norm(v["z"]).sum() + norm(Y, M @ v["b"] + v["z"].sum(1)).sum(),
    ),
    Case(
        "stacked columns, their members labelled by what was written",
        """
        data house { m[f] = [m0, m1, m0 * m1]; y : real }
        b[f] ~ Normal(0, 1)
        observe y ~ Normal(sum[f](b * m), 1)
        derive both = b[f = "m0 * m1"]
        """,
        lambda v: (
            norm(v["b"]).sum()
            + norm(Y, M[:, 0] * v["b"][0] + M[:, 1] * v["b"][1] + M[:, 0] * M[:, 1] * v["b"][2]).sum()
        ),
        derived=lambda v: {"both": v["b"][2]},
    ),
    Case(
        "an observed matrix over crossed plates",
        """
        data house { m[f] = columns("m*") }
        ability[house] ~ Normal(0, 1)
        difficulty[f] ~ Normal(0, 1)
        s[f] ~ HalfNormal(1)
        observe m ~ Normal(ability - difficulty, s)
        """,
        lambda v: (
            norm(v["ability"]).sum()
            + norm(v["difficulty"]).sum()
            + (np.log(2) + norm(v["s"])).sum()
            + norm(M, v["ability"][:, None] - v["difficulty"], v["s"]).sum()
        ),
    ),
    Case(
        "nested blocks",
        """
        plate g = 2
        plate h = 3
        data house { y : real }
        plate g {
            mu ~ Normal(0, 1)
            plate h {
                a ~ Normal(mu, 1)
                b ~ Normal(a, 1)
            }
        }
        observe y ~ Normal(sum[g, h](b), 1)
        """,
        lambda v: (
            norm(v["mu"]).sum()
            + norm(v["a"], v["mu"][:, None]).sum()
            + norm(v["b"], v["a"]).sum()
            + norm(Y, v["b"].sum()).sum()
        ),
    ),
    Case(
        "crossed plates on the left in either order",
        """
        plate g = 2
        plate h = 3
        data house { y : real }
        a[g, h] ~ Normal(0, 1)
        b[h, g] ~ Normal(a, 1)
        c[h] ~ Normal(mean[g](b), 1)
        observe y ~ Normal(sum[h](c), 1)
        derive d[h, g] = a - b
        """,
        lambda v: (
            norm(v["a"]).sum()
            + norm(v["b"], v["a"].T).sum()
            + norm(v["c"], v["b"].mean(1)).sum()
            + norm(Y, v["c"].sum()).sum()
        ),
        derived=lambda v: {"d": v["a"].T - v["b"]},
    ),
    Case(
        "a plate twice",
        """
        plate k = 3
        data house { y : real }
        a[k] ~ Normal(0, 1)
        d[k, k'] = a - 2 * a[k']
        z[k', k] ~ Normal(d, 1)
        observe y ~ Normal(sum[k, k'](z), 1)
        derive net[k] = sum[k'](d)
        derive one = d[k = 1, k' = 3]
        """,
        lambda v: norm(v["a"]).sum() + norm(v["z"], v["a"] - 2 * v["a"][:, None]).sum() + norm(Y, v["z"].sum()).sum(),
        derived=lambda v: {"net": 3 * v["a"] - 2 * v["a"].sum(), "one": v["a"][0] - 2 * v["a"][2]},
    ),
    Case(
        "a reduction over a plate that the statement runs over",
        """
        data house { x : real; y : real }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * (x - mean[house](x)) / sd[house](x), 1)
        """,
        lambda v: norm(v["b"]) + norm(Y, v["b"] * (X - X.mean()) / X.std(ddof=1)).sum(),
    ),
    Case(
        "a reduction over the last plate of the statement",
        """
        plate k = 3
        data house { x : real; y : real }
        q[k] ~ Normal(0, 1)
        z[k, house] ~ Normal(sum[house](q * x) + max[k](q), 1)
        observe y ~ Normal(sum[k](z), 1)
        """,
        lambda v: (
            norm(v["q"]).sum()
            + norm(v["z"], (v["q"] * X.sum() + v["q"].max())[:, None]).sum()
            + norm(Y, v["z"].sum(0)).sum()
        ),
    ),
    Case(
        "a member by its label, beside the member of the statement",
        """
        data house { county : category; y : real }
        a[county] ~ Normal(0, 1)
        derive contrast[county] = a[county] - a[county = "b"]
        observe y ~ Normal(a[county], 1)
        """,
        lambda v: norm(v["a"]).sum() + norm(Y, v["a"][COUNTY]).sum(),
        derived=lambda v: {"contrast": v["a"] - v["a"][1]},
    ),
    Case(
        "members of values that are not laid out to the right",
        """
        plate g = 2
        plate h = 3
        plate k = 2
        data house { y : real }
        z[g, h] ~ Normal(0, 1)
        a[g] ~ Normal(0, 1)
        c[g, k] ~ Normal(0, 1)
        param L[k, k'] : cholesky_corr
        v[h, k] ~ MultivariateNormal(c[g = 2] + a[g = 1], scale_tril = L)
        observe y ~ Normal(sum[g, h](z) + sum[h, k](v), 1)
        derive one = a[g = 2]
        """,
        lambda v: (
            norm(v["z"]).sum()
            + norm(v["a"]).sum()
            + norm(v["c"]).sum()
            + st.multivariate_normal.logpdf(v["v"] - v["c"][1] - v["a"][0], None, v["L"] @ v["L"].T).sum()
            + norm(Y, v["z"].sum() + v["v"].sum()).sum()
        ),
        derived=lambda v: {"one": v["a"][1]},
    ),
    Case(
        "definitions whose plates follow from what is written",
        """
        data house { county : category; x : real; y : real }
        a[county] ~ Normal(0, 1)
        centred = a - mean[county](a)
        m = centred[county] + 2 * x
        observe y ~ Normal(m, 1)
        derive r = y - m
        """,
        lambda v: norm(v["a"]).sum() + norm(Y, (v["a"] - v["a"].mean())[COUNTY] + 2 * X).sum(),
        derived=lambda v: {"r": Y - (v["a"] - v["a"].mean())[COUNTY] - 2 * X},
    ),
    Case(
        "definitions that are copied over more plates than they vary over",
        """
        plate g = 2
        plate h = 3
        data house { y : real }
        a[g] ~ Normal(0, 1)
        d[h, g] = a
        b[h, g] ~ Normal(d, 1)
        derive three[h] = 3
        observe y ~ Normal(sum[g, h](b), 1)
        """,
        lambda v: norm(v["a"]).sum() + norm(v["b"], v["a"]).sum() + norm(Y, v["b"].sum()).sum(),
        derived=lambda v: {"three": np.full(3, 3.0)},
    ),
    Case(
        "definitions of known numbers",
        """
        data house { y : real }
        const c = 2
        d = c * 3
        derive e = exp(d / 6)
        a ~ Normal(d, c)
        s ~ HalfNormal(d)
        observe y ~ Normal(a, s)
        """,
        lambda v: norm(v["a"], 6, 2) + np.log(2) + norm(v["s"], 0, 6) + norm(Y, v["a"], v["s"]).sum(),
        derived=lambda v: {"e": np.e},
    ),
    Case(
        "noncentered: the density is that of the standard draws",
        """
        data house { county : category; y : real }
        mu ~ Normal(0, 1)
        tau ~ HalfNormal(1)
        a[county] ~ Normal(mu, tau) noncentered
        b[county] ~ StudentT(4, 0, tau) noncentered
        observe y ~ Normal(a[county] + b[county], 1)
        """,
        lambda v: (
            norm(v["mu"])
            + np.log(2)
            + norm(v["tau"])
            + norm((v["a"] - v["mu"]) / v["tau"]).sum()
            + st.t.logpdf(v["b"] / v["tau"], 4).sum()
            + norm(Y, (v["a"] + v["b"])[COUNTY]).sum()
        ),
    ),
    Case(
        "params",
        """
        plate g = 2
        plate k = 3
        data house { y : real }
        param s : positive = 2
        param t[g]
        param w[g, k] : simplex
        param c[k] : ordered
        param f[g, k] : interval(-1, 3) = 0.5
        z[k, g] ~ Normal(t + f, s)
        observe y ~ Normal(sum[g, k](w * z * c), s)
        """,
        lambda v: (
            norm(v["z"], (v["t"][:, None] + v["f"]).T, v["s"]).sum()
            + norm(Y, (v["w"] * v["z"].T * v["c"]).sum(), v["s"]).sum()
        ),
    ),
    Case(
        "other parameterisations",
        """
        data house { y : real; n : count }
        v ~ InverseGamma(shape = 3, scale = 2)
        p ~ Gamma(mean = 2, sd = 1)
        q ~ Beta(mean = 0.3, concentration = 5)
        a ~ Normal(0, precision = p)
        observe y ~ Normal(a, var = v)
        observe n ~ NegativeBinomial(mean = p, concentration = v + q)
        """,
        lambda v: (
            st.invgamma.logpdf(v["v"], 3, scale=2)
            + st.gamma.logpdf(v["p"], 4, scale=0.5)
            + st.beta.logpdf(v["q"], 1.5, 3.5)
            + norm(v["a"], 0, v["p"] ** -0.5)
            + norm(Y, v["a"], np.sqrt(v["v"])).sum()
            + st.nbinom.logpmf(N, v["v"] + v["q"], (v["v"] + v["q"]) / (v["v"] + v["q"] + v["p"])).sum()
        ),
    ),
    Case(
        "priors cut down to a type",
        """
        plate g = 2
        plate k = 3
        data house { y : real }
        tau : positive ~ Normal(0, 1)
        mu[g, k] : ordered ~ Normal(0, tau)
        c[k] : positive_ordered ~ Normal(1, 2)
        u[g] : interval(-1, 1) ~ Cauchy(0, tau)
        observe y ~ Normal(sum[g, k](mu * c * u), 1)
        """,
        lambda v: (
            norm(v["tau"])
            + norm(v["mu"], 0, v["tau"]).sum()
            + norm(v["c"], 1, 2).sum()
            + st.cauchy.logpdf(v["u"], 0, v["tau"]).sum()
            + norm(Y, np.einsum("gk,k,g->", v["mu"], v["c"], v["u"])).sum()
        ),
    ),
    Case(
        "flat priors",
        """
        plate k = 3
        data house { y : real }
        a ~ Flat()
        s ~ Flat(positive)
        u[k] ~ Flat(interval(0, 2))
        c[k] ~ Flat(ordered)
        observe y ~ Normal(a + sum[k](u * c), s)
        """,
        lambda v: norm(Y, v["a"] + (v["u"] * v["c"]).sum(), v["s"]).sum(),
    ),
    Case(
        "a mixture with weights by group",
        """
        plate k = 2
        data house { county : category; y : real }
        w[county, k] ~ Dirichlet(2)
        mu[k] : ordered ~ Normal(0, 3)
        s ~ HalfNormal(1)
        observe y ~ Mixture(w[county], Normal(mu, s))
        """,
        lambda v: (
            sum(st.dirichlet.logpdf(w, [2, 2]) for w in v["w"])
            + norm(v["mu"], 0, 3).sum()
            + np.log(2)
            + norm(v["s"])
            + sp.logsumexp(norm(Y[:, None], v["mu"], v["s"]), b=v["w"][COUNTY], axis=1).sum()
        ),
    ),
    Case(
        "a mixture of components that are all alike",
        """
        plate k = 2
        data house { x : real; y : real }
        w[k] ~ Dirichlet(1)
        s ~ HalfNormal(1)
        observe y ~ Mixture(w, Normal(x, s))
        """,
        lambda v: st.dirichlet.logpdf(v["w"], [1, 1]) + np.log(2) + norm(v["s"]) + norm(Y, X, v["s"]).sum(),
    ),
    Case(
        "a mixture of counts",
        """
        plate k = 2
        data house { n : count; x : real }
        w[k] ~ Dirichlet(1)
        r[k] ~ Gamma(2, 1)
        observe n ~ Mixture(w, Poisson(r * exp(x)))
        """,
        lambda v: (
            st.dirichlet.logpdf(v["w"], [1, 1])
            + st.gamma.logpdf(v["r"], 2).sum()
            + sp.logsumexp(st.poisson.logpmf(N[:, None], v["r"] * np.exp(X[:, None])), b=v["w"], axis=1).sum()
        ),
    ),
    Case(
        "a mixture of vectors",
        """
        plate k = 2
        data house { m[f] = columns("m*") }
        w[k] ~ Dirichlet(1)
        mu[k, f] ~ Normal(0, 1)
        L[f, f'] ~ LKJCholesky(1)
        observe m ~ Mixture(w, MultivariateNormal(mu, scale_tril = L))
        """,
        lambda v: (
            st.dirichlet.logpdf(v["w"], [1, 1])
            + norm(v["mu"]).sum()
            # Uniform over correlation matrices of order 3, as a density of the factor's free elements.
            + np.log(v["L"][1, 1])
            - np.log(np.pi**2 / 2)
            + sp.logsumexp(
                [
                    np.log(w) + st.multivariate_normal.logpdf(M, mu, v["L"] @ v["L"].T)
                    for w, mu in zip(v["w"], v["mu"], strict=True)
                ],
                axis=0,
            ).sum()
        ),
    ),
    Case(
        "correlated intercepts and slopes",
        """
        plate coef = ["intercept", "slope"]
        data house { county : category; x : real; y : real }
        tau[coef] ~ HalfNormal(1)
        L[coef, coef'] ~ LKJCholesky(2)
        u[county, coef] ~ MultivariateNormal(0, scale_tril = tau * L)
        observe y ~ Normal(u[county, coef = "intercept"] + u[county, coef = "slope"] * x, 1)
        """,
        lambda v: (
            (np.log(2) + norm(v["tau"])).sum()
            + lkj(v["L"], 2)
            + sum(
                st.multivariate_normal.logpdf(u, None, np.outer(v["tau"], v["tau"]) * (v["L"] @ v["L"].T))
                for u in v["u"]
            )
            + norm(Y, v["u"][COUNTY, 0] + v["u"][COUNTY, 1] * X).sum()
        ),
    ),
    Case(
        "arguments that are spread over the elements of a value",
        """
        plate g = 2
        plate k = 3
        data house { y : real }
        param C[k, k'] : covariance
        s[g] ~ Gamma(2, 1)
        w[g, k] ~ Dirichlet(s)
        v[g, k] ~ MultivariateNormal(s, covariance_matrix = C)
        observe y ~ Normal(sum[g, k](w * v), 1)
        """,
        lambda v: (
            st.gamma.logpdf(v["s"], 2).sum()
            + sum(st.dirichlet.logpdf(w, [s] * 3) for w, s in zip(v["w"], v["s"], strict=True))
            + sum(st.multivariate_normal.logpdf(x, [s] * 3, v["C"]) for x, s in zip(v["v"], v["s"], strict=True))
            + norm(Y, (v["w"] * v["v"]).sum()).sum()
        ),
    ),
    Case(
        "an observed category and the plate of its name",
        """
        data house { county : category; x : real }
        b[county] ~ Normal(0, 1)
        observe county ~ Categorical(logits = b * x)
        """,
        lambda v: norm(v["b"]).sum() + np.log(sp.softmax(X[:, None] * v["b"], axis=1))[np.arange(5), COUNTY].sum(),
    ),
    Case(
        "probabilities by softmax",
        """
        data house { county : category; x : real }
        b[county] ~ Normal(0, 1)
        derive p = softmax[county](b)
        observe county ~ Categorical(p)
        """,
        lambda v: norm(v["b"]).sum() + np.log(sp.softmax(v["b"]))[COUNTY].sum(),
        derived=lambda v: {"p": sp.softmax(v["b"])},
    ),
    Case(
        "ordered levels",
        """
        plate cut = 2
        data house { county : category; x : real }
        b ~ Normal(0, 1)
        c[cut] : ordered ~ Normal(0, 2)
        observe county ~ OrderedLogistic(b * x, c)
        """,
        lambda v: (
            norm(v["b"])
            + norm(v["c"], 0, 2).sum()
            + np.log(
                np.diff(np.concatenate([np.zeros((5, 1)), logistic(v["c"] - v["b"] * X[:, None]), np.ones((5, 1))], 1))
            )[np.arange(5), COUNTY].sum()
        ),
    ),
    Case(
        "trials from the data",
        """
        data house { n : count; total : count = n + 2; x : real }
        b ~ Normal(0, 1)
        observe n ~ Binomial(total, logits = b * x)
        """,
        lambda v: norm(v["b"]) + st.binom.logpmf(N, N + 2, logistic(v["b"] * X)).sum(),
    ),
    Case(
        "proportions under a Bernoulli",
        """
        data house { share : unit; x : real }
        b ~ Normal(0, 1)
        observe share ~ Bernoulli(logits = b * x)
        """,
        lambda v: norm(v["b"]) + (SHARE * v["b"] * X - np.logaddexp(0, v["b"] * X)).sum(),
    ),
    Case(
        "truth values as conditions and as numbers",
        """
        data house { x : real; y : real; yes : binary }
        a, b ~ Normal(0, 1)
        m = where(x > 0 and yes, a, b) + 2 * (x <= 0.5) - (not yes)
        observe y ~ Normal(m, 1 + (yes or x < 0))
        derive k = sum[house](x > a)
        derive l = any[house](x > a) + all[house](yes)
        """,
        lambda v: (
            norm(v["a"])
            + norm(v["b"])
            + norm(
                Y,
                np.where((X > 0) & (YES == 1), v["a"], v["b"]) + 2 * (X <= 0.5) - (1 - YES),
                1 + ((YES == 1) | (X < 0)),
            ).sum()
        ),
        derived=lambda v: {"k": (v["a"] < X).sum(), "l": float((v["a"] < X).any())},
    ),
    Case(
        "reductions and scans",
        """
        plate g = 2
        plate k = 3
        data house { y : real }
        a[g, k] ~ Normal(0, 1)
        observe y ~ Normal(logsumexp[g, k](a) + max[k](min[g](a)), 1)
        derive p = prod[g, k](a)
        derive c = cumsum[g](a)
        derive q[k, g] = cumprod[k](a)
        derive v = var[g, k](a)
        derive e[k] = dot[g](a, a)
        """,
        lambda v: norm(v["a"]).sum() + norm(Y, sp.logsumexp(v["a"]) + v["a"].min(0).max()).sum(),
        derived=lambda v: {
            "p": v["a"].prod(),
            "c": v["a"].cumsum(0),
            "q": v["a"].cumprod(1).T,
            "v": v["a"].var(ddof=1),
            "e": (v["a"] ** 2).sum(0),
        },
    ),
    Case(
        "observed vectors",
        """
        data house { m[f] = columns("m*"); x : real }
        mu[f] ~ Normal(0, 1)
        s[f] ~ HalfNormal(1)
        L[f, f'] ~ LKJCholesky(1)
        z[house] ~ Normal(0, 1)
        observe m ~ MultivariateNormal(mu * x + z, scale_tril = s * L)
        """,
        lambda v: (
            norm(v["mu"]).sum()
            + (np.log(2) + norm(v["s"])).sum()
            + np.log(v["L"][1, 1])
            - np.log(np.pi**2 / 2)
            + norm(v["z"]).sum()
            + sum(
                st.multivariate_normal.logpdf(m, v["mu"] * x + z, np.outer(v["s"], v["s"]) * (v["L"] @ v["L"].T))
                for m, x, z in zip(M, X, v["z"], strict=True)
            )
        ),
    ),
    Case(
        "data in place",
        """
        data school { y = [28, 8.5, -3]; sigma : positive = [15, 10, 16]; kind : category = ["b", "a", "b"] }
        a[kind] ~ Normal(0, 5)
        observe y ~ Normal(a[kind], sigma)
        """,
        lambda v: norm(v["a"], 0, 5).sum() + norm([28, 8.5, -3], v["a"][[1, 0, 1]], [15, 10, 16]).sum(),
        {},
    ),
    Case(
        "a support that depends on another latent",
        """
        data house { yes : binary }
        a ~ Uniform(0, 1)
        b ~ Uniform(0, 1 - a)
        observe yes ~ Bernoulli(clamp(a + b, 0, 1))
        """,
        lambda v: -np.log(1 - v["a"]) + st.bernoulli.logpmf(YES, v["a"] + v["b"]).sum(),
    ),
    Case(
        "distributions of distributions",
        """
        data house { n : count }
        s ~ FoldedDistribution(StudentT(3, 0, 2))
        q ~ Beta(1, 1)
        observe n ~ ZeroInflatedDistribution(Poisson(s), gate = q)
        """,
        lambda v: (
            np.log(2)
            + st.t.logpdf(v["s"], 3, 0, 2)
            + np.log(v["q"] * (N == 0) + (1 - v["q"]) * st.poisson.pmf(N, v["s"])).sum()
        ),
    ),
    Case(
        "two tables",
        """
        data house { county : category; y : real }
        data firm { county_of : category(county); z : real }
        a[county] ~ Normal(0, 1)
        observe y ~ Normal(a[county], 1)
        observe z ~ Normal(a[county_of], 2)
        """,
        lambda v: norm(v["a"]).sum() + norm(Y, v["a"][COUNTY]).sum() + norm([0.5, 1.5], v["a"][[2, 0]], 2).sum(),
        {**HOUSES, "firm": {"county_of": ["c", "a"], "z": [0.5, 1.5]}},
    ),
    Case(
        "no latents",
        """
        data house { y : real }
        param m
        observe y ~ Normal(m, 1)
        """,
        lambda v: norm(Y, v["m"]).sum(),
    ),
    Case(
        "no data",
        """
        plate k = 2
        a[k] ~ Normal(0, 1)
        derive b = sum[k](a)
        """,
        lambda v: norm(v["a"]).sum(),
        {},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_density_is_the_one_written_by_hand(case: Case):
    point = agree(dedent(case.text), case.data)
    dims = {variable.name: variable.dims for variable in point.bound.model.variables}
    values = {name: point.world.values[name].transpose(*dims[name]).values for name in dims}
    expected = float(case.expected(values))
    assert abs(point.density - expected) <= RELATIVE * max(1.0, abs(expected))
    for name, wanted in case.derived(values).items():
        np.testing.assert_allclose(values[name], wanted, rtol=1e-9, atol=1e-12, err_msg=name)
