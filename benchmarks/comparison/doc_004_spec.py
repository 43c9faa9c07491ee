"""A coin three ways, two sparse regressions, a variational autoencoder, by the specs of these names."""

import bayesdsl as bd


def answers(setting):
    seed, specs = setting.seed, setting.specs
    coin = bd.compile(specs / "coin.bayes").bind({"toss": specs / "toss.csv"})
    yield "coin, guide by hand", coin.fit(seed=seed, steps=setting.steps(1000, 400)).draws

    yield "coin, autoguide", coin.fit("auto", seed=seed, steps=setting.steps(1000, 800)).draws

    yield "coin, NUTS", coin.fit("exact", seed=seed, draws=setting.steps(2000, 300)).draws

    steps, rate = setting.steps(5000, 500), setting.rate(0.01)
    gaussian = bd.compile(specs / "gaussian.bayes")
    yield "Gaussian prior", gaussian.fit(seed=seed, steps=steps, optim=f"Adam(lr = {rate})").draws

    steps = setting.steps(5000, 500)
    horseshoe = bd.compile(specs / "horseshoe.bayes").fit(seed=seed, steps=steps, optim=f"Adam(lr = {rate})")
    yield "horseshoe", horseshoe.draws

    vae = bd.compile(specs / "vae.bayes").fit(seed=seed, steps=setting.steps(1500, 20), draws=1)
    yield "variational autoencoder", {"loss per image": vae.posterior.losses[-100:].mean() / 1797}
