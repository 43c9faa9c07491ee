"""Bayesian networks, by `bnn.bayes` and `deep_bnn.bayes`: by NUTS and by SVI, and updated with new points."""

import bayesdsl as bd

GRID = {"x": "-0.5:1.5:3000"}


def answers(setting):
    shallow, deep = (bd.compile(setting.specs / name) for name in ("bnn.bayes", "deep_bnn.bayes"))

    def curves(fit):
        draws = fit.predict(grid=GRID, seed=setting.seed).draws
        return setting.at(GRID["x"], {"mean": draws["curve"][None], "y": draws["y"][None]})

    chain = {"chains": 1, "warmup": setting.steps(50, 10), "draws": setting.steps(50, 10)}
    yield "one hidden layer, NUTS", curves(shallow.fit(seed=setting.seed, **chain))

    chain = {"chains": 1, "warmup": setting.steps(10, 2), "draws": setting.steps(10, 2)}
    yield "five hidden layers, NUTS", curves(deep.fit("sampled", seed=setting.seed, **chain))

    yield "five hidden layers, SVI", curves(deep.fit(seed=setting.seed, steps=setting.steps(5000, 100), draws=500))

    svi = {"guide": "AutoDiagonalNormal", "steps": setting.steps(5000, 100), "seed": setting.seed}
    first = shallow.fit("svi", **svi)
    new = {"point": setting.specs / "curve_new.csv"}
    yield "updating with new points", curves(shallow.fit("svi", data=new, prior_from=first, **svi))
