"""A network with one hidden layer of five units, in NumPyro and PyMC."""

UNITS = 5


def numpyro(data):
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist

    def model(x, y, at):
        weights = dist.Normal(0.0, 3.0).expand([UNITS]).to_event(1)
        w1, b1, w2 = (numpyro.sample(name, weights) for name in ("w1", "b1", "w2"))
        b2 = numpyro.sample("b2", dist.Normal(0.0, 3.0))
        s = numpyro.sample("s", dist.Gamma(0.5, 1.0))

        def f(x):
            return b2 + jnp.tanh(x[:, None] * w1 + b1) @ w2

        numpyro.deterministic("curve", f(at))
        numpyro.sample("y", dist.Normal(f(x), jnp.sqrt(s)), obs=y)

    return model


def pymc(data, hold):
    import pymc as pm

    with pm.Model() as model:
        data = hold(data)
        w1, b1, w2 = (pm.Normal(name, 0, 3, shape=UNITS) for name in ("w1", "b1", "w2"))
        b2 = pm.Normal("b2", 0, 3)
        s = pm.Gamma("s", alpha=0.5, beta=1)

        def f(x):
            return b2 + pm.math.tanh(x[:, None] * w1 + b1) @ w2

        pm.Deterministic("curve", f(data["at"]))
        pm.Normal("y_observed", f(data["x"]), pm.math.sqrt(s), observed=data["y"])
    return model
