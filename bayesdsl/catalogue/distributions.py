"""The distributions of the language, a row each, and Pyro's that are left out, with the reason.

Rows follow Pyro's constructors: names, order and defaults are Pyro's, and the tests hold them against it. Where the
support of an argument is stricter or looser than Pyro's it is on purpose:

- a rate, a dispersion or a shape is positive, where Pyro also takes the degenerate 0;
- a probability is `unit`, ends included, also where Pyro refuses one of them;
- values of a Gamma and of a Chi2 are positive: the density is 0 or infinite at 0 for all but one shape.

Settings of the computation that leave the model as it is (`HIDDEN`) are not arguments of the language.
"""

from __future__ import annotations

from bayesdsl.catalogue.rows import Alternative, Distribution, Extent, Parameter
from bayesdsl.types.supports import (
    BINARY,
    CATEGORY,
    CHOLESKY_CORR,
    CORRELATION,
    COUNT,
    COUNT_VECTOR,
    COVARIANCE,
    INT,
    LOWER_CHOLESKY,
    NONNEGATIVE,
    ONE_HOT,
    OPEN_UNIT,
    ORDERED,
    POSITIVE,
    POSITIVE_INT,
    POSITIVE_MATRIX,
    POSITIVE_VECTOR,
    REAL,
    REAL_MATRIX,
    REAL_VECTOR,
    SIMPLEX,
    SPHERE,
    UNIT,
    Support,
    interval,
)

LOC = Parameter("loc", REAL)
SCALE = Parameter("scale", POSITIVE)
ASYMMETRY = Parameter("asymmetry", POSITIVE, default=1.0)
CONCENTRATION = Parameter("concentration", POSITIVE)
CONCENTRATION1 = Parameter("concentration1", POSITIVE)
CONCENTRATION0 = Parameter("concentration0", POSITIVE)
RATE = Parameter("rate", POSITIVE)
DF = Parameter("df", POSITIVE)
PROBS = Parameter("probs", UNIT)
LOGITS = Parameter("logits", REAL)
TRIALS = Parameter("total_count", COUNT, default=1.0)
EXTENDED_TRIALS = Parameter("total_count", INT, default=1.0)
FAILURES = Parameter("total_count", POSITIVE)
GATE = Parameter("gate", UNIT, keyword=True, tensor=True)
GATE_LOGITS = Parameter("gate_logits", REAL, keyword=True, tensor=True)
DIM = Parameter("dim", POSITIVE_INT, static=True)
TEMPERATURE = Parameter("temperature", POSITIVE, static=True, tensor=True)

PROBS_OR_LOGITS = ("probs", "logits")
GATE_OR_LOGITS = ("gate", "gate_logits")
ONE_MATRIX = ("covariance_matrix", "precision_matrix", "scale_tril")
LOC_SCALE = ("loc", "scale")


def _vector(name: str, support: Support, extent: Extent = Extent.VALUE, short: int = 0) -> Parameter:
    return Parameter(name, support, extent=extent, tensor=True, short=short)


def _square(name: str, support: Support) -> Parameter:
    return Parameter(name, support, extent=Extent.SQUARE, tensor=True)


MATRICES = (
    _square("covariance_matrix", COVARIANCE),
    _square("precision_matrix", COVARIANCE),
    _square("scale_tril", LOWER_CHOLESKY),
)
OWN_PROBS = (_vector("probs", SIMPLEX, Extent.OWN), _vector("logits", REAL_VECTOR, Extent.OWN))
VALUE_PROBS = (_vector("probs", SIMPLEX), _vector("logits", REAL_VECTOR))

MEAN = Parameter("mean", POSITIVE)
REAL_MEAN = Parameter("mean", REAL)
UNIT_MEAN = Parameter("mean", OPEN_UNIT)
SD = Parameter("sd", POSITIVE)
VAR = Parameter("var", POSITIVE)
SHAPE = Parameter("shape", POSITIVE)
ALPHA = Parameter("alpha", POSITIVE)
BETA = Parameter("beta", POSITIVE)
DISPERSION = Parameter("dispersion", POSITIVE)


def _by(*parameters: Parameter, **gives: str) -> Alternative:
    return Alternative(parameters, tuple(gives.items()))


SHAPE_IS_CONCENTRATION = _by(SHAPE, concentration="shape")
BETA_ALTERNATIVES = (
    _by(UNIT_MEAN, CONCENTRATION, concentration1="mean * concentration", concentration0="(1 - mean) * concentration"),
    _by(ALPHA, BETA, concentration1="alpha", concentration0="beta"),
)
# The variance is mean + mean^2 / concentration, or mean + dispersion * mean^2: a large dispersion is a large variance.
NEGATIVE_BINOMIAL_ALTERNATIVES = (
    _by(MEAN, CONCENTRATION, total_count="concentration", logits="log(mean) - log(concentration)"),
    _by(MEAN, DISPERSION, total_count="1 / dispersion", logits="log(mean) + log(dispersion)"),
    _by(MEAN, logits="log(mean) - log(total_count)"),
)

CONTINUOUS = (
    Distribution(
        "Normal",
        "The normal distribution with mean `loc` and standard deviation `scale`.",
        (LOC, SCALE),
        REAL,
        alternatives=(
            _by(VAR, scale="sqrt(var)"),
            _by(Parameter("precision", POSITIVE), scale="1 / sqrt(precision)"),
        ),
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "LogNormal",
        "A positive quantity whose logarithm is normal with mean `loc` and standard deviation `scale`.",
        (LOC, SCALE),
        POSITIVE,
        alternatives=(
            _by(Parameter("median", POSITIVE), loc="log(median)"),
            _by(MEAN, loc="log(mean) - scale^2 / 2"),
            _by(MEAN, SD, loc="log(mean) - log1p((sd / mean)^2) / 2", scale="sqrt(log1p((sd / mean)^2))"),
        ),
    ),
    Distribution(
        "HalfNormal",
        "The size of a normal quantity with mean 0 and standard deviation `scale`.",
        (SCALE,),
        NONNEGATIVE,
    ),
    Distribution(
        "HalfCauchy",
        "The size of a Cauchy quantity around 0: a heavy-tailed prior for scales.",
        (SCALE,),
        NONNEGATIVE,
    ),
    Distribution(
        "Cauchy",
        "The Cauchy distribution with median `loc`; half of it lies within `scale` of the median. It has no mean.",
        (LOC, SCALE),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "StudentT",
        "Student's t with `df` degrees of freedom, moved to `loc` and stretched by `scale`: a normal with heavy tails.",
        (DF, Parameter("loc", REAL, default=0.0), Parameter("scale", POSITIVE, default=1.0)),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "Laplace",
        "The double exponential distribution around `loc`, with mean distance `scale` from it.",
        (LOC, SCALE),
        REAL,
        alternatives=(_by(SD, scale="sd / sqrt(2)"),),
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "AsymmetricLaplace",
        "A Laplace distribution with tail scales `scale * asymmetry` below `loc` and `scale / asymmetry` above it.",
        (LOC, SCALE, Parameter("asymmetry", POSITIVE)),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "SoftLaplace",
        "A smooth distribution with the tails of a Laplace: the hyperbolic secant.",
        (LOC, SCALE),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "SoftAsymmetricLaplace",
        "AsymmetricLaplace plus a normal of deviation `scale * softness`; its gradient is lost 38 such deviations out.",
        (LOC, SCALE, ASYMMETRY, Parameter("softness", POSITIVE, default=1.0)),
        REAL,
        location_scale=LOC_SCALE,
        expands=False,
    ),
    Distribution(
        "Logistic",
        "The logistic distribution with mean `loc`; its distribution function is the inverse logit.",
        (LOC, SCALE),
        REAL,
        alternatives=(_by(SD, scale="sd * sqrt(3) / 3.141592653589793"),),
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "SkewLogistic",
        "A logistic distribution skewed to the right where `asymmetry` is over 1 and to the left where it is under 1.",
        (LOC, SCALE, ASYMMETRY),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "Gumbel",
        "The extreme value distribution of maxima, with mode `loc`.",
        (LOC, SCALE),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "Exponential",
        "A waiting time with `rate` events a unit of time; its mean is 1 / rate.",
        (RATE,),
        NONNEGATIVE,
        alternatives=(_by(MEAN, rate="1 / mean"), _by(SCALE, rate="1 / scale")),
    ),
    Distribution(
        "Gamma",
        "The gamma distribution with shape `concentration` and mean concentration / rate.",
        (CONCENTRATION, RATE),
        POSITIVE,
        alternatives=(
            SHAPE_IS_CONCENTRATION,
            _by(SCALE, rate="1 / scale"),
            _by(SHAPE, SCALE, concentration="shape", rate="1 / scale"),
            _by(MEAN, rate="concentration / mean"),
            _by(MEAN, SHAPE, concentration="shape", rate="shape / mean"),
            _by(MEAN, SD, concentration="(mean / sd)^2", rate="mean / sd^2"),
            _by(MEAN, VAR, concentration="mean^2 / var", rate="mean / var"),
        ),
    ),
    Distribution(
        "InverseGamma",
        "The reciprocal of a gamma quantity: a conjugate prior for a variance. Its `rate` is often called the scale.",
        (CONCENTRATION, RATE),
        POSITIVE,
        alternatives=(
            SHAPE_IS_CONCENTRATION,
            _by(SCALE, rate="scale"),
            _by(SHAPE, SCALE, concentration="shape", rate="scale"),
            _by(MEAN, SD, concentration="2 + (mean / sd)^2", rate="mean * (1 + (mean / sd)^2)"),
        ),
    ),
    Distribution(
        "Chi2",
        "The sum of `df` squared standard normal quantities.",
        (DF,),
        POSITIVE,
    ),
    Distribution(
        "FisherSnedecor",
        "The F distribution: a ratio of two mean squares with `df1` and `df2` degrees of freedom.",
        (Parameter("df1", POSITIVE), Parameter("df2", POSITIVE)),
        POSITIVE,
    ),
    Distribution(
        "Weibull",
        "A lifetime whose hazard grows with age where `concentration` is over 1 and falls where it is under 1.",
        (SCALE, CONCENTRATION),
        POSITIVE,
        alternatives=(SHAPE_IS_CONCENTRATION,),
    ),
    Distribution(
        "Pareto",
        "A power law above the least value `scale`; the tail falls as x^-alpha.",
        (SCALE, ALPHA),
        POSITIVE,
        bounds=("scale", None),
        alternatives=(_by(SHAPE, alpha="shape"),),
    ),
    Distribution(
        "Beta",
        "A probability with mean concentration1 / (concentration1 + concentration0).",
        (CONCENTRATION1, CONCENTRATION0),
        UNIT,
        alternatives=(
            *BETA_ALTERNATIVES,
            _by(
                UNIT_MEAN,
                SD,
                concentration1="mean * (mean * (1 - mean) / sd^2 - 1)",
                concentration0="(1 - mean) * (mean * (1 - mean) / sd^2 - 1)",
            ),
            _by(
                Parameter("mode", UNIT),
                Parameter("concentration", interval(2.0, lo_open=True)),
                concentration1="mode * (concentration - 2) + 1",
                concentration0="(1 - mode) * (concentration - 2) + 1",
            ),
        ),
    ),
    Distribution(
        "AffineBeta",
        "A Beta quantity stretched to the interval from `loc` to `loc + scale`.",
        (CONCENTRATION1, CONCENTRATION0, LOC, SCALE),
        REAL,
        bounds=("loc", None),
        alternatives=(_by(Parameter("low", REAL), Parameter("high", REAL), loc="low", scale="high - low"),),
    ),
    Distribution(
        "Kumaraswamy",
        "A distribution on the unit interval much like the Beta, with a distribution function in closed form.",
        (CONCENTRATION1, CONCENTRATION0),
        UNIT,
    ),
    Distribution(
        "Uniform",
        "Every value between `low` and `high` alike.",
        (Parameter("low", REAL), Parameter("high", REAL)),
        REAL,
        bounds=("low", "high"),
    ),
    Distribution(
        "ContinuousBernoulli",
        "An intensity between 0 and 1 with a density proportional to probs^x (1 - probs)^(1 - x).",
        (PROBS, LOGITS),
        UNIT,
        choices=(PROBS_OR_LOGITS,),
    ),
    Distribution(
        "VonMises",
        "An angle in radians around the direction `loc`: the normal distribution of the circle.",
        (LOC, CONCENTRATION),
        REAL,
        reparameterised=False,
    ),
    Distribution(
        "Stable",
        "The Levy stable distribution: `stability` 2 is a normal, 1 a Cauchy; `skew` is from -1 to 1. Slow.",
        (
            Parameter("stability", interval(0.0, 2.0, lo_open=True)),
            Parameter("skew", interval(-1.0, 1.0)),
            Parameter("scale", POSITIVE, default=1.0),
            Parameter("loc", REAL, default=0.0),
        ),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "StableWithLogProb",
        "As Stable, and never rewritten by a reparameterisation: its density is always used.",
        (
            Parameter("stability", interval(0.0, 2.0, lo_open=True)),
            Parameter("skew", interval(-1.0, 1.0)),
            Parameter("scale", POSITIVE, default=1.0),
            Parameter("loc", REAL, default=0.0),
        ),
        REAL,
        location_scale=LOC_SCALE,
    ),
    Distribution(
        "RelaxedBernoulli",
        "A yes or no blurred to a number between 0 and 1; the lower the `temperature`, the nearer to the two ends.",
        (TEMPERATURE, PROBS, LOGITS),
        UNIT,
        choices=(PROBS_OR_LOGITS,),
    ),
    Distribution(
        "RelaxedBernoulliStraightThrough",
        "For guides: draws are 0 or 1, while gradients pass as through a RelaxedBernoulli.",
        (TEMPERATURE, PROBS, LOGITS),
        UNIT,
        choices=(PROBS_OR_LOGITS,),
    ),
    Distribution(
        "NanMaskedNormal",
        "A normal likelihood that leaves out missing values (NaN).",
        (LOC, SCALE),
        REAL,
    ),
    Distribution(
        "FoldedDistribution",
        "The size of a draw of another distribution: `FoldedDistribution(StudentT(3, 0, 2))` is half a Student's t.",
        (),
        POSITIVE,
        takes=("base_dist",),
    ),
    Distribution(
        "Delta",
        "The value `v` itself, with certainty: in a guide, a point estimate.",
        (Parameter("v", REAL, tensor=True), Parameter("log_density", REAL, default=0.0)),
        REAL,
        bounds=("v", "v"),
        broadcasts=False,
    ),
)

DISCRETE = (
    Distribution(
        "Bernoulli",
        "A yes (1) or no (0) with probability `probs` of yes.",
        (PROBS, LOGITS),
        BINARY,
        choices=(PROBS_OR_LOGITS,),
        reparameterised=False,
        accepts=UNIT,
    ),
    Distribution(
        "Binomial",
        "The number of successes in `total_count` trials, each with probability `probs`.",
        (TRIALS, PROBS, LOGITS),
        COUNT,
        bounds=(None, "total_count"),
        choices=(PROBS_OR_LOGITS,),
        reparameterised=False,
    ),
    Distribution(
        "BetaBinomial",
        "Successes in `total_count` trials whose common probability is Beta distributed.",
        (CONCENTRATION1, CONCENTRATION0, TRIALS),
        COUNT,
        bounds=(None, "total_count"),
        alternatives=BETA_ALTERNATIVES,
        reparameterised=False,
    ),
    Distribution(
        "Categorical",
        "One of several levels, numbered from 0, with probabilities `probs`.",
        OWN_PROBS,
        CATEGORY,
        choices=(PROBS_OR_LOGITS,),
        reparameterised=False,
    ),
    Distribution(
        "Geometric",
        "The number of failures before the first success, each trial a success with probability `probs`.",
        (PROBS, LOGITS),
        COUNT,
        choices=(PROBS_OR_LOGITS,),
        alternatives=(_by(MEAN, probs="1 / (1 + mean)"),),
        reparameterised=False,
    ),
    Distribution(
        "Poisson",
        "A count of independent events with mean `rate`.",
        (RATE,),
        COUNT,
        alternatives=(_by(MEAN, rate="mean"),),
        reparameterised=False,
    ),
    Distribution(
        "GammaPoisson",
        "A Poisson count whose rate is Gamma(concentration, rate): an overdispersed count.",
        (CONCENTRATION, RATE),
        COUNT,
        alternatives=(
            _by(MEAN, rate="concentration / mean"),
            _by(MEAN, DISPERSION, concentration="1 / dispersion", rate="1 / (dispersion * mean)"),
        ),
        reparameterised=False,
    ),
    Distribution(
        "NegativeBinomial",
        "Successes, each with probability `probs`, before `total_count` failures; also an overdispersed count.",
        (FAILURES, PROBS, LOGITS),
        COUNT,
        choices=(PROBS_OR_LOGITS,),
        alternatives=NEGATIVE_BINOMIAL_ALTERNATIVES,
        reparameterised=False,
    ),
    Distribution(
        "LogNormalNegativeBinomial",
        "A NegativeBinomial whose `logits` vary normally with standard deviation `multiplicative_noise_scale`.",
        (
            FAILURES,
            LOGITS,
            Parameter("multiplicative_noise_scale", POSITIVE),
            Parameter("num_quad_points", POSITIVE_INT, default=8.0, static=True, keyword=True),
        ),
        COUNT,
        reparameterised=False,
        samples=False,
    ),
    Distribution(
        "ZeroInflatedPoisson",
        "A Poisson count that is 0 with the extra probability `gate`.",
        (RATE, GATE, GATE_LOGITS),
        COUNT,
        choices=(GATE_OR_LOGITS,),
        reparameterised=False,
    ),
    Distribution(
        "ZeroInflatedNegativeBinomial",
        "A NegativeBinomial count that is 0 with the extra probability `gate`.",
        (
            FAILURES,
            Parameter("probs", UNIT, keyword=True),
            Parameter("logits", REAL, keyword=True),
            GATE,
            GATE_LOGITS,
        ),
        COUNT,
        choices=(PROBS_OR_LOGITS, GATE_OR_LOGITS),
        alternatives=NEGATIVE_BINOMIAL_ALTERNATIVES,
        reparameterised=False,
    ),
    Distribution(
        "ZeroInflatedDistribution",
        "A count of another distribution that is 0 with the extra probability `gate`.",
        (GATE, GATE_LOGITS),
        COUNT,
        choices=(GATE_OR_LOGITS,),
        reparameterised=False,
        takes=("base_dist",),
    ),
    Distribution(
        "ExtendedBinomial",
        "A Binomial for which any integer may be given as value or total; impossible ones have probability 0.",
        (EXTENDED_TRIALS, PROBS, LOGITS),
        INT,
        choices=(PROBS_OR_LOGITS,),
        reparameterised=False,
    ),
    Distribution(
        "ExtendedBetaBinomial",
        "A BetaBinomial for which any integer may be given as value or total; impossible ones have probability 0.",
        (CONCENTRATION1, CONCENTRATION0, EXTENDED_TRIALS),
        INT,
        alternatives=BETA_ALTERNATIVES,
        reparameterised=False,
    ),
    Distribution(
        "OrderedLogistic",
        "An ordered level, numbered from 0: `predictor` plus logistic noise, cut at `cutpoints`.",
        (Parameter("predictor", REAL, tensor=True), _vector("cutpoints", ORDERED, Extent.OWN, short=1)),
        CATEGORY,
        reparameterised=False,
    ),
)

VECTORS = (
    Distribution(
        "OneHotCategorical",
        "A vector with a 1 at one of several levels and 0 elsewhere.",
        VALUE_PROBS,
        ONE_HOT,
        choices=(PROBS_OR_LOGITS,),
        event=1,
        reparameterised=False,
    ),
    Distribution(
        "OneHotCategoricalStraightThrough",
        "For guides: a OneHotCategorical whose draws let gradients through.",
        VALUE_PROBS,
        ONE_HOT,
        choices=(PROBS_OR_LOGITS,),
        event=1,
    ),
    Distribution(
        "Multinomial",
        "How many of `total_count` trials fell on each of several levels.",
        (Parameter("total_count", COUNT, default=1.0, static=True), *VALUE_PROBS),
        COUNT_VECTOR,
        bounds=(None, "total_count"),
        choices=(PROBS_OR_LOGITS,),
        event=1,
        reparameterised=False,
    ),
    Distribution(
        "DirichletMultinomial",
        "A Multinomial whose probabilities are Dirichlet distributed.",
        (_vector("concentration", POSITIVE_VECTOR), TRIALS),
        COUNT_VECTOR,
        bounds=(None, "total_count"),
        event=1,
        reparameterised=False,
    ),
    Distribution(
        "Dirichlet",
        "Probabilities that sum to 1, with mean proportional to `concentration`.",
        (_vector("concentration", POSITIVE_VECTOR),),
        SIMPLEX,
        event=1,
    ),
    Distribution(
        "LogisticNormal",
        "Probabilities that sum to 1, broken off a stick by normal quantities on the logit scale.",
        (_vector("loc", REAL_VECTOR, Extent.OWN, short=1), _vector("scale", POSITIVE_VECTOR, Extent.OWN, short=1)),
        SIMPLEX,
        event=1,
    ),
    Distribution(
        "RelaxedOneHotCategorical",
        "A OneHotCategorical blurred to a point of the simplex; a low `temperature` keeps it near the corners.",
        (TEMPERATURE, *VALUE_PROBS),
        SIMPLEX,
        choices=(PROBS_OR_LOGITS,),
        event=1,
    ),
    Distribution(
        "RelaxedOneHotCategoricalStraightThrough",
        "For guides: draws are one-hot, while gradients pass as through a RelaxedOneHotCategorical.",
        (TEMPERATURE, *VALUE_PROBS),
        SIMPLEX,
        choices=(PROBS_OR_LOGITS,),
        event=1,
    ),
    Distribution(
        "MultivariateNormal",
        "A normal vector with mean `loc` and a covariance matrix, its inverse, or its Cholesky factor.",
        (_vector("loc", REAL_VECTOR), *MATRICES),
        REAL_VECTOR,
        choices=(ONE_MATRIX,),
        event=1,
    ),
    Distribution(
        "LowRankMultivariateNormal",
        "A normal vector with covariance cov_factor cov_factor' + diag(cov_diag).",
        (
            _vector("loc", REAL_VECTOR),
            _vector("cov_factor", REAL_MATRIX, Extent.VALUE_OWN),
            _vector("cov_diag", POSITIVE_VECTOR),
        ),
        REAL_VECTOR,
        event=1,
    ),
    Distribution(
        "MultivariateStudentT",
        "Student's t for vectors: `scale_tril` is the Cholesky factor of the scale matrix, not of the covariance.",
        (DF, _vector("loc", REAL_VECTOR), _square("scale_tril", LOWER_CHOLESKY)),
        REAL_VECTOR,
        event=1,
    ),
    Distribution(
        "NanMaskedMultivariateNormal",
        "A multivariate normal likelihood that leaves out missing elements (NaN) by marginalising over them.",
        (_vector("loc", REAL_VECTOR), *MATRICES),
        REAL_VECTOR,
        choices=(ONE_MATRIX,),
        event=1,
    ),
    Distribution(
        "MixtureOfDiagNormals",
        "A mixture of vectors of independent normals, each component with its own means and standard deviations.",
        (
            _vector("locs", REAL_MATRIX, Extent.OWN_VALUE),
            _vector("coord_scale", POSITIVE_MATRIX, Extent.OWN_VALUE),
            _vector("component_logits", REAL_VECTOR, Extent.OWN),
        ),
        REAL_VECTOR,
        event=1,
        broadcasts=False,
    ),
    Distribution(
        "MixtureOfDiagNormalsSharedCovariance",
        "A mixture of vectors of independent normals, the components with their own means and common deviations.",
        (
            _vector("locs", REAL_MATRIX, Extent.OWN_VALUE),
            _vector("coord_scale", POSITIVE_VECTOR),
            _vector("component_logits", REAL_VECTOR, Extent.OWN),
        ),
        REAL_VECTOR,
        event=1,
        broadcasts=False,
    ),
    Distribution(
        "ProjectedNormal",
        "A direction: a normal vector with mean `concentration`, divided by its length.",
        (_vector("concentration", REAL_VECTOR),),
        SPHERE,
        event=1,
        event_sizes=(2, 3, 4),
    ),
    Distribution(
        "VonMises3D",
        "A direction in space around that of `concentration`, the closer the longer it is.",
        (_vector("concentration", REAL_VECTOR),),
        SPHERE,
        event=1,
        event_sizes=(3,),
        reparameterised=False,
        samples=False,
    ),
    Distribution(
        "SineBivariateVonMises",
        "Two dependent angles in radians, such as the torsion angles of a protein's backbone.",
        (
            Parameter("phi_loc", REAL),
            Parameter("psi_loc", REAL),
            Parameter("phi_concentration", POSITIVE),
            Parameter("psi_concentration", POSITIVE),
            Parameter("correlation", REAL),
            Parameter("weighted_correlation", interval(-1.0, 1.0)),
        ),
        REAL_VECTOR,
        choices=(("correlation", "weighted_correlation"),),
        event=1,
        event_sizes=(2,),
        reparameterised=False,
        broadcasts=False,
    ),
)

MATRIX_VALUED = (
    Distribution(
        "LKJCholesky",
        "The Cholesky factor of a correlation matrix; `concentration` 1 is uniform, more favours weak correlations.",
        (DIM, Parameter("concentration", POSITIVE, default=1.0)),
        CHOLESKY_CORR,
        event=2,
        sizes=("dim",),
        reparameterised=False,
    ),
    Distribution(
        "LKJ",
        "A correlation matrix with density proportional to its determinant to the power `concentration - 1`.",
        (DIM, Parameter("concentration", POSITIVE, default=1.0)),
        CORRELATION,
        event=2,
        sizes=("dim",),
        reparameterised=False,
        expands=False,
    ),
    Distribution(
        "Wishart",
        "The scatter matrix of `df` normal vectors. `df` must be over the dimension less 1.",
        (DF, *MATRICES),
        COVARIANCE,
        choices=(ONE_MATRIX,),
        event=2,
    ),
)

DISTRIBUTIONS: dict[str, Distribution] = {row.name: row for row in (*CONTINUOUS, *DISCRETE, *VECTORS, *MATRIX_VALUED)}

SPECIAL: dict[str, str] = {
    "Flat": "An improper prior: every value of its support alike. `Flat()` is over the reals, `Flat(positive)` over a "
    "support; it cannot be simulated from.",
    "Mixture": "A mixture over a plate, summed out: `Mixture(w, D(..))` has weights `w`, and the arguments of D span "
    "the plate of `w`.",
}

HIDDEN: dict[str, tuple[str, ...]] = {
    "ContinuousBernoulli": ("lims",),
    "Delta": ("event_dim",),
    "DirichletMultinomial": ("is_sparse",),
    "Poisson": ("is_sparse",),
    "Stable": ("coords",),
    "StableWithLogProb": ("coords",),
}

_BASE = "A base class, not a distribution."
_PLATES = "Shapes come from the plates."
_TREES = "Its values are times of a genealogy, with their own constraints."
_SERIES = "A time series as one site; recurrences are to be written as such."
_COMBINATORIAL = "Its values are combinatorial objects, not numbers over plates."

LEFT_OUT: dict[str, str] = {
    "AVFMultivariateNormal": "The density of MultivariateNormal; differs in the gradients of its draws, and takes no "
    "plates.",
    "CoalescentRateLikelihood": "Not a distribution: a likelihood of a rate.",
    "CoalescentTimes": _TREES,
    "CoalescentTimesWithRate": _TREES,
    "ComposeTransformModule": _BASE,
    "ConditionalDistribution": _BASE,
    "ConditionalTransform": _BASE,
    "ConditionalTransformModule": _BASE,
    "ConditionalTransformedDistribution": _BASE,
    "DiscreteHMM": _SERIES,
    "Distribution": _BASE,
    "Empirical": "A bag of weighted samples; it has a density only at them.",
    "ExpandedDistribution": _PLATES,
    "ExponentialFamily": _BASE,
    "GammaGaussianHMM": _SERIES,
    "GaussianHMM": _SERIES,
    "GaussianMRF": _SERIES,
    "GaussianScaleMixture": "It takes no plates and names no support: write `Mixture(w, D(..))`.",
    "GeneralizedPareto": "Its density refuses double precision while torch's default is single.",
    "GroupedNormalNormal": "It takes a table of groups; the hierarchy is written with a plate.",
    "ImproperUniform": "`Flat()` is this.",
    "Independent": _PLATES,
    "IndependentHMM": _SERIES,
    "LKJCorrCholesky": "The old name of LKJCholesky.",
    "LinearHMM": _SERIES,
    "MaskedDistribution": "It changes the density without saying how: filter the data with `where`.",
    "MaskedMixture": "It takes two distributions and a mask: write two statements.",
    "MixtureSameFamily": "`Mixture(w, D(..))` is this.",
    "OMTMultivariateNormal": "The density of MultivariateNormal; differs in the gradients of its draws, and takes no "
    "plates.",
    "OneOneMatching": _COMBINATORIAL,
    "OneTwoMatching": _COMBINATORIAL,
    "Rejector": "It takes Python functions.",
    "SineSkewed": "It skews a vector of angles; the absolute skewnesses must sum to at most 1, which no support says.",
    "SpanningTree": _COMBINATORIAL,
    "TorchDistribution": _BASE,
    "TransformModule": _BASE,
    "TransformedDistribution": "It takes transforms: write the transformed quantity as an expression.",
    "TruncatedPolyaGamma": "A device for augmentation: its one argument is a tensor that gives the number type, and "
    "its density is accurate to six decimals.",
    "Unit": "Not a distribution: a term of the log density.",
}
