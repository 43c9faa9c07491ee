"""Ruggedness and income again, by `doc_001.bayes`; maximum likelihood leaves its priors out."""

import bayesdsl as bd
from benchmarks.comparison.documents import HERE


def answers(setting):
    model = bd.compile(HERE / "doc_001.bayes").bind({"nation": setting.rugged})
    point = model.fit("mle", seed=setting.seed, optim="Adam(lr = 0.05)", steps=setting.steps(1500, 20))
    yield "maximum likelihood", point.draws

    length = {"steps": setting.steps(2000, 20), "draws": setting.steps(1000, 20)}
    yield "a guide by hand", model.fit(seed=setting.seed, **length).draws

    auto = model.fit("auto", seed=setting.seed, **length)
    yield "an autoguide", auto.draws

    yield "its predictions", {"income": auto.predict(seed=setting.seed)["log_gdp"][None]}
