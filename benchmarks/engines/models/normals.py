"""As many unknown means as rows, in NumPyro and PyMC."""


def numpyro(data):
    import numpyro
    import numpyro.distributions as dist

    def model(y):
        with numpyro.plate("row", len(y)):
            m = numpyro.sample("m", dist.Normal(0.0, 1.0))
            numpyro.sample("y", dist.Normal(m, 1.0), obs=y)

    return model


def pymc(data, hold):
    import pymc as pm

    rows = len(data["y"])
    with pm.Model() as model:
        data = hold(data)
        m = pm.Normal("m", 0, 1, shape=rows)
        pm.Normal("y_observed", m, 1, observed=data["y"])
    return model
