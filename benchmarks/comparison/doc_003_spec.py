"""Bayesian networks, by `bnn.bayes` and `deep_bnn.bayes`: by NUTS and by SVI, and updated with new points."""

import bayesdsl as bd

GRID = {"x": "-0.5:1.5:3000"}


def answers(setting):
    shallow, deep = (bd.compile(setting.specs / name) for name in ("bnn.bayes", "deep_bnn.bayes"))

    def curves(fit):
        predicted = fit.predict(grid=GRID, seed=setting.seed)
        return setting.at(predicted.rows["x"], {"mean": predicted["curve"][None], "y": predicted["y"][None]})

    depth = setting.steps(7, 3)
    chain = {"chains": 1, "warmup": setting.steps(25, 5), "draws": setting.steps(25, 5), "max_tree_depth": depth}
    yield "one hidden layer, NUTS", curves(shallow.fit(seed=setting.seed, **chain))

    length = {"steps": setting.steps(1000, 20), "draws": setting.steps(300, 20)}
    yield "five hidden layers, SVI", curves(deep.fit(seed=setting.seed, **length))

    first = shallow.fit("svi", guide="AutoDiagonalNormal", seed=setting.seed, **length)
    new = {"point": setting.specs / "curve_new.csv"}
    second = shallow.fit("svi", data=new, prior_from=first, guide="AutoDiagonalNormal", seed=setting.seed, **length)
    yield "updating with new points", curves(second)
