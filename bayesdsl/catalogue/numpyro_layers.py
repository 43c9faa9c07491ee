"""What JAX has for the functions of torch that layers apply, as Python.

`FORMS` are expressions: of several for one function, the first that takes the arguments which are given. `HELPERS` are
functions with the arguments of torch's, which a program brings along where it uses them.
"""

from __future__ import annotations

from bayesdsl.catalogue.numpyro import Missing

FORMS: dict[str, tuple[str, ...]] = {
    "F.celu": ("lambda x, alpha=1.0: jax.nn.celu(x, alpha)",),
    "F.elu": ("lambda x, alpha=1.0: jax.nn.elu(x, alpha)",),
    "F.embedding": ("lambda x, weight: weight[x]",),
    # Torch names the approximation only where it is not exact, and JAX takes it unless told not to.
    "F.gelu": ("lambda x: jax.nn.gelu(x, approximate=False)", "lambda x, approximate: jax.nn.gelu(x)"),
    "F.glu": ("lambda x, dim: jax.nn.glu(x, dim)",),
    "F.hardshrink": ("lambda x, lambd=0.5: jnp.where(jnp.abs(x) > lambd, x, 0.0)",),
    "F.hardsigmoid": ("lambda x: jax.nn.hard_sigmoid(x)",),
    "F.hardswish": ("lambda x: jax.nn.hard_swish(x)",),
    "F.hardtanh": ("lambda x, min_val=-1.0, max_val=1.0: jnp.clip(x, min_val, max_val)",),
    "F.leaky_relu": ("lambda x, negative_slope=0.01: jax.nn.leaky_relu(x, negative_slope)",),
    "F.linear": ("lambda x, weight: x @ weight.T", "lambda x, weight, bias: x @ weight.T + bias"),
    "F.log_softmax": ("lambda x, dim: jax.nn.log_softmax(x, dim)",),
    "F.logsigmoid": ("lambda x: jax.nn.log_sigmoid(x)",),
    "F.mish": ("lambda x: jax.nn.mish(x)",),
    "F.prelu": ("lambda x, weight: jnp.where(x > 0, x, x * weight.reshape((-1,) + (1,) * (x.ndim - 2)))",),
    "F.relu6": ("lambda x: jax.nn.relu6(x)",),
    "F.selu": ("lambda x: jax.nn.selu(x)",),
    "F.silu": ("lambda x: jax.nn.silu(x)",),
    "F.softmax": ("lambda x, dim: jax.nn.softmax(x, dim)",),
    "F.softmin": ("lambda x, dim: jax.nn.softmax(-x, dim)",),
    "F.softplus": (
        "lambda x: jax.nn.softplus(x)",
        "lambda x, beta=1.0, threshold=20.0: jnp.where(beta * x > threshold, x, jax.nn.softplus(beta * x) / beta)",
    ),
    "F.softshrink": ("lambda x, lambd=0.5: jnp.sign(x) * jnp.maximum(jnp.abs(x) - lambd, 0.0)",),
    "F.softsign": ("lambda x: jax.nn.soft_sign(x)",),
    "F.tanhshrink": ("lambda x: x - jnp.tanh(x)",),
    "F.threshold": ("lambda x, threshold, value: jnp.where(x > threshold, x, value)",),
    "torch.cat": ("lambda parts, dim: jnp.concatenate(parts, dim)",),
    "torch.zeros_like": ("lambda x: jnp.zeros_like(x)",),
}

# Torch's functions by the helper that stands for them.
CALLS: dict[str, str] = {
    **{f"F.conv{dims}d": "convolve" for dims in (1, 2, 3)},
    **{f"F.max_pool{dims}d": "max_pool" for dims in (1, 2, 3)},
    **{f"F.avg_pool{dims}d": "avg_pool" for dims in (1, 2, 3)},
    "F.group_norm": "group_norm",
    "F.layer_norm": "layer_norm",
    "F.pad": "pad",
    "F.rms_norm": "rms_norm",
    "torch.flatten": "flatten",
    "torch.unflatten": "unflatten",
}

HELPERS: dict[str, str] = {
    "expand": '''
        def expand(value, sizes):
            """A view of an array with these sizes; -1 leaves a dimension as it is."""
            shape = (1,) * (len(sizes) - jnp.ndim(value)) + jnp.shape(value)
            return jnp.broadcast_to(value, tuple(map(max, shape, sizes)))
        ''',
    "uniform_start": '''
        def uniform_start(key, shape, inputs):
            """Where torch's modules start: within one over the root of the number of inputs."""
            return jax.random.uniform(key, shape, minval=-(inputs**-0.5), maxval=inputs**-0.5)
        ''',
    "flatten": '''
        def flatten(x, start_dim, end_dim):
            """The dimensions from one to another, counted from the right, as one."""
            return x.reshape(x.shape[:start_dim] + (-1,) + x.shape[x.ndim + end_dim + 1 :])
        ''',
    "unflatten": '''
        def unflatten(x, dim, sizes):
            """A dimension, counted from the right, as several."""
            return x.reshape(x.shape[:dim] + tuple(sizes) + x.shape[x.ndim + dim + 1 :])
        ''',
    "layer_norm": '''
        def layer_norm(x, shape, weight=None, bias=None, eps=1e-05):
            """Values with mean 0 and variance 1 over the last dimensions, scaled and moved."""
            dims = tuple(range(-len(shape), 0))
            x = (x - x.mean(dims, keepdims=True)) / jnp.sqrt(x.var(dims, keepdims=True) + eps)
            x = x if weight is None else x * weight
            return x if bias is None else x + bias
        ''',
    "rms_norm": '''
        def rms_norm(x, shape, weight=None, eps=None):
            """Values divided by the root of their mean square over the last dimensions, scaled."""
            squares = jnp.square(x).mean(tuple(range(-len(shape), 0)), keepdims=True)
            x = x / jnp.sqrt(squares + (jnp.finfo(x.dtype).eps if eps is None else eps))
            return x if weight is None else x * weight
        ''',
    "group_norm": '''
        def group_norm(x, groups, weight=None, bias=None, eps=1e-05):
            """Values with mean 0 and variance 1 within each group of channels, scaled and moved."""
            grouped = x.reshape((x.shape[0], groups, -1))
            mean = grouped.mean(-1, keepdims=True)
            grouped = (grouped - mean) / jnp.sqrt(grouped.var(-1, keepdims=True) + eps)
            x = grouped.reshape(x.shape)
            channels = (-1,) + (1,) * (x.ndim - 2)
            x = x if weight is None else x * weight.reshape(channels)
            return x if bias is None else x + bias.reshape(channels)
        ''',
    "each": '''
        def each(value, x):
            """A setting for each dimension of a value to the right of its channels."""
            return (value,) * (x.ndim - 2) if isinstance(value, int) else tuple(value)
        ''',
    "convolve": '''
        def convolve(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
            """A convolution, with weights as torch has them."""
            sides = [] if isinstance(padding, str) else list(zip(each(padding, x), each(padding, x)))
            x = jax.lax.conv_general_dilated(
                x,
                weight,
                each(stride, x),
                padding.upper() if isinstance(padding, str) else sides,
                rhs_dilation=each(dilation, x),
                feature_group_count=groups,
            )
            return x if bias is None else x + bias.reshape((-1,) + (1,) * (x.ndim - 2))
        ''',
    "max_pool": '''
        def max_pool(x, kernel_size, stride=None, padding=0, dilation=1):
            """The largest of each window."""
            return jax.lax.reduce_window(
                x,
                -jnp.inf,
                jax.lax.max,
                (1, 1) + each(kernel_size, x),
                (1, 1) + each(kernel_size if stride is None else stride, x),
                [(0, 0), (0, 0)] + list(zip(each(padding, x), each(padding, x))),
                window_dilation=(1, 1) + each(dilation, x),
            )
        ''',
    "avg_pool": '''
        def avg_pool(x, kernel_size, stride=None, padding=0, count_include_pad=True):
            """The mean of each window."""
            window = (1, 1) + each(kernel_size, x)
            strides = (1, 1) + each(kernel_size if stride is None else stride, x)
            sides = [(0, 0), (0, 0)] + list(zip(each(padding, x), each(padding, x)))
            total = jax.lax.reduce_window(x, 0.0, jax.lax.add, window, strides, sides)
            inside = jax.lax.reduce_window(jnp.ones_like(x), 0.0, jax.lax.add, window, strides, sides)
            return total / (jnp.prod(jnp.array(window)) if count_include_pad else inside)
        ''',
    "pad": '''
        def pad(x, sides, mode="constant", value=0.0):
            """Elements put around a value; `sides` has two numbers a dimension, the last one first."""
            before = [(0, 0, 0)] * (x.ndim - len(sides) // 2)
            around = before + list(zip(sides[::2], sides[1::2], [0] * len(sides)))[::-1]
            modes = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
            return (
                jax.lax.pad(x, jnp.array(value, x.dtype), around)
                if mode == "constant"
                else jnp.pad(x, list(map(lambda side: side[:2], around)), mode=modes[mode])
            )
        ''',
}

# Where torch's modules start, by the arguments they are made with: an array, or a function of a key.
STARTS: dict[tuple[str, str], str] = {
    ("Embedding", "weight"): "lambda rows, size: lambda key: jax.random.normal(key, (rows, size))",
    ("GroupNorm", "bias"): "lambda groups, channels, eps=0: jnp.zeros(channels)",
    ("GroupNorm", "weight"): "lambda groups, channels, eps=0: jnp.ones(channels)",
    ("LayerNorm", "bias"): "lambda shape, eps=0: jnp.zeros(shape)",
    ("LayerNorm", "weight"): "lambda shape, eps=0, bias=True: jnp.ones(shape)",
    ("Linear", "bias"): "lambda inputs, outputs: lambda key: uniform_start(key, (outputs,), inputs)",
    (
        "Linear",
        "weight",
    ): "lambda inputs, outputs, bias=True: lambda key: uniform_start(key, (outputs, inputs), inputs)",
    ("PReLU", "weight"): "lambda num_parameters=1, init=0.25: jnp.full(num_parameters, init)",
    ("RMSNorm", "weight"): "lambda shape, eps=0: jnp.ones(shape)",
}

_RECURRENT = Missing(
    "JAX has no recurrent network with torch's weights: it would be a loop over time, written out.",
    "use convolutions over time, or Pyro",
)
_TRANSPOSED = Missing(
    "JAX's transposed convolution takes its padding and weights in another way than torch's.",
    "repeat what goes in with a Linear layer, or use Pyro",
)
_ADAPTIVE = Missing("JAX's windows have one size, and these differ.", "use a pool with `kernel_size` and `stride`")
_REARRANGED = Missing("No function of JAX rearranges channels or repeats elements so.", "use Unflatten and Linear")

MISSING_MODULES: dict[str, Missing] = {
    **dict.fromkeys(("GRU", "LSTM", "RNN"), _RECURRENT),
    **{f"ConvTranspose{dims}d": _TRANSPOSED for dims in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{dims}d": _ADAPTIVE for kind in ("Avg", "Max") for dims in (1, 2, 3)},
    **dict.fromkeys(("PixelShuffle", "Upsample"), _REARRANGED),
    "LocalResponseNorm": Missing("JAX has no such function.", "use LayerNorm or GroupNorm"),
}

# Settings of modules that JAX does not have, with the values for which that matters.
MISSING_SETTINGS: dict[str, tuple[object, Missing]] = {
    "ceil_mode": (
        True,
        Missing("JAX's windows do not reach over the end.", "leave `ceil_mode` out, and use `padding`"),
    ),
}
