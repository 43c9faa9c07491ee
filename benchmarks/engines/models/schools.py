"""Eight schools, noncentred, in NumPyro and PyMC."""


def numpyro(data):
    import numpyro
    import numpyro.distributions as dist

    def model(y, se):
        mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
        tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
        with numpyro.plate("school", len(y)):
            z = numpyro.sample("z", dist.Normal(0.0, 1.0))
            theta = numpyro.deterministic("theta", mu + tau * z)
            numpyro.sample("y", dist.Normal(theta, se), obs=y)

    return model


def pymc(data, hold):
    import pymc as pm

    rows = len(data["y"])
    with pm.Model() as model:
        data = hold(data)
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        z = pm.Normal("z", 0, 1, shape=rows)
        theta = pm.Deterministic("theta", mu + tau * z)
        pm.Normal("y_observed", theta, data["se"], observed=data["y"])
    return model
