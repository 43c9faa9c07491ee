"""Intercepts that vary between groups, noncentred, in NumPyro and PyMC."""


def numpyro(data):
    import numpyro
    import numpyro.distributions as dist

    groups = int(data["county"].max()) + 1

    def model(county, basement, log_radon):
        m, b = (numpyro.sample(name, dist.Normal(0.0, 5.0)) for name in ("m", "b"))
        tau, sigma = (numpyro.sample(name, dist.HalfNormal(1.0)) for name in ("tau", "sigma"))
        with numpyro.plate("group", groups):
            z = numpyro.sample("z", dist.Normal(0.0, 1.0))
            a = numpyro.deterministic("a", m + tau * z)
        numpyro.sample("log_radon", dist.Normal(a[county] + b * basement, sigma), obs=log_radon)

    return model


def pymc(data, hold):
    import pymc as pm

    groups = int(data["county"].max()) + 1
    with pm.Model() as model:
        data = hold(data)
        m, b = (pm.Normal(name, 0, 5) for name in ("m", "b"))
        tau, sigma = (pm.HalfNormal(name, 1) for name in ("tau", "sigma"))
        z = pm.Normal("z", 0, 1, shape=groups)
        a = pm.Deterministic("a", m + tau * z)
        pm.Normal("log_radon_observed", a[data["county"]] + b * data["basement"], sigma, observed=data["log_radon"])
    return model
