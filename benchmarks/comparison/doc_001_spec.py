"""Ruggedness and income again, by `doc_001_params.bayes` and `doc_001.bayes`."""

import bayesdsl as bd
from benchmarks.comparison.documents import HERE


def answers(setting):
    data = {"nation": setting.rugged}
    point = bd.compile(HERE / "doc_001_params.bayes").fit(data=data, seed=setting.seed, steps=setting.steps(1500, 20))
    yield "maximum likelihood", point.draws

    model = bd.compile(HERE / "doc_001.bayes").bind(data)
    length = {"steps": setting.steps(2000, 20), "draws": setting.steps(1000, 20)}
    yield "a guide by hand", model.fit(seed=setting.seed, **length).draws

    auto = model.fit("auto", seed=setting.seed, **length)
    income = auto.predict(seed=setting.seed)["log_gdp"][None]
    yield "an autoguide, and predictions", {**auto.draws, "income": income}
