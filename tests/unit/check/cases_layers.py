"""Layers that do not fit (BD32x), and what other findings say of them."""

from __future__ import annotations

from cases import case

HEAD = """data point { x = [0.1, 0.7]; y = [1.2, 0.7] }
        """
MATRIX = """data image from "digits.csv" { pixels[pixel] = columns("p*"); y : real }
        plate k = 3
        """


def layer(constructor: str, code: str, text: str, hint: str, right: str | None = None, head: str = HEAD):
    return case(constructor, code, f"\n        {head}{text}\n        ", hint, right)


CASES = (
    layer(
        "unknown_module",
        "BD321",
        """layer f = Linear(1, 3) -> «Tahn» -> Linear(3, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "did you mean `Tanh`?",
        "Tanh",
    ),
    layer(
        "unknown_module",
        "BD321",
        """layer f = Linear(1, 3) -> «Dropout»(0.5) -> Linear(3, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "draws at random in every pass",
    ),
    layer(
        "not_a_module",
        "BD321",
        """layer f = Linear(1, 3) -> «3» { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "a layer is made of modules",
        "Linear(3, 1)",
    ),
    layer(
        "bad_repeat",
        "BD321",
        """layer f = Linear(1, 3) -> (Linear(3, 3) -> Tanh) * «2.5» -> Linear(3, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "* 4",
        "2",
    ),
    layer(
        "several_inside",
        "BD321",
        """layer f = «Linear(1, 3) -> (Tanh, ReLU) -> Linear(3, 1)» { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "the last of the pipeline",
        "Linear(1, 3) -> ReLU -> Linear(3, 1)",
    ),
    layer(
        "setting_missing",
        "BD502",
        """layer f = «Linear(1)» -> Tanh { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "Linear(in_features, out_features, bias)",
        "Linear(1, 1)",
    ),
    layer(
        "too_many_settings",
        "BD502",
        """layer f = Linear(1, 1) -> Tanh(«2») { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "takes no settings",
    ),
    layer(
        "module_setting",
        "BD503",
        """layer f = Linear(1, «2.5») -> Linear(3, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "how many come out",
        "3",
    ),
    layer(
        "module_setting",
        "BD503",
        """layer f = Linear(1, 1) -> Softplus(beta = «-1») { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "how sharp",
        "2",
    ),
    layer(
        "misfit",
        "BD322",
        """layer f = Linear(1, 3) -> Tanh -> «Linear(4, 1)» { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "write `in_features` as 3",
        "Linear(3, 1)",
    ),
    layer(
        "misfit",
        "BD322",
        """layer f : [pixel] -> [k] = «Conv1d(1, 2, 3)» -> Flatten -> Linear(4, k) { weight, bias ~ Normal(0, 1) }
        v ~ Normal(0, 1)
        observe y ~ Normal(sum[k](f(pixels)) + v, 1)""",
        "Unflatten",
        head=MATRIX,
    ),
    layer(
        "misfit",
        "BD322",
        """layer f : [pixel] -> [k] =
            Unflatten(1, [1, 8]) -> «Conv1d(1, 2, 9)» -> Flatten -> Linear(4, k) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(sum[k](f(pixels)), 1)""",
        "one value that goes in is [1, 8]",
        head=MATRIX,
    ),
    layer(
        "inputs_unknown",
        "BD322",
        """layer «f» = Flatten -> Linear(4, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "layer f : [pixel] -> [k]",
    ),
    layer(
        "signature_needed",
        "BD322",
        """layer f = Linear(1, 3) -> «Tanh» { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "let it end in 1",
        "Linear(3, 1)",
    ),
    layer(
        "wrong_output",
        "BD322",
        """layer f : [pixel] -> [k] = Linear(pixel, 3) -> «Linear(3, 4)» { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(sum[k](f(pixels)), 1)""",
        "with the plate's name as the size",
        "Linear(3, k)",
        head=MATRIX,
    ),
    layer(
        "wrong_results",
        "BD322",
        """layer «f» : [pixel] -> [k], [k] = Linear(pixel, 3) -> Linear(3, k) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(sum[k](f(pixels)), 1)""",
        "a list of plates for each branch",
        head=MATRIX,
    ),
    layer(
        "no_such_weight",
        "BD323",
        """layer f = Linear(1, 1, bias = false) { weight ~ Normal(0, 1); «bias» ~ Normal(0, 1) }
        observe y ~ Normal(f(x), 1)""",
        "there are `weight`",
    ),
    layer(
        "weight_form",
        "BD323",
        """layer f : [pixel] -> [k] = Linear(pixel, k) { «weight[k]» ~ Normal(0, 1); bias ~ Normal(0, 1) }
        observe y ~ Normal(sum[k](f(pixels)), 1)""",
        "weight ~ Normal(0, 1)",
        "weight",
        head=MATRIX,
    ),
    layer(
        "vector_prior",
        "BD323",
        """layer f : [pixel] -> [k] = Linear(pixel, k, bias = false) { weight ~ «Dirichlet(k)» }
        observe y ~ Normal(sum[k](f(pixels)), 1)""",
        "a distribution of numbers",
        "Normal(0, 1)",
        head=MATRIX,
    ),
    layer(
        "guide_prior",
        "BD323",
        """a ~ Normal(0, 1)
        observe y ~ Normal(a * x, 1)
        guide q {
            layer g = Linear(1, 1) { «weight ~ Normal(0, 1)» }
            m = mean[point](g(x))
            a ~ Normal(m, 1)
        }
        infer svi(guide = q)""",
        "remove the prior",
        "",
    ),
    layer(
        "as_value",
        "BD324",
        """layer f = Linear(1, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(«f», 1)""",
        "apply it: f(x)",
        "f(x)",
    ),
    layer(
        "wrong_arguments",
        "BD324",
        """layer f = Linear(2, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(«f(x)», 1)""",
        "",
        "f(x, x)",
    ),
    layer(
        "input_plates",
        "BD324",
        """layer f : [pixel] -> [k] = Linear(pixel, k) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(sum[k](f(«y»)), 1)""",
        "before its `->`",
        "pixels",
        head=MATRIX,
    ),
    layer(
        "repeats_output",
        "BD324",
        """layer f : [] -> [pixel] = Linear(1, pixel) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(sum[pixel](«f(pixels)»), 1)""",
        "another plate",
        head=MATRIX,
    ),
    layer(
        "results_asked",
        "BD324",
        """layer f : [pixel] -> [k], [k] = Flatten -> (Linear(pixel, k), Linear(pixel, k)) { weight ~ Normal(0, 1) }
        a = «f(pixels)»
        observe y ~ Normal(sum[k](a), 1)""",
        "write: k_1, k_2 = f(pixel)",
        head=MATRIX,
    ),
    layer(
        "weights_without_priors",
        "BD506",
        """layer f = Linear(1, 3) -> Tanh -> Linear(3, 1)
        s ~ HalfNormal(1)
        observe y ~ Normal(f(x), s)
        infer «nuts(chains = 4)»""",
        "give them one",
        "svi(steps = 100)",
    ),
    layer(
        "guide_of_weights",
        "BD507",
        """layer f = Linear(1, 3) -> Tanh -> Linear(3, 1) { weight, bias ~ Normal(0, 1) }
        s ~ HalfNormal(1)
        observe y ~ Normal(f(x), s)
        guide «q» { s : AutoDelta }
        infer svi(guide = q)""",
        "f : AutoNormal",
    ),
)
