"""What a misspelt name was meant to be, and what other languages' names are called here."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from bayesdsl.catalogue.rows import Distribution

# Two names this alike are taken for one misspelt: `sgima` and `sigma` score 0.8, `mu` and `nu` 0.5.
ALIKE = 0.7


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` most likely was meant to be, whatever its case; None where none is near."""
    best, best_score = None, ALIKE
    for candidate in candidates:
        if candidate.casefold() == name.casefold():
            return candidate
        score = SequenceMatcher(None, name.casefold(), candidate.casefold()).ratio()
        if score > best_score or (score == best_score and best is None):
            best, best_score = candidate, score
    return best


# Stan's suffixes of densities, and R's prefixes of density, distribution function, quantile and draws.
DENSITY_SUFFIXES = ("_lpdf", "_lpmf", "_lupdf", "_lupmf", "_rng", "_log", "_lcdf", "_lccdf")

# Names of distributions in Stan, PyMC, BUGS and R, and what to write instead. Names that only differ in case are left
# to `nearest`.
FOREIGN_DISTRIBUTIONS: dict[str, str] = {
    "norm": "Normal",
    "dnorm": "Normal",
    "rnorm": "Normal",
    "gaussian": "Normal",
    "std_normal": "Normal(0, 1)",
    "lnorm": "LogNormal",
    "dlnorm": "LogNormal",
    "dt": "StudentT",
    "t": "StudentT",
    "student": "StudentT",
    "HalfStudentT": "FoldedDistribution(StudentT(..))",
    "half_t": "FoldedDistribution(StudentT(..))",
    "HalfT": "FoldedDistribution(StudentT(..))",
    "half_normal": "HalfNormal",
    "half_cauchy": "HalfCauchy",
    "dcauchy": "Cauchy",
    "dexp": "Exponential",
    "expon": "Exponential",
    "double_exponential": "Laplace",
    "ddexp": "Laplace",
    "dgamma": "Gamma",
    "inv_gamma": "InverseGamma",
    "invgamma": "InverseGamma",
    "inv_chi_square": "InverseGamma",
    "scaled_inv_chi_square": "InverseGamma",
    "chi_square": "Chi2",
    "ChiSquared": "Chi2",
    "dchisq": "Chi2",
    "dweib": "Weibull",
    "dweibull": "Weibull",
    "dbeta": "Beta",
    "beta_proportion": "Beta(mean = .., concentration = ..)",
    "dunif": "Uniform",
    "runif": "Uniform",
    "DiscreteUniform": "Categorical",
    "ALD": "AsymmetricLaplace",
    "skew_double_exponential": "AsymmetricLaplace",
    "dbern": "Bernoulli",
    "bernoulli_logit": "Bernoulli(logits = ..)",
    "dbinom": "Binomial",
    "dbin": "Binomial",
    "binomial_logit": "Binomial(logits = ..)",
    "beta_binomial": "BetaBinomial",
    "dpois": "Poisson",
    "pois": "Poisson",
    "poisson_log": "Poisson(exp(..))",
    "dgeom": "Geometric",
    "neg_binomial": "GammaPoisson",
    "neg_binomial_2": "NegativeBinomial(mean = .., concentration = ..)",
    "neg_binomial_2_log": "NegativeBinomial(mean = exp(..), concentration = ..)",
    "negbinomial": "NegativeBinomial(mean = .., concentration = ..)",
    "dnegbin": "NegativeBinomial",
    "dnbinom": "NegativeBinomial",
    "nbinom": "NegativeBinomial",
    "zero_inflated_poisson": "ZeroInflatedPoisson",
    "zero_inflated_negbinomial": "ZeroInflatedNegativeBinomial",
    "dcat": "Categorical",
    "categorical_logit": "Categorical(logits = ..)",
    "ordered_logistic": "OrderedLogistic",
    "cumulative": "OrderedLogistic",
    "dmulti": "Multinomial",
    "ddirch": "Dirichlet",
    "dirichlet_multinomial": "DirichletMultinomial",
    "multi_normal": "MultivariateNormal",
    "multi_normal_cholesky": "MultivariateNormal(.., scale_tril = ..)",
    "multi_normal_prec": "MultivariateNormal(.., precision_matrix = ..)",
    "MvNormal": "MultivariateNormal",
    "MVN": "MultivariateNormal",
    "dmnorm": "MultivariateNormal(.., precision_matrix = ..)",
    "MvStudentT": "MultivariateStudentT",
    "multi_student_t": "MultivariateStudentT",
    "lkj_corr": "LKJ",
    "LKJCorr": "LKJ",
    "lkj_corr_cholesky": "LKJCholesky",
    "LKJCholeskyCov": "LKJCholesky",
    "dwish": "Wishart",
    "von_mises": "VonMises",
    "HalfFlat": "Flat(positive)",
    "ImproperUniform": "Flat",
    "NormalMixture": "Mixture",
    "MixtureSameFamily": "Mixture",
}

FOREIGN_FUNCTIONS: dict[str, str] = {
    "ilogit": "inv_logit",
    "invlogit": "inv_logit",
    "plogis": "inv_logit",
    "qlogis": "logit",
    "pnorm": "inv_probit",
    "qnorm": "probit",
    "inv_Phi": "probit",
    "normal_cdf": "inv_probit",
    "fmax": "maximum",
    "fmin": "minimum",
    "switch": "where",
    "if_else": "where",
    "iif": "where",
    "clip": "clamp",
    "log1p_exp": "softplus",
    "log1pexp": "softplus",
    "dot_product": "dot",
    "loggam": "lgamma",
    "scale": "zscore",
    "cumulative_sum": "cumsum",
    "stdev": "sd",
    "variance": "var",
    "average": "mean",
}

# Other names of arguments. The first that the distribution has is meant.
FOREIGN_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "mu": ("loc", "mean"),
    "mean": ("loc",),
    "location": ("loc",),
    "m": ("loc", "mean"),
    "sigma": ("scale", "sd"),
    "sd": ("scale",),
    "std": ("scale", "sd"),
    "stddev": ("scale", "sd"),
    "stdev": ("scale", "sd"),
    "s": ("scale", "sd"),
    "sigma2": ("var",),
    "variance": ("var",),
    "tau": ("precision", "precision_matrix"),
    "prec": ("precision", "precision_matrix"),
    "nu": ("df",),
    "degrees_of_freedom": ("df",),
    "lam": ("rate",),
    "lambda": ("rate",),
    "lambda_": ("rate",),
    "lmbda": ("rate",),
    "b": ("scale", "rate", "concentration0"),
    "a": ("concentration1", "concentration"),
    "alpha": ("concentration1", "concentration", "total_count"),
    "beta": ("concentration0", "rate", "scale"),
    "shape1": ("concentration1",),
    "shape2": ("concentration0",),
    "theta": ("rate", "probs", "concentration"),
    "phi": ("concentration", "dispersion"),
    "kappa": ("concentration",),
    "eta": ("concentration", "predictor"),
    "p": ("probs",),
    "prob": ("probs",),
    "q": ("probs",),
    "logit_p": ("logits",),
    "n": ("total_count",),
    "size": ("total_count",),
    "trials": ("total_count",),
    "N": ("total_count",),
    "psi": ("gate",),
    "zi": ("gate",),
    "pi": ("gate",),
    "lower": ("low",),
    "upper": ("high",),
    "min": ("low",),
    "max": ("high",),
    "c": ("cutpoints",),
    "cutoffs": ("cutpoints",),
    "thresholds": ("cutpoints",),
    "cov": ("covariance_matrix",),
    "covariance": ("covariance_matrix",),
    "Sigma": ("covariance_matrix",),
    "precision": ("precision_matrix",),
    "chol": ("scale_tril",),
    "cholesky": ("scale_tril",),
    "L": ("scale_tril",),
    "xi": ("concentration",),
    "k": ("concentration",),
}

FOREIGN_SETTINGS: dict[str, str] = {
    "adapt_delta": "target_accept_prob",
    "target_accept": "target_accept_prob",
    "delta": "target_accept_prob",
    "max_treedepth": "max_tree_depth",
    "stepsize": "step_size",
    "iter": "draws",
    "iter_sampling": "draws",
    "samples": "draws",
    "num_samples": "draws",
    "n_samples": "draws",
    "n_draws": "draws",
    "tune": "warmup",
    "iter_warmup": "warmup",
    "num_warmup": "warmup",
    "warmup_steps": "warmup",
    "burn": "warmup",
    "burnin": "warmup",
    "burn_in": "warmup",
    "num_chains": "chains",
    "n_chains": "chains",
    "dense_mass": "full_mass",
    "init": "init_strategy",
    "batch_size": "batch",
    "minibatch": "batch",
    "subsample_size": "batch",
    "num_steps": "steps",
    "n_steps": "steps",
    "n_iter": "steps",
    "iterations": "steps",
    "epochs": "steps",
    "optimizer": "optim",
    "optimiser": "optim",
    "objective": "loss",
    "elbo": "loss",
    "learning_rate": "lr",
    "particles": "num_particles",
}

FOREIGN_ENGINES: dict[str, str] = {
    "sample": "nuts",
    "mcmc": "nuts",
    "hmc": "nuts",
    "advi": "svi",
    "vi": "svi",
    "variational": "svi",
    "find_map": "map",
    "penalized": "map",
    "optimize": "map",
    "optimise": "map",
    "ml": "mle",
}

FOREIGN_TYPES: dict[str, str] = {
    "float": "real",
    "double": "real",
    "number": "real",
    "integer": "int",
    "bool": "binary",
    "boolean": "binary",
    "probability": "unit",
    "unit_interval": "unit",
    "factor": "category",
    "string": "category",
    "str": "category",
    "text": "category",
    "categorical": "category",
    "corr_cholesky": "cholesky_corr",
    "cholesky_factor_corr": "cholesky_corr",
    "cov_matrix": "covariance",
    "positive_definite": "covariance",
    "ordered_vector": "ordered",
}


def foreign_distribution(name: str) -> str | None:
    """What to write here for a distribution that another language calls `name`."""
    bare = [name, *(name.removesuffix(suffix) for suffix in DENSITY_SUFFIXES)]
    return next((FOREIGN_DISTRIBUTIONS[known] for known in bare if known in FOREIGN_DISTRIBUTIONS), None)


def foreign_argument(name: str, distribution: Distribution) -> str | None:
    """The argument of this distribution that another language calls `name`."""
    own = {parameter.name for parameter in distribution.parameters}
    own.update(p.name for alternative in distribution.alternatives for p in alternative.parameters)
    return next((ours for ours in FOREIGN_ARGUMENTS.get(name, ()) if ours in own), None)
