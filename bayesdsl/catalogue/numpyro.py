"""What NumPyro and JAX have for what Pyro programs use, a row each, and what they do not have, with the reason.

A distribution, an argument, a guide or a setting that has no row here goes by the same name in both. The tests hold
every row of the catalogue against both libraries.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS, REDUCTIONS, SCANS


@dataclass(frozen=True, slots=True)
class Missing:
    """Why NumPyro cannot have something, and what to write instead."""

    reason: str
    instead: str


# Callables of torch as JAX's. NumPy's and SciPy's names are JAX's too, but for these.
_OTHER_NAMES = {
    "torch.relu": "jax.nn.relu",
    "torch.sigmoid": "jax.nn.sigmoid",
    "torch.softmax": "jax.nn.softmax",
    "torch.nn.functional.softplus": "jax.nn.softplus",
    "torch.linalg.vecdot": "jnp.linalg.vecdot",
    "torch.arange": "jnp.arange",
    "torch.eye": "jnp.eye",
    "torch.full": "jnp.full",
    "torch.ones": "jnp.ones",
    "torch.tensor": "jnp.array",
}


def _jax(numpy: str) -> str:
    module, _, name = numpy.rpartition(".")
    return f"{'jnp' if module == 'numpy' else f'jax.{module}'}.{name}"


CALLABLES: dict[str, str] = {
    **{
        row.torch: _jax(row.numpy)
        for table in (FUNCTIONS, OPERATORS, REDUCTIONS, SCANS)
        for row in table.values()
        if row.torch.startswith("torch.") and row.torch not in _OTHER_NAMES
    },
    **_OTHER_NAMES,
}

# Methods of tensors as methods of JAX's arrays, with arguments that torch does not need. What is left out has nothing
# to do there: arrays never change, and JAX lays them out as it likes.
METHODS: dict[str, tuple[str, tuple[tuple[str, int], ...]]] = {
    "amax": ("max", ()),
    "amin": ("min", ()),
    "mean": ("mean", ()),
    "permute": ("transpose", ()),
    "std": ("std", (("ddof", 1),)),
    "sum": ("sum", ()),
    "var": ("var", (("ddof", 1),)),
}
NEEDLESS_METHODS = frozenset({"clone", "contiguous"})
DISTRIBUTION_METHODS = frozenset({"expand", "log_prob", "to_event"})

# Pyro's own callables, and the keywords that NumPyro's take as well.
PRIMITIVES: dict[str, str] = {
    "pyro.deterministic": "numpyro.deterministic",
    "pyro.factor": "numpyro.factor",
    "pyro.param": "numpyro.param",
    "pyro.plate": "numpyro.plate",
    "pyro.sample": "numpyro.sample",
    "poutine.block": "handlers.block",
}
KEYWORDS: dict[str, frozenset[str]] = {
    "pyro.param": frozenset({"constraint"}),
    "pyro.plate": frozenset({"dim", "subsample_size"}),
    "pyro.sample": frozenset({"obs"}),
    "poutine.block": frozenset({"expose"}),
}

# Distributions

# Arguments under another name.
ARGUMENTS: dict[str, dict[str, str]] = {
    "LKJ": {"dim": "dimension"},
    "LKJCholesky": {"dim": "dimension"},
    "Wishart": {"df": "concentration", "covariance_matrix": "scale_matrix", "precision_matrix": "rate_matrix"},
}

# Distributions that NumPyro has in another form, or that it computes to six digits by JAX's `betaln` in its own: a
# Python expression over the arguments' names. A keyword whose value needs what was not given falls away.
FORMS: dict[str, str] = {
    "AffineBeta": "dist.TransformedDistribution(dist.Beta(concentration1, concentration0),"
    " dist.transforms.AffineTransform(loc, scale, constraints.unit_interval))",
    "GammaPoisson": "dist.NegativeBinomial(concentration, logits=-jnp.log(rate))",
    "LogisticNormal": "dist.TransformedDistribution(dist.Normal(loc, scale).to_event(1),"
    " dist.transforms.StickBreakingTransform())",
    "MixtureOfDiagNormals": "dist.MixtureSameFamily(dist.Categorical(logits=component_logits),"
    " dist.Normal(locs, coord_scale).to_event(1))",
    "MixtureOfDiagNormalsSharedCovariance": "dist.MixtureSameFamily(dist.Categorical(logits=component_logits),"
    " dist.Normal(locs, coord_scale[..., None, :]).to_event(1))",
    "NegativeBinomial": "dist.NegativeBinomial(total_count, logits=logits, logits=jax.scipy.special.logit(probs))",
    "OneHotCategorical": "dist.Multinomial(1, probs=probs, logits=logits)",
    "ZeroInflatedNegativeBinomial": "dist.ZeroInflatedDistribution("
    "dist.NegativeBinomial(total_count, logits=logits, logits=jax.scipy.special.logit(probs)),"
    " gate=gate, gate_logits=gate_logits)",
    "ZeroInflatedPoisson": "dist.ZeroInflatedDistribution(dist.Poisson(rate), gate=gate, gate_logits=gate_logits)",
}

_STRAIGHT_THROUGH = "NumPyro has no draws that let gradients through a discrete value."
_MISSING_VALUES = "JAX takes gradients through what is masked, so that a missing value makes them undefined."
_WHERE = "leave those rows out with `where present(..)`, and use {}"

MISSING_DISTRIBUTIONS: dict[str, Missing] = {
    "ContinuousBernoulli": Missing("NumPyro has no such distribution.", "use Beta or Kumaraswamy"),
    "ExtendedBetaBinomial": Missing("NumPyro's BetaBinomial takes possible values alone.", "use BetaBinomial"),
    "ExtendedBinomial": Missing("NumPyro's Binomial takes possible values alone.", "use Binomial"),
    "FisherSnedecor": Missing(
        "NumPyro has no such distribution.", "declare two Chi2 quantities, and take the ratio of their means"
    ),
    "LogNormalNegativeBinomial": Missing(
        "NumPyro has no such distribution.", "add a normal latent for each row to the logits of a NegativeBinomial"
    ),
    "NanMaskedMultivariateNormal": Missing(_MISSING_VALUES, _WHERE.format("MultivariateNormal")),
    "NanMaskedNormal": Missing(_MISSING_VALUES, _WHERE.format("Normal")),
    "OneHotCategoricalStraightThrough": Missing(_STRAIGHT_THROUGH, "use OneHotCategorical"),
    "RelaxedBernoulliStraightThrough": Missing(_STRAIGHT_THROUGH, "use RelaxedBernoulli"),
    "RelaxedOneHotCategorical": Missing("NumPyro has no such distribution.", "use Dirichlet or LogisticNormal"),
    "RelaxedOneHotCategoricalStraightThrough": Missing(_STRAIGHT_THROUGH, "use Dirichlet or LogisticNormal"),
    "SkewLogistic": Missing("NumPyro has no such distribution.", "use AsymmetricLaplace or Gumbel"),
    "SoftAsymmetricLaplace": Missing("NumPyro has no such distribution.", "use AsymmetricLaplace"),
    "Stable": Missing("NumPyro has no such distribution.", "use StudentT or Cauchy for heavy tails"),
    "StableWithLogProb": Missing("NumPyro has no such distribution.", "use StudentT or Cauchy for heavy tails"),
    "VonMises3D": Missing("NumPyro has no such distribution.", "use ProjectedNormal"),
}

# Distributions whose possible values depend on their arguments for NumPyro, which does not mix these.
UNMIXED = frozenset(
    {
        "AffineBeta",
        "BetaBinomial",
        "Binomial",
        "Categorical",
        "DirichletMultinomial",
        "Multinomial",
        "OneHotCategorical",
        "OrderedLogistic",
        "Pareto",
        "Uniform",
    }
)
MISSING_MIXTURE = Missing(
    "NumPyro mixes distributions whose possible values do not depend on their arguments.",
    "mix the arguments where that is the same, as the probabilities of a Categorical, or use Pyro",
)

# What programs name beside the distributions of the catalogue.
OTHER_DISTRIBUTIONS = frozenset({"ImproperUniform", "MixtureSameFamily"})

MISSING_CONSTRAINTS = frozenset({"constraints.integer"})
# Constraints with arguments, which the catalogue does not name.
MADE_CONSTRAINTS = frozenset(
    {"constraints.greater_than", "constraints.independent", "constraints.interval", "constraints.less_than"}
)

# Guides

GUIDE_SETTINGS: dict[str, dict[str, str]] = {
    "AutoIAFNormal": {"hidden_dim": "hidden_dims", "num_transforms": "num_flows"},
}

_NORMALS = "use AutoMultivariateNormal or AutoNormal"

MISSING_GUIDES: dict[str, Missing] = {
    "AutoDiscreteParallel": Missing(
        "NumPyro sums discrete latents out and does not fit them.", "write a guide by hand for them"
    ),
    "AutoGaussian": Missing("NumPyro has no guide that keeps conditional independences.", _NORMALS),
    "AutoHierarchicalNormalMessenger": Missing("NumPyro has no guides that follow the model's run.", _NORMALS),
    "AutoNormalMessenger": Missing("NumPyro has no guides that follow the model's run.", "use AutoNormal"),
    "AutoRegressiveMessenger": Missing("NumPyro has no guides that follow the model's run.", _NORMALS),
    "AutoStructured": Missing("NumPyro has no guide with dependences that one chooses.", _NORMALS),
}
