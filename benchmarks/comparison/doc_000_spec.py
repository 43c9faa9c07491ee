"""Ruggedness and income, by `doc_000.bayes`: a point, a posterior, predictions, and a module to serve them."""

import torch

import bayesdsl as bd
from benchmarks.comparison.documents import HERE


def answers(setting):
    model = bd.compile(HERE / "doc_000.bayes").bind({"nation": setting.rugged})
    point = model.fit("point", seed=setting.seed, steps=setting.steps(1500, 20)).draws
    yield "the point", {"weight": point["linear.0.weight"], "bias": point["linear.0.bias"]}

    fit = model.fit(seed=setting.seed, steps=setting.steps(1500, 20))
    weight, predicted = fit["linear.0.weight"].reshape(1, 800, 3), fit.predict(seed=setting.seed)
    found = {"weight": weight, "bias": fit["linear.0.bias"], "sigma": fit["sigma"]}
    found |= {"slope in Africa": weight[..., 1] + weight[..., 2], "slope elsewhere": weight[..., 1]}
    found |= {"mean": predicted["mean"][None], "income": predicted["log_gdp"][None]}
    yield "the posterior and its predictions", found

    path = fit.predictor().save(setting.folder / "served.pt")
    served = torch.jit.load(path)
    africa, rugged = model.inputs["x"][:, 0], model.inputs["x"][:, 1]
    draws = served.draws({"cont_africa": africa, "rugged": rugged}, {}, setting.seed)
    yield "the served module", {"income": draws["log_gdp"][None]}
