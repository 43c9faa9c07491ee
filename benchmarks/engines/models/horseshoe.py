"""Sparse regression with a regularised horseshoe, in NumPyro and PyMC."""


def numpyro(data):
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist

    def model(x, y):
        tau = numpyro.sample("tau", dist.HalfCauchy(0.1))
        slab = numpyro.sample("slab", dist.InverseGamma(2.0, 50.0))
        sigma = numpyro.sample("sigma", dist.HalfNormal(1.0))
        with numpyro.plate("feature", x.shape[1]):
            lam = numpyro.sample("lam", dist.HalfCauchy(1.0))
            z = numpyro.sample("z", dist.Normal(0.0, 1.0))
            width = tau * lam
            beta = numpyro.deterministic("beta", z * width * jnp.sqrt(slab / (slab + width**2)))
        numpyro.sample("y", dist.Normal(x @ beta, sigma), obs=y)

    return model


def pymc(data, hold):
    import pymc as pm

    features = data["x"].shape[1]
    with pm.Model() as model:
        data = hold(data)
        tau = pm.HalfCauchy("tau", 0.1)
        slab = pm.InverseGamma("slab", alpha=2, beta=50)
        sigma = pm.HalfNormal("sigma", 1)
        lam = pm.HalfCauchy("lam", 1, shape=features)
        z = pm.Normal("z", 0, 1, shape=features)
        width = tau * lam
        beta = pm.Deterministic("beta", z * width * pm.math.sqrt(slab / (slab + width**2)))
        pm.Normal("y_observed", data["x"] @ beta, sigma, observed=data["y"])
    return model
