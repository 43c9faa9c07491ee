"""One linear model, answered three ways, by `linear.bayes`."""

import bayesdsl as bd


def answers(setting):
    linear = bd.compile(setting.specs / "linear.bayes").bind()
    yield "SGD", linear.fit("sgd", seed=setting.seed, steps=setting.steps(8000, 20)).draws

    yield "Adam on the posterior", linear.fit("mode", seed=setting.seed, steps=setting.steps(10000, 20)).draws

    chain = linear.fit(seed=setting.seed, chains=1, warmup=setting.steps(500, 5), draws=setting.steps(500, 5))
    yield "NUTS", chain.draws
