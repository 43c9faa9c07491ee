"""How modules of torch.nn change the sizes of one value, and how large their weights are.

Conv2d(1, 16, 3) of one value of (1, 28, 28)   ->   (16, 26, 26), and a weight of (16, 1, 3, 3)

The formulas are those of torch's documentation. Dimensions of settings count the rows as dimension 0.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from bayesdsl.types.sizes import Count, Misfit, Sizes, differ, product

Settings = dict[str, object]


def _fits(what: str, wanted: Count | None, found: Count | None) -> None:
    if differ(wanted, found):
        raise Misfit(what, wanted, found)


def _has_dims(before: Sizes, wanted: int) -> None:
    if len(before) != wanted:
        raise Misfit("dims", wanted, len(before), dims=True)


def each(value: object, dims: int) -> tuple[int, ...]:
    """A setting that may be given once for all dimensions, for each of them."""
    return value if isinstance(value, tuple) else (value,) * dims


def _along(sizes: Sizes, one: Callable[[int, int], int]) -> Sizes:
    """Sizes computed along each dimension from its number and its size; None where that is not known."""
    found: list[Count | None] = []
    for i, size in enumerate(sizes):
        number = size.known if size is not None else None
        if number is None:
            found.append(None)
            continue
        after = one(i, number)
        if after < 1:
            raise Misfit("extent", None, size)
        found.append(Count(after))
    return tuple(found)


def at(before: Sizes, dim: int) -> int:
    """The position among one value's sizes of a dimension that counts the rows as dimension 0."""
    position = dim - 1 if dim > 0 else dim + len(before)
    if dim == 0 or not 0 <= position < len(before):
        raise Misfit("dim", None, dim, dims=True)
    return position


# Linear, embeddings, normalisation


def linear(before: Sizes, given: Settings) -> Sizes:
    if not before:
        raise Misfit("dims", 1, 0, dims=True)
    _fits("in_features", given["in_features"], before[-1])
    return (*before[:-1], given["out_features"])


def linear_weights(given: Settings) -> tuple[tuple[str, Sizes], ...]:
    weight = ("weight", (given["out_features"], given["in_features"]))
    return (weight, ("bias", (given["out_features"],))) if given["bias"] else (weight,)


def embedding(before: Sizes, given: Settings) -> Sizes:
    return (*before, given["embedding_dim"])


def embedding_weights(given: Settings) -> tuple[tuple[str, Sizes], ...]:
    return (("weight", (given["num_embeddings"], given["embedding_dim"])),)


def layer_norm(before: Sizes, given: Settings) -> Sizes:
    shape = given["normalized_shape"]
    if len(before) < len(shape):
        raise Misfit("dims", len(shape), len(before), dims=True)
    for wanted, found in zip(shape, before[-len(shape) :], strict=True):
        _fits("normalized_shape", wanted, found)
    return before


def layer_norm_weights(given: Settings) -> tuple[tuple[str, Sizes], ...]:
    if not given["elementwise_affine"]:
        return ()
    weight = ("weight", given["normalized_shape"])
    return (weight, ("bias", given["normalized_shape"])) if given.get("bias", False) else (weight,)


def group_norm(before: Sizes, given: Settings) -> Sizes:
    if not before:
        raise Misfit("dims", 1, 0, dims=True)
    channels = given["num_channels"]
    _fits("num_channels", channels, before[0])
    if channels.known is not None and channels.known % given["num_groups"]:
        raise Misfit("num_groups", None, channels)
    return before


def group_norm_weights(given: Settings) -> tuple[tuple[str, Sizes], ...]:
    channels = (given["num_channels"],)
    return (("weight", channels), ("bias", channels)) if given["affine"] else ()


def prelu_weights(given: Settings) -> tuple[tuple[str, Sizes], ...]:
    return (("weight", (given["num_parameters"],)),)


def prelu(before: Sizes, given: Settings) -> Sizes:
    if given["num_parameters"] != Count(1):
        if not before:
            raise Misfit("dims", 1, 0, dims=True)
        _fits("num_parameters", given["num_parameters"], before[0])
    return before


# Convolutions and pools


def convolution(dims: int) -> Callable[[Sizes, Settings], Sizes]:
    def sizes(before: Sizes, given: Settings) -> Sizes:
        _has_dims(before, dims + 1)
        _fits("in_channels", given["in_channels"], before[0])
        kernel, stride, dilation = (each(given[name], dims) for name in ("kernel_size", "stride", "dilation"))
        if given["padding"] == "same":
            return (given["out_channels"], *before[1:])
        padding = each(0 if given["padding"] == "valid" else given["padding"], dims)

        def one(i: int, n: int) -> int:
            return (n + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1

        return (given["out_channels"], *_along(before[1:], one))

    return sizes


def transposed(dims: int) -> Callable[[Sizes, Settings], Sizes]:
    def sizes(before: Sizes, given: Settings) -> Sizes:
        _has_dims(before, dims + 1)
        _fits("in_channels", given["in_channels"], before[0])
        names = ("kernel_size", "stride", "dilation", "padding", "output_padding")
        kernel, stride, dilation, padding, extra = (each(given[name], dims) for name in names)

        def one(i: int, n: int) -> int:
            return (n - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + extra[i] + 1

        return (given["out_channels"], *_along(before[1:], one))

    return sizes


def convolution_weights(dims: int, transposed: bool) -> Callable[[Settings], tuple[tuple[str, Sizes], ...]]:
    def weights(given: Settings) -> tuple[tuple[str, Sizes], ...]:
        first, second = given["out_channels"], given["in_channels"]
        if transposed:
            first, second = second, first
        share = second.over(given["groups"])
        if share is None or first.over(given["groups"]) is None:
            raise Misfit("groups", None, second if share is None else first)
        kernel = tuple(Count(extent) for extent in each(given["kernel_size"], dims))
        weight = ("weight", (first, share, *kernel))
        return (weight, ("bias", (given["out_channels"],))) if given["bias"] else (weight,)

    return weights


def pool(dims: int) -> Callable[[Sizes, Settings], Sizes]:
    def sizes(before: Sizes, given: Settings) -> Sizes:
        _has_dims(before, dims + 1)
        kernel = each(given["kernel_size"], dims)
        stride = each(given["stride"] if given["stride"] is not None else given["kernel_size"], dims)
        padding, dilation = each(given.get("padding", 0), dims), each(given.get("dilation", 1), dims)

        def one(i: int, n: int) -> int:
            steps = (n + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]
            if not given["ceil_mode"]:
                return int(steps // 1) + 1
            found = ceil(steps) + 1
            # The last window has to start inside the value or its padding on the left.
            return found - 1 if (found - 1) * stride[i] >= n + padding[i] else found

        return (before[0], *_along(before[1:], one))

    return sizes


def adaptive(dims: int) -> Callable[[Sizes, Settings], Sizes]:
    def sizes(before: Sizes, given: Settings) -> Sizes:
        _has_dims(before, dims + 1)
        return (before[0], *(Count(n) for n in each(given["output_size"], dims)))

    return sizes


def padded(dims: int) -> Callable[[Sizes, Settings], Sizes]:
    def sizes(before: Sizes, given: Settings) -> Sizes:
        _has_dims(before, dims + 1)
        padding = each(given["padding"], 2 * dims)
        if len(padding) != 2 * dims:
            raise Misfit("padding", 2 * dims, len(padding), dims=True)
        # Torch's list begins with the last dimension.
        return (before[0], *_along(before[1:], lambda i, n: n + sum(padding[2 * (dims - 1 - i) :][:2])))

    return sizes


def upsample(before: Sizes, given: Settings) -> Sizes:
    if not 2 <= len(before) <= 4:
        raise Misfit("dims", 2, len(before), dims=True)
    return (before[0], *_along(before[1:], lambda i, n: int(n * given["scale_factor"])))


def pixel_shuffle(before: Sizes, given: Settings) -> Sizes:
    _has_dims(before, 3)
    factor = given["upscale_factor"]
    channels = before[0].over(factor**2) if before[0] is not None else None
    if before[0] is not None and channels is None:
        raise Misfit("upscale_factor", None, before[0])
    return (channels, *_along(before[1:], lambda i, n: n * factor))


# Shapes


def flatten(before: Sizes, given: Settings) -> Sizes:
    if not before:
        raise Misfit("dims", 1, 0, dims=True)
    first, last = at(before, given["start_dim"]), at(before, given["end_dim"])
    if first > last:
        raise Misfit("dim", None, given["end_dim"], dims=True)
    return (*before[:first], product(before[first : last + 1]), *before[last + 1 :])


def unflatten(before: Sizes, given: Settings) -> Sizes:
    position = at(before, given["dim"])
    shape = given["unflattened_size"]
    found = before[position]
    if found is not None and found.known is not None:
        # Of a plate that only the data count, numbers may well be the sides.
        _fits("unflattened_size", product(shape), found)
    return (*before[:position], *shape, *before[position + 1 :])


def along(before: Sizes, given: Settings) -> Sizes:
    """Functions along one dimension."""
    at(before, given["dim"])
    return before


def gated(before: Sizes, given: Settings) -> Sizes:
    position = at(before, given["dim"])
    half = before[position].over(2) if before[position] is not None else None
    if before[position] is not None and half is None:
        raise Misfit("dim", None, before[position])
    return (*before[:position], half, *before[position + 1 :])


# Recurrent layers


def recurrent(before: Sizes, given: Settings) -> Sizes:
    _has_dims(before, 2)
    _fits("input_size", given["input_size"], before[1])
    return (before[0], given["hidden_size"] * (2 if given["bidirectional"] else 1))


def recurrent_weights(gates: int) -> Callable[[Settings], tuple[tuple[str, Sizes], ...]]:
    def weights(given: Settings) -> tuple[tuple[str, Sizes], ...]:
        hidden, directions = given["hidden_size"], 2 if given["bidirectional"] else 1
        tall, found = hidden * gates, []
        for layer in range(given["num_layers"]):
            width = given["input_size"] if layer == 0 else hidden * directions
            for direction in range(directions):
                end = f"l{layer}{'_reverse' if direction else ''}"
                found += [(f"weight_ih_{end}", (tall, width)), (f"weight_hh_{end}", (tall, hidden))]
                if given["bias"]:
                    found += [(f"bias_ih_{end}", (tall,)), (f"bias_hh_{end}", (tall,))]
        return tuple(found)

    return weights
