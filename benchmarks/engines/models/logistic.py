"""Logistic regression with an intercept, in NumPyro and PyMC."""


def numpyro(data):
    import numpyro
    import numpyro.distributions as dist

    def model(x, y):
        a = numpyro.sample("a", dist.Normal(0.0, 1.0))
        b = numpyro.sample("b", dist.Normal(0.0, 1.0).expand([x.shape[1]]).to_event(1))
        numpyro.sample("y", dist.Bernoulli(logits=a + x @ b), obs=y)

    return model


def pymc(data, hold):
    import pymc as pm

    features = data["x"].shape[1]
    with pm.Model() as model:
        data = hold(data)
        a = pm.Normal("a", 0, 1)
        b = pm.Normal("b", 0, 1, shape=features)
        pm.Bernoulli("y_observed", logit_p=a + data["x"] @ b, observed=data["y"])
    return model
