"""Income by ruggedness of the terrain, in NumPyro and PyMC."""


def numpyro(data):
    import numpyro
    import numpyro.distributions as dist

    def model(africa, rugged, log_gdp):
        a = numpyro.sample("a", dist.Normal(0.0, 10.0))
        b_a, b_r, b_ar = (numpyro.sample(name, dist.Normal(0.0, 1.0)) for name in ("bA", "bR", "bAR"))
        sigma = numpyro.sample("sigma", dist.Uniform(0.0, 10.0))
        mean = a + b_a * africa + b_r * rugged + b_ar * africa * rugged
        numpyro.sample("log_gdp", dist.Normal(mean, sigma), obs=log_gdp)

    return model


def pymc(data, hold):
    import pymc as pm

    with pm.Model() as model:
        data = hold(data)
        a = pm.Normal("a", 0, 10)
        b_a, b_r, b_ar = (pm.Normal(name, 0, 1) for name in ("bA", "bR", "bAR"))
        sigma = pm.Uniform("sigma", 0, 10)
        mean = a + b_a * data["africa"] + b_r * data["rugged"] + b_ar * data["africa"] * data["rugged"]
        pm.Normal("log_gdp_observed", mean, sigma, observed=data["log_gdp"])
    return model
