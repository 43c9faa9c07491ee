"""The log density of every distribution, computed without Pyro: by SciPy where it has it, otherwise from a formula.

Each takes the value and Pyro's arguments as NumPy arrays, save that log odds come as probabilities and matrices as the
`covariance` they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import mpmath
import numpy as np
import scipy.integrate
import scipy.special as sp
import scipy.stats as st


def integrated(f: Callable, points: list[float]) -> float:
    """An integral to about 20 digits, split where the integrand has a kink or a peak."""
    with mpmath.workdps(25):
        return float(mpmath.log(mpmath.quad(f, points)))


def soft_asymmetric_laplace(x, loc, scale, asymmetry, softness):
    """The convolution of an asymmetric Laplace with a normal, as an integral over the former's deviate."""
    left, right, width = map(float, (scale * asymmetry, scale / asymmetry, scale * softness))
    d = float(x - loc)

    def density(a):
        tail = mpmath.exp(a / left) if a < 0 else mpmath.exp(-a / right)
        return tail / (left + right) * mpmath.npdf(d - a, 0, width)

    points = sorted({-60 * left, 60 * right, 0.0, d - 8 * width, d, d + 8 * width})
    return integrated(density, points)


def log_continuous_bernoulli(x, probs):
    log_constant = math.log(2 * math.atanh(1 - 2 * probs) / (1 - 2 * probs))
    return log_constant + x * math.log(probs) + (1 - x) * math.log1p(-probs)


def log_relaxed_bernoulli(x, temperature, probs):
    """The binary Concrete density."""
    t, odds = float(temperature), probs / (1 - probs)
    top = t * odds * x ** (-t - 1) * (1 - x) ** (-t - 1)
    return math.log(top / (odds * x**-t + (1 - x) ** -t) ** 2)


def log_relaxed_one_hot(x, temperature, probs):
    """The Concrete density."""
    n, t = len(x), float(temperature)
    top = math.factorial(n - 1) * t ** (n - 1) * np.prod(probs * x ** (-t - 1))
    return math.log(top / np.sum(probs * x**-t) ** n)


def log_logistic_normal(x, loc, scale):
    """The density of the first coordinates: normals on the logits of the shares broken off a stick, each logit less
    the one that would break off equal shares."""
    rest = 1 - np.concatenate([[0.0], np.cumsum(x[:-2])])
    share = x[:-1] / rest
    equal = np.log(np.arange(len(x) - 1, 0, -1))
    jacobian = -np.log(share * (1 - share) * rest)
    return np.sum(st.norm.logpdf(sp.logit(share) + equal, loc, scale) + jacobian)


def log_zero_inflated(x, gate, log_base):
    return np.log(gate + (1 - gate) * np.exp(log_base)) if x == 0 else np.log1p(-gate) + log_base


def log_lnnb(x, total_count, probs, multiplicative_noise_scale, num_quad_points):
    """The integral over the noise by Gauss-Hermite quadrature with as many points as Pyro is told to use."""
    points, weights = np.polynomial.hermite_e.hermegauss(num_quad_points)
    logits = sp.logit(probs) + multiplicative_noise_scale * points
    masses = st.nbinom.pmf(x, total_count, sp.expit(-logits))
    return np.log(np.sum(weights * masses) / math.sqrt(2 * math.pi))


def log_ordered_logistic(x, predictor, cutpoints):
    below = np.concatenate([[0.0], sp.expit(cutpoints - predictor), [1.0]])
    return np.log(np.diff(below)[int(x)])


def log_mixture_of_diag_normals(x, locs, coord_scale, component_logits):
    components = st.norm.logpdf(x, locs, coord_scale).sum(-1)
    return sp.logsumexp(components + component_logits) - sp.logsumexp(component_logits)


def log_projected_normal(x, concentration):
    """The normal density along the ray through x, integrated with the volume element."""
    x, mu = x.tolist(), concentration.tolist()
    d = len(x)

    def along(r):
        square = sum((r * a - b) ** 2 for a, b in zip(x, mu, strict=True))
        return r ** (d - 1) * mpmath.exp(-square / 2)

    return integrated(along, [0, 2, 6, 16]) - d / 2 * math.log(2 * math.pi)


@cache
def _log_sine_normaliser(k1: float, k2: float, correlation: float) -> float:
    """By the trapezoidal rule on the torus, which converges faster than any power for a smooth periodic function."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    a, b = angles[:, None], angles[None, :]
    exponent = k1 * np.cos(a) + k2 * np.cos(b) + correlation * np.sin(a) * np.sin(b)
    return sp.logsumexp(exponent) + 2 * math.log(2 * math.pi / 400)


def log_sine_bivariate(
    x, phi_loc, psi_loc, phi_concentration, psi_concentration, correlation=None, weighted_correlation=None
):
    if correlation is None:
        correlation = weighted_correlation * math.sqrt(phi_concentration * psi_concentration)
    a, b = x[0] - phi_loc, x[1] - psi_loc
    exponent = phi_concentration * np.cos(a) + psi_concentration * np.cos(b) + correlation * np.sin(a) * np.sin(b)
    return exponent - _log_sine_normaliser(float(phi_concentration), float(psi_concentration), float(correlation))


def log_lkj(correlation, dim, concentration):
    """Lewandowski, Kurowicka and Joe (2009), their constant as a product of Beta functions."""
    d, eta = dim, float(concentration)
    steps = d - np.arange(1, d)
    halves = eta + (steps - 1) / 2
    log_constant = np.sum((2 * eta - 2 + steps) * steps) * math.log(2) + np.sum(steps * sp.betaln(halves, halves))
    return (eta - 1) * np.linalg.slogdet(correlation)[1] - log_constant


def log_lkj_cholesky(factor, dim, concentration):
    """The density of the correlation matrix times the Jacobian of the product of the factor with itself."""
    powers = dim - np.arange(1, dim + 1)
    return log_lkj(factor @ factor.T, dim, concentration) + np.sum(powers * np.log(np.diag(factor)))


def log_von_mises_fisher(x, concentration):
    kappa = np.linalg.norm(concentration)
    return st.vonmises_fisher(concentration / kappa, kappa).logpdf(x)


def log_stable(x, stability, skew, scale, loc):
    """Nolan's S0 parameterisation, by inversion of the characteristic function."""
    a, b, z = float(stability), float(skew), float((x - loc) / scale)
    tangent = math.tan(math.pi * a / 2)

    def f(t):
        phase = -b * tangent * (t - t**a) - t * z
        return math.exp(-(t**a)) * math.cos(phase)

    # exp(-t^a) is below 1e-17 after 40^(1/a).
    value, _ = scipy.integrate.quad(f, 0, 40 ** (1 / a), limit=500, epsabs=1e-13, epsrel=1e-12)
    return math.log(value / math.pi) - math.log(scale)


def _masked(x, kept, loc, covariance):
    return st.multivariate_normal.logpdf(x[kept], loc[kept], covariance[np.ix_(kept, kept)])


def _outside(x, total_count, log_mass):
    return log_mass if 0 <= x <= total_count else -math.inf


REFERENCES: dict[str, Callable[..., float]] = {
    "Normal": st.norm.logpdf,
    "LogNormal": lambda x, loc, scale: st.lognorm.logpdf(x, scale, scale=np.exp(loc)),
    "HalfNormal": lambda x, scale: st.halfnorm.logpdf(x, scale=scale),
    "HalfCauchy": lambda x, scale: st.halfcauchy.logpdf(x, scale=scale),
    "Cauchy": st.cauchy.logpdf,
    "StudentT": st.t.logpdf,
    "Laplace": st.laplace.logpdf,
    "AsymmetricLaplace": lambda x, loc, scale, asymmetry: st.laplace_asymmetric.logpdf(x, asymmetry, loc, scale),
    "SoftLaplace": st.hypsecant.logpdf,
    "SoftAsymmetricLaplace": soft_asymmetric_laplace,
    "Logistic": st.logistic.logpdf,
    "SkewLogistic": lambda x, loc, scale, asymmetry: st.genlogistic.logpdf(x, asymmetry, loc, scale),
    "Gumbel": st.gumbel_r.logpdf,
    "Exponential": lambda x, rate: st.expon.logpdf(x, scale=1 / rate),
    "Gamma": lambda x, concentration, rate: st.gamma.logpdf(x, concentration, scale=1 / rate),
    "InverseGamma": lambda x, concentration, rate: st.invgamma.logpdf(x, concentration, scale=rate),
    "Chi2": st.chi2.logpdf,
    "FisherSnedecor": lambda x, df1, df2: st.f.logpdf(x, df1, df2),
    "Weibull": lambda x, scale, concentration: st.weibull_min.logpdf(x, concentration, scale=scale),
    "Pareto": lambda x, scale, alpha: st.pareto.logpdf(x, alpha, scale=scale),
    "Beta": lambda x, concentration1, concentration0: st.beta.logpdf(x, concentration1, concentration0),
    "AffineBeta": lambda x, concentration1, concentration0, loc, scale: st.beta.logpdf(
        x, concentration1, concentration0, loc, scale
    ),
    "Kumaraswamy": lambda x, concentration1, concentration0: (
        np.log(concentration1 * concentration0)
        + (concentration1 - 1) * np.log(x)
        + (concentration0 - 1) * np.log1p(-(x**concentration1))
    ),
    "Uniform": lambda x, low, high: st.uniform.logpdf(x, low, high - low),
    "ContinuousBernoulli": log_continuous_bernoulli,
    "VonMises": lambda x, loc, concentration: st.vonmises.logpdf(x, concentration, loc),
    "Stable": log_stable,
    "StableWithLogProb": log_stable,
    "RelaxedBernoulli": log_relaxed_bernoulli,
    "RelaxedBernoulliStraightThrough": log_relaxed_bernoulli,
    "NanMaskedNormal": st.norm.logpdf,
    "FoldedDistribution": lambda x: np.logaddexp(st.t.logpdf(x, 3.5, 0.4, 1.3), st.t.logpdf(-x, 3.5, 0.4, 1.3)),
    "Delta": lambda x, v, log_density: log_density if x == v else -math.inf,
    "Bernoulli": lambda x, probs: st.bernoulli.logpmf(x, probs),
    "Binomial": lambda x, total_count, probs: st.binom.logpmf(x, total_count, probs),
    "BetaBinomial": lambda x, concentration1, concentration0, total_count: st.betabinom.logpmf(
        x, total_count, concentration1, concentration0
    ),
    "Categorical": lambda x, probs: np.log(probs[int(x)]),
    "Geometric": lambda x, probs: st.geom.logpmf(x, probs, loc=-1),
    "Poisson": lambda x, rate: st.poisson.logpmf(x, rate),
    "GammaPoisson": lambda x, concentration, rate: st.nbinom.logpmf(x, concentration, rate / (1 + rate)),
    "NegativeBinomial": lambda x, total_count, probs: st.nbinom.logpmf(x, total_count, 1 - probs),
    "LogNormalNegativeBinomial": log_lnnb,
    "ZeroInflatedPoisson": lambda x, rate, gate: log_zero_inflated(x, gate, st.poisson.logpmf(x, rate)),
    "ZeroInflatedNegativeBinomial": lambda x, total_count, probs, gate: log_zero_inflated(
        x, gate, st.nbinom.logpmf(x, total_count, 1 - probs)
    ),
    "ZeroInflatedDistribution": lambda x, gate: log_zero_inflated(x, gate, st.poisson.logpmf(x, 2.3)),
    "ExtendedBinomial": lambda x, total_count, probs: _outside(x, total_count, st.binom.logpmf(x, total_count, probs)),
    "ExtendedBetaBinomial": lambda x, concentration1, concentration0, total_count: _outside(
        x, total_count, st.betabinom.logpmf(x, total_count, concentration1, concentration0)
    ),
    "OrderedLogistic": log_ordered_logistic,
    "OneHotCategorical": lambda x, probs: np.log(probs @ x),
    "OneHotCategoricalStraightThrough": lambda x, probs: np.log(probs @ x),
    "Multinomial": lambda x, total_count, probs: st.multinomial.logpmf(x, total_count, probs),
    "DirichletMultinomial": lambda x, concentration, total_count: st.dirichlet_multinomial.logpmf(
        x.astype(int), concentration, int(total_count)
    ),
    "Dirichlet": lambda x, concentration: st.dirichlet.logpdf(x / x.sum(), concentration),
    "LogisticNormal": log_logistic_normal,
    "RelaxedOneHotCategorical": log_relaxed_one_hot,
    "RelaxedOneHotCategoricalStraightThrough": log_relaxed_one_hot,
    "MultivariateNormal": lambda x, loc, covariance: st.multivariate_normal.logpdf(x, loc, covariance),
    "LowRankMultivariateNormal": lambda x, loc, cov_factor, cov_diag: st.multivariate_normal.logpdf(
        x, loc, cov_factor @ cov_factor.T + np.diag(cov_diag)
    ),
    "MultivariateStudentT": lambda x, df, loc, covariance: st.multivariate_t.logpdf(x, loc, covariance, df),
    "NanMaskedMultivariateNormal": lambda x, loc, covariance: st.multivariate_normal.logpdf(x, loc, covariance),
    "MixtureOfDiagNormals": log_mixture_of_diag_normals,
    "MixtureOfDiagNormalsSharedCovariance": log_mixture_of_diag_normals,
    "ProjectedNormal": log_projected_normal,
    "VonMises3D": log_von_mises_fisher,
    "SineBivariateVonMises": log_sine_bivariate,
    "LKJCholesky": log_lkj_cholesky,
    "LKJ": log_lkj,
    "Wishart": lambda x, df, covariance: st.wishart.logpdf(x, float(df), covariance),
}
