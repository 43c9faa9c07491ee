"""Modules of torch.nn that layers are made of, a row each, with torch's names, settings and defaults.

`PLUMBING` are arguments that say how torch computes and not what, or that the compiler gives itself. What is in
torch.nn and has no row is in `MODULES_LEFT_OUT` with the reason. The tests hold rows and tables against torch.
"""

from __future__ import annotations

from bayesdsl.catalogue import shapes
from bayesdsl.catalogue.rows import REQUIRED, Module, Setting, SettingKind
from bayesdsl.types.sizes import Count
from bayesdsl.types.supports import NONNEGATIVE, OPEN_UNIT, POSITIVE, REAL, SIMPLEX, Support, interval

PLUMBING = frozenset(
    {
        "inplace",
        "device",
        "dtype",
        "padding_mode",
        "return_indices",
        "batch_first",
        # A dropout between the layers of a recurrent network is noise that no prior speaks of.
        "dropout",
        "proj_size",
        "padding_idx",
        "max_norm",
        "norm_type",
        "scale_grad_by_freq",
        "sparse",
        "_weight",
        "_freeze",
        "align_corners",
        "recompute_scale_factor",
        "size",
        "divisor_override",
    }
)


def _size(name: str, doc: str, default: object = REQUIRED) -> Setting:
    return Setting(name, SettingKind.SIZE, default, doc, lo=1)


def _whole(name: str, doc: str, default: object = REQUIRED, lo: float = 1) -> Setting:
    return Setting(name, SettingKind.INT, default, doc, lo=lo)


def _extent(name: str, doc: str, default: object = REQUIRED, lo: float = 1) -> Setting:
    return Setting(name, SettingKind.EXTENTS, default, doc, lo=lo)


def _number(name: str, doc: str, default: object = REQUIRED, **bounds: object) -> Setting:
    return Setting(name, SettingKind.FLOAT, default, doc, **bounds)


def _switch(name: str, doc: str, default: bool) -> Setting:
    return Setting(name, SettingKind.BOOL, default, doc)


def _dim(name: str, doc: str, default: object) -> Setting:
    return Setting(name, SettingKind.INT, default, doc)


BIAS = _switch("bias", "Whether there is a bias.", True)
WITHIN_ONE = interval(-1.0, 1.0, lo_open=True, hi_open=True)


# Activations


def _activation(name: str, doc: str, function: str, *settings: Setting, support: Support = REAL) -> Module:
    keywords = tuple(setting.name for setting in settings)
    return Module(name, doc, function, settings, keywords=keywords, support=support)


_ACTIVATIONS = (
    _activation("CELU", "max(0, x) + min(0, a (exp(x / a) - 1)).", "F.celu", _number("alpha", "The a.", 1.0)),
    _activation("ELU", "x where it is positive, else a (exp(x) - 1).", "F.elu", _number("alpha", "The a.", 1.0)),
    _activation(
        "GELU",
        "x times the probability that a standard normal lies below it.",
        "F.gelu",
        Setting("approximate", SettingKind.TEXT, "none", "Exact, or by tanh.", choices=("none", "tanh")),
    ),
    _activation(
        "Hardshrink",
        "x outside (-lambd, lambd), else 0.",
        "F.hardshrink",
        _number("lambd", "The bound.", 0.5, lo=0.0),
    ),
    _activation("Hardsigmoid", "A sigmoid of three straight lines.", "F.hardsigmoid", support=interval(0.0, 1.0)),
    _activation("Hardswish", "x times Hardsigmoid(x).", "F.hardswish"),
    _activation(
        "Hardtanh",
        "x, cut at both ends.",
        "F.hardtanh",
        _number("min_val", "The lower end.", -1.0),
        _number("max_val", "The upper end.", 1.0),
    ),
    _activation(
        "LeakyReLU",
        "x where it is positive, else a small slope times x.",
        "F.leaky_relu",
        _number("negative_slope", "The slope below 0.", 0.01),
    ),
    _activation("LogSigmoid", "The logarithm of Sigmoid(x).", "F.logsigmoid", support=interval(hi=0.0, hi_open=True)),
    _activation("Mish", "x tanh(Softplus(x)).", "F.mish"),
    _activation("ReLU", "x where it is positive, else 0.", "torch.relu", support=NONNEGATIVE),
    _activation("ReLU6", "x, cut at 0 and at 6.", "F.relu6", support=interval(0.0, 6.0)),
    _activation("SELU", "ELU, scaled so that activations keep mean 0 and variance 1.", "F.selu"),
    _activation("SiLU", "x Sigmoid(x), also called swish.", "F.silu"),
    _activation("Sigmoid", "1 / (1 + exp(-x)).", "torch.sigmoid", support=OPEN_UNIT),
    _activation(
        "Softplus",
        "log(1 + exp(x)), a smooth ReLU.",
        "F.softplus",
        _number("beta", "How sharp the bend is.", 1.0, lo=0.0, lo_open=True),
        _number("threshold", "Above it, x itself.", 20.0),
        support=POSITIVE,
    ),
    _activation(
        "Softshrink",
        "x moved towards 0 by lambd, 0 within it.",
        "F.softshrink",
        _number("lambd", "How far.", 0.5, lo=0.0),
    ),
    _activation("Softsign", "x / (1 + |x|).", "F.softsign", support=WITHIN_ONE),
    _activation("Tanh", "tanh(x).", "torch.tanh", support=WITHIN_ONE),
    _activation("Tanhshrink", "x - tanh(x).", "F.tanhshrink"),
    _activation(
        "Threshold",
        "x where it is over the threshold, else a fixed value.",
        "F.threshold",
        _number("threshold", "The threshold."),
        _number("value", "The value below it."),
    ),
    Module(
        "PReLU",
        "x where it is positive, else a slope times x that is a weight of its own.",
        "F.prelu",
        (_size("num_parameters", "One slope, or one for each channel.", Count(1)), _number("init", "Its start.", 0.25)),
        shapes.prelu,
        shapes.prelu_weights,
        rows=True,
    ),
    Module(
        "GLU",
        "The first half of the values times the sigmoid of the second.",
        "F.glu",
        (_dim("dim", "The dimension that is halved.", -1),),
        shapes.gated,
        dims=("dim",),
    ),
    *(
        Module(
            name,
            doc,
            function,
            (_dim("dim", "The dimension along which it is computed, the last if not said.", -1),),
            shapes.along,
            dims=("dim",),
            support=support,
            vector=vector,
        )
        for name, doc, function, support, vector in (
            ("LogSoftmax", "The logarithm of Softmax(x).", "F.log_softmax", interval(hi=0.0), None),
            ("Softmax", "exp(x) over its sum.", "F.softmax", interval(0.0, 1.0), SIMPLEX),
            ("Softmin", "Softmax(-x).", "F.softmin", interval(0.0, 1.0), SIMPLEX),
        )
    ),
)


# Linear layers, embeddings, normalisation

EPS = _number("eps", "Added to the variance.", 1e-5, lo=0.0)

_PLAIN = (
    Module("Identity", "x.", "", lowering="identity", support=None),
    Module(
        "Linear",
        "A weighted sum for each feature that comes out, and a bias.",
        "F.linear",
        (_size("in_features", "How many come in."), _size("out_features", "How many come out."), BIAS),
        shapes.linear,
        shapes.linear_weights,
    ),
    Module(
        "Embedding",
        "A vector for each member of a plate; what goes in is a category column.",
        "F.embedding",
        (_size("num_embeddings", "The members: the plate."), _size("embedding_dim", "How long each vector is.")),
        shapes.embedding,
        shapes.embedding_weights,
        takes_category=True,
    ),
    Module(
        "LayerNorm",
        "Values brought to mean 0 and variance 1 over the last dimensions, then scaled and moved.",
        "F.layer_norm",
        (
            Setting("normalized_shape", SettingKind.SIZES, REQUIRED, "The last dimensions."),
            EPS,
            _switch("elementwise_affine", "Whether it scales and moves.", True),
            BIAS,
        ),
        shapes.layer_norm,
        shapes.layer_norm_weights,
        leading=("normalized_shape",),
        keywords=("eps",),
    ),
    Module(
        "RMSNorm",
        "Values divided by the root of their mean square over the last dimensions, then scaled.",
        "F.rms_norm",
        (
            Setting("normalized_shape", SettingKind.SIZES, REQUIRED, "The last dimensions."),
            _number("eps", "Added to the mean square; the smallest number of the precision if not said.", None, lo=0.0),
            _switch("elementwise_affine", "Whether it scales.", True),
        ),
        shapes.layer_norm,
        shapes.layer_norm_weights,
        leading=("normalized_shape",),
        keywords=("eps",),
    ),
    Module(
        "GroupNorm",
        "Values brought to mean 0 and variance 1 within each group of channels, then scaled and moved.",
        "F.group_norm",
        (
            _whole("num_groups", "How many groups."),
            _size("num_channels", "How many channels."),
            EPS,
            _switch("affine", "Whether it scales and moves.", True),
        ),
        shapes.group_norm,
        shapes.group_norm_weights,
        leading=("num_groups",),
        keywords=("eps",),
        rows=True,
    ),
    Module(
        "LocalResponseNorm",
        "Each channel divided by the mean square of those near it.",
        "F.local_response_norm",
        (
            _whole("size", "How many channels are near."),
            _number("alpha", "A factor.", 1e-4),
            _number("beta", "An exponent.", 0.75),
            _number("k", "An offset.", 1.0),
        ),
        leading=("size",),
        keywords=("alpha", "beta", "k"),
        rows=True,
    ),
    Module(
        "Flatten",
        "Several dimensions as one.",
        "torch.flatten",
        (_dim("start_dim", "The first of them; rows are dimension 0.", 1), _dim("end_dim", "The last.", -1)),
        shapes.flatten,
        dims=("start_dim", "end_dim"),
        support=None,
    ),
    Module(
        "Unflatten",
        "One dimension as several.",
        "torch.unflatten",
        (
            _dim("dim", "The dimension; rows are dimension 0.", REQUIRED),
            Setting("unflattened_size", SettingKind.SIZES, REQUIRED, "The sizes of those it becomes."),
        ),
        shapes.unflatten,
        dims=("dim",),
        lowering="unflatten",
        support=None,
    ),
    Module(
        "PixelShuffle",
        "Channels spread out as pixels.",
        "F.pixel_shuffle",
        (_whole("upscale_factor", "How many pixels for one, along each side."),),
        shapes.pixel_shuffle,
        leading=("upscale_factor",),
        rows=True,
        support=None,
    ),
    Module(
        "Upsample",
        "A larger value, each element repeated.",
        "F.interpolate",
        (
            _number("scale_factor", "How many elements for one, along each dimension.", lo=1.0),
            Setting("mode", SettingKind.TEXT, "nearest", "How they are filled.", choices=("nearest", "nearest-exact")),
        ),
        shapes.upsample,
        keywords=("scale_factor", "mode"),
        rows=True,
    ),
)


# Convolutions, pools, padding

KERNEL = _extent("kernel_size", "The window.")
CEIL = _switch("ceil_mode", "Whether a window may reach over the end.", False)
GROUPS = _whole("groups", "Groups of channels that do not see one another.", 1)
DILATION = _extent("dilation", "The distance of the window's elements.", 1)


def _stride(default: object) -> Setting:
    return _extent("stride", "How far the window moves; as far as it is wide if not said.", default)


def _padding(default: object = 0) -> Setting:
    return _extent("padding", "What is added on each side.", default, lo=0)


def _convolution(dims: int) -> Module:
    channels = (_size("in_channels", "Channels that come in."), _size("out_channels", "Channels that come out."))
    words = 'What is added on each side; "same" keeps the size, "valid" adds nothing.'
    padding = Setting("padding", SettingKind.EXTENTS, 0, words, lo=0, choices=("same", "valid"))
    return Module(
        f"Conv{dims}d",
        f"A convolution over {dims} dimension{'s' if dims > 1 else ''}.",
        f"F.conv{dims}d",
        (*channels, KERNEL, _stride(1), padding, DILATION, GROUPS, BIAS),
        shapes.convolution(dims),
        shapes.convolution_weights(dims, transposed=False),
        keywords=("stride", "padding", "dilation", "groups"),
        rows=True,
    )


def _transposed(dims: int) -> Module:
    channels = (_size("in_channels", "Channels that come in."), _size("out_channels", "Channels that come out."))
    extra = _extent("output_padding", "What is added on one side of what comes out.", 0, lo=0)
    return Module(
        f"ConvTranspose{dims}d",
        f"The transpose of a convolution over {dims} dimension{'s' if dims > 1 else ''}.",
        f"F.conv_transpose{dims}d",
        (*channels, KERNEL, _stride(1), _padding(), extra, GROUPS, BIAS, DILATION),
        shapes.transposed(dims),
        shapes.convolution_weights(dims, transposed=True),
        keywords=("stride", "padding", "output_padding", "groups", "dilation"),
        rows=True,
    )


def _pool(name: str, doc: str, dims: int, settings: tuple[Setting, ...], keywords: tuple[str, ...]) -> Module:
    function = {"MaxPool": "max_pool", "AvgPool": "avg_pool"}[name]
    return Module(
        f"{name}{dims}d",
        f"{doc} over {dims} dimension{'s' if dims > 1 else ''}.",
        f"F.{function}{dims}d",
        settings,
        shapes.pool(dims),
        leading=("kernel_size",),
        keywords=keywords,
        rows=True,
    )


def _adaptive(kind: str, doc: str, dims: int) -> Module:
    return Module(
        f"Adaptive{kind}Pool{dims}d",
        f"{doc} of windows that give a size, over {dims} dimension{'s' if dims > 1 else ''}.",
        f"F.adaptive_{kind.lower()}_pool{dims}d",
        (_extent("output_size", "The size that comes out."),),
        shapes.adaptive(dims),
        leading=("output_size",),
        rows=True,
    )


def _pad(name: str, doc: str, mode: str, dims: int) -> Module:
    both = _extent("padding", "How much, on all sides or a number for each, the last dimension first.", lo=0)
    value = (_number("value", "What is put there."),) if name == "ConstantPad" else ()
    return Module(
        f"{name}{dims}d",
        f"{doc} around {dims} dimension{'s' if dims > 1 else ''}.",
        f"F.pad {mode}",
        (both, *value),
        shapes.padded(dims),
        lowering="pad",
        rows=True,
    )


_DIMS = (1, 2, 3)

_WINDOWS = (
    *map(_convolution, _DIMS),
    *map(_transposed, _DIMS),
    *(
        _pool(
            "MaxPool",
            "The largest of a window",
            dims,
            (KERNEL, _stride(None), _padding(), DILATION, CEIL),
            ("stride", "padding", "dilation", "ceil_mode"),
        )
        for dims in _DIMS
    ),
    *(
        _pool(
            "AvgPool",
            "The mean of a window",
            dims,
            (KERNEL, _stride(None), _padding(), CEIL, _switch("count_include_pad", "Whether padding counts.", True)),
            ("stride", "padding", "ceil_mode", "count_include_pad"),
        )
        for dims in _DIMS
    ),
    *(_adaptive("Avg", "The mean", dims) for dims in _DIMS),
    *(_adaptive("Max", "The largest", dims) for dims in _DIMS),
    *(_pad("ZeroPad", "Zeros", "constant", dims) for dims in _DIMS),
    *(_pad("ConstantPad", "A fixed value", "constant", dims) for dims in _DIMS),
    *(_pad("ReflectionPad", "The value mirrored", "reflect", dims) for dims in _DIMS),
    *(_pad("ReplicationPad", "The last element repeated", "replicate", dims) for dims in _DIMS),
    *(_pad("CircularPad", "The other end of the value", "circular", dims) for dims in _DIMS),
)


# Recurrent layers


def _recurrent(name: str, doc: str, gates: int, *settings: Setting, support: Support = REAL) -> Module:
    return Module(
        name,
        doc,
        f"torch.{name.lower()}",
        (
            _size("input_size", "How many features come in at each time."),
            _size("hidden_size", "How many come out."),
            _whole("num_layers", "How many, one upon the other.", 1),
            *settings,
            BIAS,
            _switch("bidirectional", "Whether a second one runs from the end.", False),
        ),
        shapes.recurrent,
        shapes.recurrent_weights(gates),
        lowering="recurrent",
        rows=True,
        support=support,
    )


_RECURRENT = (
    _recurrent(
        "RNN",
        "A recurrent network; what comes out is its state at every time.",
        1,
        Setting("nonlinearity", SettingKind.TEXT, "tanh", "Its activation.", choices=("tanh", "relu")),
    ),
    _recurrent("LSTM", "A long short-term memory; what comes out is its state at every time.", 4, support=WITHIN_ONE),
    _recurrent("GRU", "A gated recurrent unit; what comes out is its state at every time.", 3, support=WITHIN_ONE),
)

MODULES: dict[str, Module] = {row.name: row for row in (*_PLAIN, *_ACTIVATIONS, *_WINDOWS, *_RECURRENT)}

_RANDOM = "It draws at random in every pass, which no prior speaks of."
_RUNNING = "It keeps running averages of the data beside its weights."
_TWO = "It takes more than one value, or gives more than one."
_LOSS = "A loss: a model's is its likelihood."
_LAZY = "It finds its sizes when it is first run; here they are known before."
_HOLDS = "It holds modules; `->` and `* n` do that."
_CELL = "One step of a recurrent layer."
_DISTANCE = "A distance of two values."

MODULES_LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(
        ("AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout", "RReLU"), _RANDOM
    ),
    **dict.fromkeys(("FractionalMaxPool2d", "FractionalMaxPool3d"), _RANDOM),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "CrossMapLRN2d"), _RUNNING),
    **dict.fromkeys(("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"), "GroupNorm with a group a channel."),
    **dict.fromkeys(
        (
            "Bilinear",
            "EmbeddingBag",
            "MaxUnpool1d",
            "MaxUnpool2d",
            "MaxUnpool3d",
            "MultiheadAttention",
            "Transformer",
            "TransformerDecoder",
            "TransformerDecoderLayer",
            "TransformerEncoder",
            "TransformerEncoderLayer",
        ),
        _TWO,
    ),
    **dict.fromkeys(("CosineSimilarity", "PairwiseDistance"), _DISTANCE),
    **dict.fromkeys(("GRUCell", "LSTMCell", "RNNCell", "RNNCellBase", "RNNBase"), _CELL),
    **dict.fromkeys(
        (
            "Container",
            "ModuleDict",
            "ModuleList",
            "ParameterDict",
            "ParameterList",
            "Sequential",
            "Module",
            "DataParallel",
        ),
        _HOLDS,
    ),
    **dict.fromkeys(("ChannelShuffle", "PixelUnshuffle", "Fold", "Unfold"), "It rearranges elements only."),
    **dict.fromkeys(("LPPool1d", "LPPool2d", "LPPool3d"), "Its gradient is not finite where a window is zero."),
    "NLLLoss2d": _LOSS,
    "Softmax2d": "Softmax(dim = 1).",
    **dict.fromkeys(("UpsamplingBilinear2d", "UpsamplingNearest2d"), "Upsample does it."),
}
LEFT_OUT_SUFFIXES: dict[str, str] = {"Loss": _LOSS}
LEFT_OUT_PREFIXES: dict[str, str] = {"Lazy": _LAZY}
