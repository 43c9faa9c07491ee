"""How a predictor draws from each distribution: a function of `export/samplers.py`, and what it takes.

torch's distributions do not script, so predictors draw with torch's raw operations. `takes` are Pyro's arguments in
the order of the function's; where a spec gave another one of a choice, `gives` names the function that turns it into
the one that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sampler:
    """A function that draws.

    `gives` maps an argument that a spec may have given to the one that the function takes, and the dotted name of the
    function between them. `loops` says that it draws again and again until all draws are accepted, which
    `torch.export` has no way to write down.
    """

    function: str
    takes: tuple[str, ...]
    gives: tuple[tuple[str, str, str], ...] = ()
    loops: bool = False


_LOC_SCALE = ("loc", "scale")
_PROBS = (("logits", "probs", "torch.sigmoid"),)
_LOGITS = (("probs", "logits", "torch.logit"),)
_GATE = (("gate_logits", "gate", "torch.sigmoid"),)
_ODDS = (("probs", "odds", "samplers.odds"), ("logits", "odds", "torch.exp"))
_LEVELS = (("logits", "probs", "samplers.softmax"),)
_LOG_LEVELS = (("probs", "logits", "torch.log"),)
_MATRIX = (
    ("covariance_matrix", "scale_tril", "torch.linalg.cholesky"),
    ("precision_matrix", "scale_tril", "samplers.cholesky_of_precision"),
)

SAMPLERS: dict[str, Sampler] = {
    "Normal": Sampler("normal", _LOC_SCALE),
    "LogNormal": Sampler("log_normal", _LOC_SCALE),
    "HalfNormal": Sampler("half_normal", ("scale",)),
    "HalfCauchy": Sampler("half_cauchy", ("scale",)),
    "Cauchy": Sampler("cauchy", _LOC_SCALE),
    "StudentT": Sampler("student_t", ("df", *_LOC_SCALE)),
    "Laplace": Sampler("laplace", _LOC_SCALE),
    "AsymmetricLaplace": Sampler("asymmetric_laplace", (*_LOC_SCALE, "asymmetry")),
    "SoftLaplace": Sampler("soft_laplace", _LOC_SCALE),
    "SoftAsymmetricLaplace": Sampler("soft_asymmetric_laplace", (*_LOC_SCALE, "asymmetry", "softness")),
    "Logistic": Sampler("logistic", _LOC_SCALE),
    "SkewLogistic": Sampler("skew_logistic", (*_LOC_SCALE, "asymmetry")),
    "Gumbel": Sampler("gumbel", _LOC_SCALE),
    "Exponential": Sampler("exponential", ("rate",)),
    "Gamma": Sampler("gamma", ("concentration", "rate")),
    "InverseGamma": Sampler("inverse_gamma", ("concentration", "rate")),
    "Chi2": Sampler("chi2", ("df",)),
    "FisherSnedecor": Sampler("fisher_snedecor", ("df1", "df2")),
    "Weibull": Sampler("weibull", ("scale", "concentration")),
    "Pareto": Sampler("pareto", ("scale", "alpha")),
    "Beta": Sampler("beta", ("concentration1", "concentration0")),
    "AffineBeta": Sampler("affine_beta", ("concentration1", "concentration0", *_LOC_SCALE)),
    "Kumaraswamy": Sampler("kumaraswamy", ("concentration1", "concentration0")),
    "Uniform": Sampler("uniform", ("low", "high")),
    "ContinuousBernoulli": Sampler("continuous_bernoulli", ("probs",), _PROBS),
    "VonMises": Sampler("von_mises", ("loc", "concentration"), loops=True),
    "Stable": Sampler("stable", ("stability", "skew", "scale", "loc")),
    "StableWithLogProb": Sampler("stable", ("stability", "skew", "scale", "loc")),
    "RelaxedBernoulli": Sampler("relaxed_bernoulli", ("temperature", "logits"), _LOGITS),
    "RelaxedBernoulliStraightThrough": Sampler("rounded_bernoulli", ("temperature", "logits"), _LOGITS),
    "NanMaskedNormal": Sampler("normal", _LOC_SCALE),
    "FoldedDistribution": Sampler("folded", ("base_dist",)),
    "Delta": Sampler("delta", ("v",)),
    "Bernoulli": Sampler("bernoulli", ("probs",), _PROBS),
    "Binomial": Sampler("binomial", ("total_count", "probs"), _PROBS),
    "BetaBinomial": Sampler("beta_binomial", ("concentration1", "concentration0", "total_count")),
    "Categorical": Sampler("categorical", ("probs",), _LEVELS),
    "Geometric": Sampler("geometric", ("probs",), _PROBS),
    "Poisson": Sampler("poisson", ("rate",)),
    "GammaPoisson": Sampler("gamma_poisson", ("concentration", "rate")),
    "NegativeBinomial": Sampler("negative_binomial", ("total_count", "odds"), _ODDS),
    "LogNormalNegativeBinomial": Sampler(
        "log_normal_negative_binomial", ("total_count", "logits", "multiplicative_noise_scale")
    ),
    "ZeroInflatedPoisson": Sampler("zero_inflated_poisson", ("rate", "gate"), _GATE),
    "ZeroInflatedNegativeBinomial": Sampler(
        "zero_inflated_negative_binomial", ("total_count", "odds", "gate"), (*_ODDS, *_GATE)
    ),
    "ZeroInflatedDistribution": Sampler("zero_inflated", ("base_dist", "gate"), _GATE),
    "ExtendedBinomial": Sampler("binomial", ("total_count", "probs"), _PROBS),
    "ExtendedBetaBinomial": Sampler("beta_binomial", ("concentration1", "concentration0", "total_count")),
    "OrderedLogistic": Sampler("ordered_logistic", ("predictor", "cutpoints")),
    "OneHotCategorical": Sampler("one_hot", ("probs",), _LEVELS),
    "OneHotCategoricalStraightThrough": Sampler("one_hot", ("probs",), _LEVELS),
    "Multinomial": Sampler("multinomial", ("total_count", "probs"), _LEVELS),
    "DirichletMultinomial": Sampler("dirichlet_multinomial", ("concentration", "total_count")),
    "Dirichlet": Sampler("dirichlet", ("concentration",)),
    "LogisticNormal": Sampler("logistic_normal", _LOC_SCALE),
    "RelaxedOneHotCategorical": Sampler("relaxed_one_hot", ("temperature", "logits"), _LOG_LEVELS),
    "RelaxedOneHotCategoricalStraightThrough": Sampler("rounded_one_hot", ("temperature", "logits"), _LOG_LEVELS),
    "MultivariateNormal": Sampler("multivariate_normal", ("loc", "scale_tril"), _MATRIX),
    "LowRankMultivariateNormal": Sampler("low_rank_normal", ("loc", "cov_factor", "cov_diag")),
    "MultivariateStudentT": Sampler("multivariate_student_t", ("df", "loc", "scale_tril")),
    "NanMaskedMultivariateNormal": Sampler("multivariate_normal", ("loc", "scale_tril"), _MATRIX),
    "MixtureOfDiagNormals": Sampler("mixture_of_normals", ("locs", "coord_scale", "component_logits")),
    "MixtureOfDiagNormalsSharedCovariance": Sampler(
        "mixture_of_alike_normals", ("locs", "coord_scale", "component_logits")
    ),
    "ProjectedNormal": Sampler("projected_normal", ("concentration",)),
    "VonMises3D": Sampler("von_mises_3d", ("concentration",)),
    "Wishart": Sampler("wishart", ("df", "scale_tril"), _MATRIX),
}

NOT_DRAWN: dict[str, str] = {
    "SineBivariateVonMises": "its draws are accepted or refused by an envelope that has to be searched for",
    "LKJCholesky": "a Cholesky factor is no outcome, and no group has one of its own that could be drawn anew",
    "LKJ": "a correlation matrix is no outcome, and no group has one of its own that could be drawn anew",
}
