"""A coin three ways, two sparse regressions, a variational autoencoder, by the specs of these names."""

import bayesdsl as bd


def answers(setting):
    seed, specs = setting.seed, setting.specs
    coin = bd.compile(specs / "coin.bayes").bind({"toss": specs / "toss.csv"})
    length = {"steps": setting.steps(1000, 20), "draws": setting.steps(1000, 20)}
    yield "coin, guide by hand", coin.fit(seed=seed, **length).draws

    yield "coin, autoguide", coin.fit("auto", seed=seed, **length).draws

    length = {"warmup": setting.steps(500, 5), "draws": setting.steps(2000, 20)}
    yield "coin, NUTS", coin.fit("exact", seed=seed, **length).draws

    length = {"steps": setting.steps(3000, 20), "draws": setting.steps(1000, 20)}
    gaussian = bd.compile(specs / "gaussian.bayes")
    yield "Gaussian prior", gaussian.fit(seed=seed, optim="Adam(lr = 0.01)", **length).draws

    horseshoe = bd.compile(specs / "horseshoe.bayes")
    yield "horseshoe", horseshoe.fit(seed=seed, optim="Adam(lr = 0.01)", **length).draws

    vae = bd.compile(specs / "vae.bayes").fit(seed=seed, steps=setting.steps(600, 20), draws=1)
    yield "variational autoencoder", {"loss per image": vae.posterior.losses[-100:].mean() / 1797}
