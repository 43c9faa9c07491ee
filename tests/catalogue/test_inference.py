"""Guides, optimisers, losses and engines against the signatures of their libraries, and one step with each."""

from __future__ import annotations

import importlib
import inspect

import pyro
import pyro.distributions as dist
import pyro.infer
import pyro.infer.autoguide
import pyro.optim
import pytest
import torch
from pyro import poutine
from pyro.infer import NUTS, SVI, config_enumerate
from pyro.infer.autoguide import initialization
from pyro.infer.autoguide.gaussian import AutoGaussian
from torch.distributions import constraints

from bayesdsl.catalogue.inference import (
    ENGINES,
    GUIDES,
    GUIDES_LEFT_OUT,
    INITIALISATIONS,
    LOSSES,
    LOSSES_LEFT_OUT,
    OPTIMISERS,
    OPTIMISERS_LEFT_OUT,
    PLUMBING,
    SCHEDULES,
    SCHEDULES_LEFT_OUT,
)
from bayesdsl.catalogue.rows import REQUIRED, Component, Setting, SettingKind
from bayesdsl.catalogue.types import CONSTRAINTS, DATA_TYPES

COMPONENTS = {**GUIDES, **OPTIMISERS, **LOSSES, **SCHEDULES}


def imported(path: str):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def classes(module) -> set[str]:
    return {name for name, value in vars(module).items() if inspect.isclass(value)}


def is_loss(value) -> bool:
    methods = ("loss", "differentiable_loss", "loss_and_grads")
    return inspect.isclass(value) and any(callable(getattr(value, name, None)) for name in methods)


def test_every_autoguide_has_a_row_or_a_reason():
    assert classes(pyro.infer.autoguide) == GUIDES.keys() | GUIDES_LEFT_OUT.keys()


def test_every_optimiser_has_a_row_or_a_reason():
    own = {"ClippedAdam", "AdagradRMSProp", "DCTAdam"}
    wrapped = {"Optimizer", *own} | classes(torch.optim)
    assert wrapped == OPTIMISERS.keys() | OPTIMISERS_LEFT_OUT.keys()
    # What pyro.optim adds to torch's are wrappers of these, schedulers of learning rates, and those three.
    added = {name for name in vars(pyro.optim) if name[0].isupper() and not hasattr(torch.optim, name)}
    assert {n for n in added if not hasattr(torch.optim.lr_scheduler, n)} == own | {
        "PyroOptim",
        "PyroLRScheduler",
        "HorovodOptimizer",
    }


def test_every_schedule_has_a_row_or_a_reason():
    found = {name for name in classes(torch.optim.lr_scheduler) if name.endswith("LR") or name.endswith("Scheduler")}
    found |= {"CosineAnnealingWarmRestarts", "ReduceLROnPlateau"}
    assert found - {"SWALR"} == SCHEDULES.keys() | SCHEDULES_LEFT_OUT.keys()


def test_every_loss_has_a_row_or_a_reason():
    losses = {name for name, value in vars(pyro.infer).items() if is_loss(value)}
    assert losses | {"CSIS", "ELBO"} == LOSSES.keys() | LOSSES_LEFT_OUT.keys()


def signature(component: Component) -> inspect.Signature:
    # AutoGaussian's metaclass hides the signature of its class.
    return inspect.signature(AutoGaussian.__init__ if component.name == "AutoGaussian" else imported(component.path))


def default_of(parameter: inspect.Parameter):
    """A default as a row writes it: functions by their names."""
    value = parameter.default
    if value is parameter.empty or (parameter.name == "total_steps" and value is None):
        # Torch can also take the steps of OneCycleLR from epochs, of which there are none here.
        return REQUIRED
    if callable(value):
        return getattr(value, "__name__", None) or value.func.__name__
    return value


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=lambda c: c.name)
def test_settings_are_those_of_the_library_in_its_order_with_its_defaults(component: Component):
    parameters = signature(component).parameters
    own = [name for name in parameters if name not in PLUMBING | {"self"}]
    fixed = dict(component.fixed)
    # Every ELBO has tail_adaptive_beta; only one of them reads it. Adafactor's eps is a pair of which one is missing.
    unread = {"tail_adaptive_beta"} if component.name != "TraceTailAdaptive_ELBO" else set()
    unread |= {"eps"} if component.name == "Adafactor" else set()
    names = [name for name in own if name not in unread | fixed.keys()]
    assert [setting.name for setting in component.settings] == names
    assert fixed.keys() <= parameters.keys()
    for setting in component.settings:
        assert setting.default == default_of(parameters[setting.name]), setting.name


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=lambda c: c.name)
def test_settings_by_position_are_positional_in_the_library(component: Component):
    parameters = list(signature(component).parameters.values())
    given = {"self", "params", "model", "optimizer"}
    first = [p for p in parameters if p.name not in given][: component.positional]
    assert [p.name for p in first] == [s.name for s in component.settings[: component.positional]]
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in first)


def holds(setting: Setting, value: float) -> bool:
    if setting.lo is not None and (value < setting.lo or (setting.lo_open and value == setting.lo)):
        return False
    if setting.hi is not None and (value > setting.hi or (setting.hi_open and value == setting.hi)):
        return False
    return value not in setting.excludes


KINDS = {SettingKind.INT: int, SettingKind.FLOAT: float, SettingKind.BOOL: bool}
EVERY_SETTING = [(row.name, setting) for row in (*COMPONENTS.values(), *ENGINES.values()) for setting in row.settings]


@pytest.mark.parametrize(("owner", "setting"), EVERY_SETTING, ids=lambda x: getattr(x, "name", x))
def test_defaults_are_allowed_values_of_the_settings_kind(owner: str, setting: Setting):
    assert setting.doc.endswith(".")
    assert "\n" not in setting.doc
    default = setting.default
    if default is None or default is REQUIRED:
        return
    match setting.kind:
        case SettingKind.TEXT | SettingKind.WORD:
            assert default in setting.choices
        case SettingKind.FLOATS:
            assert all(isinstance(x, float) and holds(setting, x) for x in default)
        case SettingKind.GUIDE:
            assert default in GUIDES
        case SettingKind.OPTIMISER:
            assert default.partition("(")[0] in OPTIMISERS
        case SettingKind.LOSS:
            assert default in LOSSES
        case kind:
            assert type(default) is KINDS[kind] or (kind is SettingKind.FLOAT and default == int(default))
            assert kind is SettingKind.BOOL or holds(setting, default)


def test_initialisations_are_pyros_that_take_nothing_but_the_site():
    assert all(callable(getattr(initialization, name)) for name in INITIALISATIONS)
    others = {"init_to_value", "init_to_generated"}  # they take values or functions
    assert {n for n in vars(initialization) if n.startswith("init_to_")} == {*INITIALISATIONS, *others}


def test_settings_of_nuts_have_pyros_defaults():
    parameters = inspect.signature(NUTS).parameters
    ours = {"chains", "warmup", "draws", "init_radius", "engine"}
    settings = {s.name: s.default for s in ENGINES["nuts"].settings if s.name not in ours}
    assert settings == {name: default_of(parameters[name]) for name in settings}
    assert parameters.keys() - settings.keys() <= PLUMBING
    radius = inspect.signature(initialization.init_to_uniform).parameters["radius"].default
    assert {s.name: s.default for s in ENGINES["nuts"].settings}["init_radius"] == radius


# One step with each: it runs, and what is to be learned moves. In the default dtype, since AutoStructured, AutoGaussian
# and AutoIAFNormal make networks and matrices of it whatever the model's.

DATA = torch.tensor([0.5, 1.5, 2.5])


def model():
    loc = pyro.sample("loc", dist.Normal(torch.tensor(0.0), 1.0))
    scale = pyro.sample("scale", dist.LogNormal(torch.tensor(0.0), 1.0))
    with pyro.plate("rows", 3, dim=-1):
        pyro.sample("y", dist.Normal(loc, scale), obs=DATA)


@config_enumerate
def discrete_model():
    z = pyro.sample("z", dist.Bernoulli(torch.tensor(0.5)))
    with pyro.plate("rows", 3, dim=-1):
        pyro.sample("y", dist.Normal(z, 1.0), obs=DATA)


def hand_guide(observations=None):
    loc = pyro.param("q_loc", torch.tensor(0.1))
    width = pyro.param("q_width", torch.tensor(0.2), constraint=constraints.positive)
    pyro.sample("loc", dist.Normal(loc, width))
    pyro.sample("scale", dist.LogNormal(loc, width))


@pytest.fixture(autouse=True)
def alone():
    """The random state and the store of params are as they were before."""
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(0)
        yield


def learned() -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in pyro.get_param_store().items()}


def moves(run_model, guide, loss) -> bool:
    svi = SVI(run_model, guide, pyro.optim.Adam({"lr": 0.1}), loss)
    svi.step()
    before = learned()
    svi.step()
    return any(not torch.equal(before[name], value) for name, value in learned().items())


@pytest.mark.parametrize("component", GUIDES.values(), ids=lambda c: c.name)
def test_a_guide_learns_with_its_settings_given(component: Component):
    settings = {s.name: s.default for s in component.settings if s.default is not None}
    settings |= {"init_loc_fn": getattr(initialization, settings["init_loc_fn"])} if "init_loc_fn" in settings else {}
    settings |= {"hidden_dim": [4, 4]} if component.name == "AutoIAFNormal" else {}
    discrete = component.name == "AutoDiscreteParallel"
    run_model = discrete_model if discrete else model
    guided = poutine.block(run_model, hide=["y"]) if discrete else run_model
    guide = imported(component.path)(guided, **settings)
    loss = pyro.infer.TraceEnum_ELBO() if discrete else pyro.infer.Trace_ELBO()
    assert moves(run_model, guide, loss)


@pytest.mark.filterwarnings("ignore:.*sample sites configured for enumeration")
@pytest.mark.parametrize("component", LOSSES.values(), ids=lambda c: c.name)
def test_a_loss_moves_a_guide_with_its_settings_given(component: Component):
    settings = {s.name: s.default for s in component.settings if s.default is not None}
    settings |= {"num_particles": max(2, settings["num_particles"])}
    loss = imported(component.path)(**settings, **dict(component.fixed))
    assert moves(model, hand_guide, loss)


@pytest.mark.parametrize("component", OPTIMISERS.values(), ids=lambda c: c.name)
def test_an_optimiser_lowers_a_quadratic_in_a_plain_loop(component: Component):
    x = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimiser = imported(component.path)([x], **{s.name: s.default for s in component.settings})
    for _ in range(5):
        optimiser.zero_grad()
        (x**2).sum().backward()
        optimiser.step()
    assert x.detach().square().sum() < 5.0


@pytest.mark.parametrize("name", ["LBFGS", "Muon", "SparseAdam"])
def test_the_optimisers_left_out_do_not_run_in_a_plain_loop(name: str):
    x = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    (x**2).sum().backward()
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        getattr(torch.optim, name)([x]).step()


@pytest.mark.parametrize("row", DATA_TYPES.values(), ids=lambda r: r.name)
def test_types_have_the_bounds_of_pyros_constraints(row):
    assert row.doc.endswith(".")
    if not row.constraint:
        assert row.name == "category"
        return
    found = imported("pyro.distributions." + row.constraint)
    if row.arguments:
        assert tuple(inspect.signature(found).parameters) == row.arguments
        return
    # Pyro's positive_ordered_vector forgets to say that it is a vector.
    assert found.event_dim == (0 if row.name == "positive_ordered" else row.support.event)
    probes = [-1.5, -1.0, 0.0, 0.25, 1.0, 1.5, 2.0]
    if row.support.event == 0:
        assert [bool(found.check(torch.tensor(x))) for x in probes] == [row.support.holds(x) for x in probes]


def test_constraints_of_supports_are_pyros():
    for path in CONSTRAINTS.values():
        assert imported("pyro.distributions." + path) is not None
