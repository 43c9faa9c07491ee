"""What the checker can find in layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bayesdsl.catalogue.rows import Module, Setting, SettingKind
from bayesdsl.check.errors.words import did_you_mean, plate_set, quoted
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.model import ir
from bayesdsl.source import Source, Span
from bayesdsl.types.sizes import Misfit, Sizes


def shown(sizes: Sizes) -> str:
    """The sizes of one value as a reader says them."""
    if not sizes:
        return "one number"
    return f"[{', '.join('?' if size is None else str(size) for size in sizes)}]"


# Pipelines


def not_a_module(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD321",
        "this is not a module of torch.nn",
        source,
        Label(span),
        hint="a layer is made of modules: Linear(1, 10) -> Tanh -> Linear(10, 1)",
    )


def unknown_module(source: Source, span: Span, name: str, left_out: str | None, near: str | None) -> Diagnostic:
    if left_out is not None:
        reason = f"{left_out[0].lower()}{left_out[1:].rstrip('.')}"
        return Diagnostic("BD321", f"`{name}` cannot be part of a layer", source, Label(span), hint=reason)
    hint = did_you_mean(near, "the modules are torch.nn's: Linear, Conv2d, Tanh, ReLU, Flatten, ..")
    return Diagnostic("BD321", f"there is no module `{name}`", source, Label(span), hint=hint)


def bad_repeat(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD321",
        "a part of a layer is repeated a whole number of times",
        source,
        Label(span),
        hint="write: (Linear(10, 10) -> Tanh) * 4",
    )


def several_inside(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD321",
        "a layer parts only at its end",
        source,
        Label(span),
        hint="let `( .., .. )` be the last of the pipeline: one branch for each result",
    )


def too_many_settings(source: Source, span: Span, row: Module) -> Diagnostic:
    written = ", ".join(setting.name for setting in row.settings)
    hint = f"{row.name}({written})" if written else f"{row.name} takes no settings"
    return Diagnostic("BD502", f"{row.name} has no such setting", source, Label(span), hint=hint)


def module_setting(source: Source, span: Span, row: Module, setting: Setting, reason: str) -> Diagnostic:
    doc = f"{setting.doc[0].lower()}{setting.doc[1:].rstrip('.')}"
    return Diagnostic("BD503", f"`{setting.name}` of {row.name} {reason}", source, Label(span), hint=doc)


SIZE_PROBLEMS = {
    SettingKind.SIZE: "must be a whole number or a plate, as in Linear(pixel, 400)",
    SettingKind.SIZES: "must be sizes, as in [1, 8, 8]: whole numbers or plates",
}

# What each kind of misfit means, by the setting or dimension that does not fit.
_NOTHING_LEFT = {
    "extent": "the window is larger than what goes in, {found}: nothing would be left",
    "groups": "{found} channels cannot be split into this many groups",
    "num_groups": "{found} channels cannot be split into this many groups",
    "upscale_factor": "{found} channels are not enough to be spread out",
    "dim": "a dimension is asked for that one value does not have",
}


def misfit(source: Source, span: Span, row: Module, found: Misfit, before: Sizes, first: bool) -> Diagnostic:
    if found.dims and found.wanted is not None:
        said = f"takes values with {found.wanted} dimension{'' if found.wanted == 1 else 's'}"
        message, hint = f"{row.name} {said}, and one value here is {shown(before)}", _reshape_hint(found.wanted)
    elif found.wanted is None:
        words = _NOTHING_LEFT[found.what].format(found=found.found)
        message, hint = f"{row.name} does not fit: {words}", f"one value that goes in is {shown(before)}"
    else:
        where = "goes in" if first else "comes from the module before"
        message = f"{row.name} takes {found.wanted}, and {found.found} {where}"
        hint = f"write `{found.what}` as {found.found}, or change what goes in"
    return Diagnostic("BD322", message, source, Label(span), hint=hint)


def _reshape_hint(wanted: object) -> str:
    return "Flatten makes one dimension of several" if wanted == 1 else "Unflatten makes several dimensions of one"


def signature_needed(source: Source, span: Span, outputs: Sizes) -> Diagnostic:
    return Diagnostic(
        "BD322",
        f"the layer gives {shown(outputs)}, and without a signature it has to give one number",
        source,
        Label(span),
        hint="say over which plates it runs: layer f : [feature] -> [k] = .., or let it end in 1",
    )


def inputs_unknown(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD322",
        f"what goes into `{name}` is not said",
        source,
        Label(span),
        hint="say over which plates it runs: layer f : [pixel] -> [k] = ..",
    )


def wrong_output(source: Source, span: Span, wanted: ir.Plates, sizes: Sizes) -> Diagnostic:
    asked = f"[{', '.join(wanted)}]"
    return Diagnostic(
        "BD322",
        f"the layer is said to give {asked}, and gives {shown(sizes)}",
        source,
        Label(span),
        hint="let the last module give as many, with the plate's name as the size",
    )


def wrong_results(source: Source, span: Span, said: int, given: int) -> Diagnostic:
    return Diagnostic(
        "BD322",
        f"the layer is said to give {said} result{'s' if said > 1 else ''}, and gives {given}",
        source,
        Label(span),
        hint="after `->` a list of plates for each branch: [k], [k] = .. -> (Linear(10, k), Linear(10, k))",
    )


# Priors


def no_such_weight(source: Source, span: Span, name: str, layer: str, known: Sequence[str]) -> Diagnostic:
    hint = f"there are {quoted(known)}" if known else "its modules have no weights"
    return Diagnostic("BD323", f"no module of `{layer}` has a `{name}`", source, Label(span), hint=hint)


def weight_form(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD323",
        "a prior of a layer speaks of all weights of a name",
        source,
        Label(span),
        hint="write: weight ~ Normal(0, 1)",
    )


def vector_prior(source: Source, span: Span, dist: str) -> Diagnostic:
    return Diagnostic(
        "BD323",
        f"{dist} is of whole vectors, and weights are independent numbers",
        source,
        Label(span),
        hint="take a distribution of numbers: weight ~ Normal(0, 1)",
    )


# Calls


def as_value(source: Source, span: Span, layer: ir.Layer) -> Diagnostic:
    return Diagnostic(
        "BD324",
        f"`{layer.name}` is a layer, not a value",
        source,
        Label(span),
        (Label(layer.span, "declared here"),),
        hint=f"apply it: {_call(layer)}",
    )


def _call(layer: ir.Layer) -> str:
    return f"{layer.name}({', '.join(plates[0] if plates else 'x' for plates in layer.inputs)})"


def wrong_arguments(source: Source, span: Span, layer: ir.Layer, given: int) -> Diagnostic:
    wanted = len(layer.inputs)
    return Diagnostic(
        "BD324",
        f"`{layer.name}` takes {wanted} value{'s' if wanted > 1 else ''}, and {given} {'are' if given > 1 else 'is'} "
        "given",
        source,
        Label(span),
        (Label(layer.span, "declared here"),),
    )


def input_plates(source: Source, span: Span, layer: ir.Layer, plates: ir.Plates, found: ir.Plates) -> Diagnostic:
    return Diagnostic(
        "BD324",
        f"`{layer.name}` takes a value over {plate_set(plates)}, and this one is over {plate_set(found)}",
        source,
        Label(span),
        (Label(layer.span, "declared here"),),
        hint="give it a value over the plates that stand before its `->`",
    )


def repeats_output(source: Source, span: Span, layer: ir.Layer, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD324",
        f"`{layer.name}` gives a value over `{plate}`, over which this one varies already",
        source,
        Label(span),
        (Label(layer.span, "declared here"),),
        hint="declare another plate for what the layer gives",
    )


def results_asked(source: Source, span: Span, layer: ir.Layer, asked: int) -> Diagnostic:
    names = ", ".join(f"{plates[0]}_{i + 1}" if plates else f"v{i + 1}" for i, plates in enumerate(layer.outputs))
    given = len(layer.outputs)
    return Diagnostic(
        "BD324",
        f"`{layer.name}` gives {given} result{'s' if given > 1 else ''}, and {asked} {'is' if asked == 1 else 'are'} "
        "asked for",
        source,
        Label(span),
        (Label(layer.span, "declared here"),),
        hint=f"write: {names} = {_call(layer)}" if given > 1 else f"write: v = {_call(layer)}",
    )


def weights_without_priors(source: Source, span: Span, engine: str, layer: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD506",
        f"{engine} draws from a posterior, and the weights of `{layer}` have no prior",
        source,
        Label(span),
        (Label(declared, "its weights are learned"),),
        hint=f"give them one, layer {layer} = .. {{ weight ~ Normal(0, 1); bias ~ Normal(0, 1) }}, or run svi",
    )


def guide_prior(source: Source, span: Span, layer: str) -> Diagnostic:
    return Diagnostic(
        "BD323",
        f"`{layer}` is a layer of a guide, and its weights are learned",
        source,
        Label(span),
        hint="remove the prior: a guide draws the latents of the model and nothing else",
    )


def guide_of_weights(source: Source, span: Span, guide: str, layers: Mapping[str, Span], by_hand: bool) -> Diagnostic:
    names = list(layers)
    hint = (
        f"weights have no statements of their own: use a mapping to autoguides, {names[0]} : AutoNormal"
        if by_hand
        else f"cover them by the layer's name: {names[0]} : AutoNormal"
    )
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` says nothing of the weights of {quoted(names)}",
        source,
        Label(span),
        tuple(Label(place, "not in the guide") for place in list(layers.values())[:4]),
        hint=hint,
    )
