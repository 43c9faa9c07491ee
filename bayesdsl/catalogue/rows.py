"""What a row of each catalogue says. The rows themselves are in the modules beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from bayesdsl.types.sizes import Sizes
from bayesdsl.types.supports import REAL, Support


class Extent(Enum):
    """Which plates an argument of a distribution spans beside those of the site.

    SCALAR: none. VALUE: the value's own event plates (the `loc` of a MultivariateNormal). OWN: one plate of its own,
    over which the distribution sums (the `probs` of a Categorical, the `cutpoints` of an OrderedLogistic). SQUARE: the
    value's one event plate, twice (a covariance). VALUE_OWN and OWN_VALUE are matrices of the value's event plate and
    one plate of its own, in the order of Pyro's dimensions (the `cov_factor` of a LowRankMultivariateNormal, the `locs`
    of a MixtureOfDiagNormals). Where several arguments have a plate of their own, it is one and the same.
    """

    SCALAR = "scalar"
    VALUE = "value"
    OWN = "own"
    SQUARE = "square"
    VALUE_OWN = "value_own"
    OWN_VALUE = "own_value"


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a distribution.

    `support` is what each value must lie in; for VALUE, OWN and SQUARE extents it is the support of the vector or
    matrix. `default` is Pyro's, None where the argument must be given. `static` arguments must be known numbers.
    `keyword` says that Pyro takes the argument by keyword only, `tensor` that it takes a tensor and never a plain
    number. `short` is how many fewer members an OWN plate has than the value's event plate or, for a category, than
    it has levels: 1 for `cutpoints`.
    """

    name: str
    support: Support
    default: float | None = None
    extent: Extent = Extent.SCALAR
    static: bool = False
    keyword: bool = False
    tensor: bool = False
    short: int = 0


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to give some arguments: `Normal(mu, var = s2)`.

    `parameters` are given by keyword; `gives` maps each of Pyro's arguments they replace to an expression of the
    language over their names (and over Pyro's own arguments, where the user gave those).
    """

    parameters: tuple[Parameter, ...]
    gives: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of Pyro, under Pyro's name, its arguments in Pyro's order.

    `support` is where its values lie, for data; a latent with a density lies in `support.interior`. `bounds` names
    the arguments that are its lower and upper bound where it depends on them (`("low", "high")` for Uniform; None for
    a side that does not). `choices` are sets of arguments of which exactly one is given (`("probs", "logits")`).
    `event` is the number of event dimensions of a value. `reparameterised` says whether Pyro has `rsample` for it.
    `location_scale` names the two arguments for which `noncentered` may be said: the value is location plus scale
    times a standard draw. `sizes` names parameters that the compiler fills with the size of the value's event plate
    (`dim` of LKJCholesky), which users never write. `takes` names arguments that are themselves distributions, which
    come before the parameters. `event_sizes` are the numbers of members the event plate may have, empty where any
    will do. `broadcasts` is False where Pyro does not broadcast the arguments: each must be given at the full shape of
    the site. `expands` is False where Pyro's plates cannot expand the distribution as it is, only what its
    `expand_by(())` gives, which wraps it. `accepts` is what data may lie in where people observe more than the
    values: proportions under a Bernoulli. `lowering` names a function of `lower/distributions.py` where constructing
    it is more than a call with these arguments.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    support: Support
    bounds: tuple[str | None, str | None] = (None, None)
    choices: tuple[tuple[str, ...], ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    event: int = 0
    reparameterised: bool = True
    samples: bool = True
    location_scale: tuple[str, str] | None = None
    sizes: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    lowering: str | None = None
    event_sizes: tuple[int, ...] = ()
    broadcasts: bool = True
    expands: bool = True
    accepts: Support | None = None

    @property
    def discrete(self) -> bool:
        return self.support.integer

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)


SupportRule = Callable[..., Support]


@dataclass(frozen=True, slots=True)
class Function:
    """An elementwise function or an operator.

    `arity` is (fewest, most) arguments. `torch` and `numpy` are the callables' dotted names, `math` that of the scalar
    version for known numbers. `rule` gives the support of the result from those of the arguments. `domain` is what
    the argument must lie in, None where anything goes. `symbol` is the operator's text.
    """

    name: str
    doc: str
    arity: tuple[int, int]
    torch: str
    numpy: str
    math: str
    rule: SupportRule
    domain: Support | None = None
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Reduction:
    """A reduction over named plates: `sum[feature](b * x)`."""

    name: str
    doc: str
    torch: str
    numpy: str
    rule: SupportRule
    arity: int = 1


@dataclass(frozen=True, slots=True)
class ColumnFunction:
    """A function that needs a whole column of data: `zscore(flipper_length_mm)`."""

    name: str
    doc: str
    support: Support


class SettingKind(Enum):
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"
    WORD = "word"
    GUIDE = "guide"
    OPTIMISER = "optimiser"
    LOSS = "loss"
    SCHEDULE = "schedule"
    FLOATS = "floats"
    INTS = "ints"
    BATCH = "batch"
    # Of modules: a number of members, written with plates' names too; and whole numbers, one or one a dimension.
    SIZE = "size"
    SIZES = "sizes"
    EXTENTS = "extents"


REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of an engine or of a component.

    `lo` and `hi` are inclusive unless `lo_open` or `hi_open`; of a list they bound every element, and the list has as
    many as its default. `excludes` are values in between that are not allowed; `choices` the texts or words it may be,
    for EXTENTS besides numbers. A default of None leaves the choice to the library, one of `REQUIRED` says that there
    is none. The default of a guide, an optimiser or a loss is what a user would write.
    """

    name: str
    kind: SettingKind
    default: object
    doc: str
    lo: float | None = None
    hi: float | None = None
    lo_open: bool = False
    choices: tuple[str, ...] = ()
    hi_open: bool = False
    excludes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """A guide, an optimiser or a loss, under its library's name, with its settings in the library's order.

    `path` is the dotted name it is imported from. `positional` says how many settings may be given by position.
    `fixed` are arguments of the library that are always passed, with their values. `by_row` says of a guide that it
    has parameters of its own for each member of a plate, of which a minibatch can take those of its rows, and of a loss
    that it is a sum over rows, which a minibatch can estimate without bias.
    """

    name: str
    doc: str
    path: str
    settings: tuple[Setting, ...] = ()
    positional: int = 0
    fixed: tuple[tuple[str, object], ...] = ()
    by_row: bool = False


@dataclass(frozen=True, slots=True)
class Engine:
    """A way to run a model, with every setting it takes.

    `discrete` says whether it can have discrete latents, `params` whether it can fit `param` values, `improper`
    whether it can start from improper priors, `priors` whether priors count at all. `module` is the file of
    `runtime/engines/`.
    """

    name: str
    doc: str
    module: str
    settings: tuple[Setting, ...]
    discrete: bool = False
    params: bool = False
    improper: bool = True
    priors: bool = True


Settings = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Module:
    """A module of torch.nn, under torch's name, with its settings in torch's order and with torch's defaults.

    `sizes` gives the sizes of one value after it from those before, without the dimensions of rows; it raises
    `Misfit`. `weights` gives its parameters with their shapes, under torch's names and in torch's order. `function` is
    the function of torch that it applies: to the value, then to the settings `leading`, then to its weights;
    `keywords` are the settings the function takes by keyword, `dims` those that are dimensions of the value.
    `lowering` names the function of `lower/layers.py` where it is more than such a call. `rows` says that it takes
    exactly one dimension of rows before the value's own. `support` is where its results lie, None for where what goes
    in lies; `vector` where all of them lie together, where they are one vector. `takes_category` says that what goes
    in are members of a plate.
    """

    name: str
    doc: str
    function: str
    settings: tuple[Setting, ...] = ()
    sizes: Callable[[Sizes, Settings], Sizes] = lambda before, settings: before
    weights: Callable[[Settings], tuple[tuple[str, Sizes], ...]] = lambda settings: ()
    leading: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    dims: tuple[str, ...] = ()
    lowering: str | None = None
    rows: bool = False
    support: Support | None = REAL
    vector: Support | None = None
    takes_category: bool = False


@dataclass(frozen=True, slots=True)
class DataType:
    """A type that data and params are declared with.

    `constraint` is the dotted name of Pyro's constraint under `pyro.distributions`, empty where there is none.
    `arguments` are those of a type that takes some: `interval(a, b)`.
    """

    name: str
    doc: str
    support: Support
    constraint: str
    arguments: tuple[str, ...] = ()
