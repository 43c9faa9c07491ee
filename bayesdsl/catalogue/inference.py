"""Guides, optimisers, losses and engines with their settings, a row each.

Settings have their library's names, order and defaults, and the tests hold them against it. `PLUMBING` are arguments
that say how the library computes and not what, or that the compiler gives itself; they are not settings. What is in
one of the libraries' modules and has no row is in a table of what is left out, with the reason.
"""

from __future__ import annotations

from bayesdsl.catalogue.rows import REQUIRED, Component, Engine, Setting, SettingKind

INT, FLOAT, BOOL, TEXT = SettingKind.INT, SettingKind.FLOAT, SettingKind.BOOL, SettingKind.TEXT

# Pyro's ways to choose where a latent starts, by their names in pyro.infer.autoguide.initialization.
INITIALISATIONS = ("init_to_feasible", "init_to_mean", "init_to_median", "init_to_sample", "init_to_uniform")

PLUMBING = frozenset(
    {
        # torch.optim
        "params",
        "optimizer",
        "last_epoch",
        "epochs",
        "steps_per_epoch",
        "three_phase",
        "scale_fn",
        "scale_mode",
        "base_momentum",
        "max_momentum",
        "foreach",
        "maximize",
        "capturable",
        "differentiable",
        "fused",
        # guides
        "model",
        "create_plates",
        "amortized_plates",
        "hierarchical_sites",
        "backend",
        "init_transform_kwargs",
        # losses
        "max_plate_nesting",
        "max_iarange_nesting",
        "strict_enumeration_warning",
        "ignore_jit_warnings",
        "jit_options",
        "retain_graph",
        # NUTS
        "potential_fn",
        "use_multinomial_sampling",
        "transforms",
        "jit_compile",
    }
)


def _table(*rows: Component) -> dict[str, Component]:
    return {row.name: row for row in rows}


# Guides


def _init(default: str | None) -> Setting:
    return Setting("init_loc_fn", TEXT, default, "Where each latent starts.", choices=INITIALISATIONS)


INIT_SCALE = Setting("init_scale", FLOAT, 0.1, "The standard deviations to start with.", lo=0.0, lo_open=True)


def _guide(name: str, doc: str, *settings: Setting, positional: int = 0, by_row: bool = False) -> Component:
    return Component(name, doc, f"pyro.infer.autoguide.{name}", settings, positional, by_row=by_row)


GUIDES: dict[str, Component] = _table(
    _guide(
        "AutoDelta", "A point for every latent: a posterior mode.", _init("init_to_median"), positional=1, by_row=True
    ),
    _guide(
        "AutoNormal",
        "An independent normal for every latent, on the unconstrained scale.",
        _init("init_to_feasible"),
        INIT_SCALE,
        by_row=True,
    ),
    _guide(
        "AutoDiagonalNormal",
        "One normal vector with independent elements for all latents together.",
        _init("init_to_median"),
        INIT_SCALE,
        positional=2,
    ),
    _guide(
        "AutoMultivariateNormal",
        "One normal vector for all latents together, with every covariance.",
        _init("init_to_median"),
        INIT_SCALE,
        positional=2,
    ),
    _guide(
        "AutoLowRankMultivariateNormal",
        "One normal vector for all latents, its covariance a diagonal plus `rank` directions.",
        _init("init_to_median"),
        INIT_SCALE,
        Setting("rank", INT, None, "The number of directions; the square root of the dimension if not given.", lo=1),
        positional=3,
    ),
    _guide(
        "AutoIAFNormal",
        "A normal vector for all latents, bent by inverse autoregressive flows.",
        Setting("hidden_dim", SettingKind.INTS, None, "The sizes of the flow's hidden layers.", lo=1),
        _init(None),
        Setting("num_transforms", INT, 1, "The number of flows.", lo=1),
        positional=3,
    ),
    _guide(
        "AutoLaplaceApproximation",
        "The posterior mode, and a normal with the curvature there.",
        _init("init_to_median"),
        positional=1,
    ),
    _guide(
        "AutoGaussian",
        "A normal vector that keeps the conditional independences of the model.",
        _init("init_to_feasible"),
        INIT_SCALE,
    ),
    _guide(
        "AutoStructured",
        "Latents that depend linearly on those they depend on in the model.",
        Setting(
            "conditionals",
            TEXT,
            "mvn",
            "The distribution of each latent given the others: a point, independent normals or a normal vector.",
            choices=("delta", "normal", "mvn"),
        ),
        Setting("dependencies", TEXT, "linear", "How latents depend on others.", choices=("linear",)),
        _init("init_to_feasible"),
        INIT_SCALE,
    ),
    _guide(
        "AutoNormalMessenger",
        "An independent normal for every latent, made as the model runs.",
        _init("init_to_mean"),
        INIT_SCALE,
        by_row=True,
    ),
    _guide(
        "AutoHierarchicalNormalMessenger",
        "A normal for every latent around its prior mean given the latents above it.",
        _init("init_to_mean"),
        INIT_SCALE,
        Setting("init_weight", FLOAT, 1.0, "The weight of the prior mean to start with.", lo=0.0, lo_open=True),
        by_row=True,
    ),
    _guide(
        "AutoRegressiveMessenger",
        "Every latent's prior given the latents above it, moved and stretched.",
        _init("init_to_mean"),
        INIT_SCALE,
        by_row=True,
    ),
    _guide("AutoDiscreteParallel", "Independent probabilities for discrete latents."),
)

GUIDES_LEFT_OUT: dict[str, str] = {
    "AutoCallable": "It wraps a Python function: write a guide block.",
    "AutoContinuous": "A base class.",
    "AutoGuide": "A base class.",
    "AutoGuideList": "A guide block with a guide for each latent is this.",
    "AutoMessenger": "A base class.",
    "AutoNormalizingFlow": "It takes a Python function that makes the flow; AutoIAFNormal is one.",
}


# Optimisers


def _rate(default: float) -> Setting:
    return Setting("lr", FLOAT, default, "The learning rate.", lo=0.0, lo_open=True)


def _eps(default: float) -> Setting:
    return Setting("eps", FLOAT, default, "Added to denominators, against division by zero.", lo=0.0)


def _decay(default: float = 0.0) -> Setting:
    return Setting("weight_decay", FLOAT, default, "How strongly parameters are drawn to 0.", lo=0.0)


BETAS = Setting(
    "betas",
    SettingKind.FLOATS,
    (0.9, 0.999),
    "Memories of the gradient and of its square.",
    lo=0.0,
    hi=1.0,
    hi_open=True,
)
AMSGRAD = Setting("amsgrad", BOOL, False, "Keep the largest squared gradient.")
DECOUPLED = Setting("decoupled_weight_decay", BOOL, False, "Decay the parameters, not through the gradient.")
CLIP_NORM = Setting("clip_norm", FLOAT, 10.0, "The largest gradient let through.", lo=0.0, lo_open=True)
LRD = Setting("lrd", FLOAT, 1.0, "The learning rate is multiplied by this at every step.", lo=0.0, lo_open=True)


def _torch(name: str, doc: str, *settings: Setting) -> Component:
    return Component(name, doc, f"torch.optim.{name}", settings, positional=1)


OPTIMISERS: dict[str, Component] = _table(
    _torch(
        "Adam",
        "Steps scaled by running means of the gradient and its square: the usual choice.",
        _rate(0.001),
        BETAS,
        _eps(1e-8),
        _decay(),
        AMSGRAD,
        DECOUPLED,
    ),
    Component(
        "ClippedAdam",
        "Adam with clipped gradients and a decaying learning rate.",
        "pyro.optim.clipped_adam.ClippedAdam",
        (
            _rate(0.001),
            BETAS,
            _eps(1e-8),
            _decay(),
            CLIP_NORM,
            LRD,
            Setting("centered_variance", BOOL, False, "Scale by the variance of the gradient, not its square."),
        ),
        positional=1,
    ),
    _torch("AdamW", "Adam with decay of the parameters.", _rate(0.001), BETAS, _eps(1e-8), _decay(0.01), AMSGRAD),
    _torch("Adamax", "Adam by the largest gradient.", _rate(0.002), BETAS, _eps(1e-8), _decay()),
    _torch(
        "NAdam",
        "Adam that looks ahead.",
        _rate(0.002),
        BETAS,
        _eps(1e-8),
        _decay(),
        Setting("momentum_decay", FLOAT, 0.004, "How fast the momentum settles.", lo=0.0),
        DECOUPLED,
    ),
    _torch("RAdam", "Adam with careful first steps.", _rate(0.001), BETAS, _eps(1e-8), _decay(), DECOUPLED),
    _torch(
        "SGD",
        "Plain gradient steps.",
        _rate(0.001),
        Setting("momentum", FLOAT, 0.0, "The share of the last step that is kept.", lo=0.0),
        Setting("dampening", FLOAT, 0.0, "How much less the gradient counts for the momentum."),
        _decay(),
        Setting("nesterov", BOOL, False, "Look ahead; needs momentum and no dampening."),
    ),
    _torch(
        "ASGD",
        "Gradient steps, averaged.",
        _rate(0.01),
        Setting("lambd", FLOAT, 0.0001, "The decay of the learning rate.", lo=0.0),
        Setting("alpha", FLOAT, 0.75, "The power of that decay.", lo=0.0),
        Setting("t0", FLOAT, 1000000.0, "The step at which averaging begins.", lo=0.0),
        _decay(),
    ),
    _torch(
        "Adadelta",
        "Steps scaled by past steps; needs no learning rate.",
        _rate(1.0),
        Setting("rho", FLOAT, 0.9, "The memory of squared gradients.", lo=0.0, hi=1.0),
        _eps(1e-6),
        _decay(),
    ),
    _torch(
        "Adafactor",
        "Adam with little memory.",
        _rate(0.01),
        Setting("beta2_decay", FLOAT, -0.8, "How the memory of squared gradients grows.", hi=0.0),
        Setting("d", FLOAT, 1.0, "The largest step, relative to the parameter.", lo=1.0),
        _decay(),
    ),
    _torch(
        "Adagrad",
        "Steps that shrink with the sum of squared gradients.",
        _rate(0.01),
        Setting("lr_decay", FLOAT, 0.0, "The decay of the learning rate.", lo=0.0),
        _decay(),
        Setting("initial_accumulator_value", FLOAT, 0.0, "The sum to start with.", lo=0.0),
        _eps(1e-10),
    ),
    _torch(
        "RMSprop",
        "Steps scaled by a running mean of the squared gradient.",
        _rate(0.01),
        Setting("alpha", FLOAT, 0.99, "The memory of that mean.", lo=0.0),
        _eps(1e-8),
        _decay(),
        Setting("momentum", FLOAT, 0.0, "The share of the last step that is kept.", lo=0.0),
        Setting("centered", BOOL, False, "Scale by the variance of the gradient, not its square."),
    ),
    _torch(
        "Rprop",
        "Steps by the gradient's sign alone; not for noisy losses.",
        _rate(0.01),
        Setting("etas", SettingKind.FLOATS, (0.5, 1.2), "How steps shrink and grow.", lo=0.0, lo_open=True),
        Setting("step_sizes", SettingKind.FLOATS, (1e-6, 50.0), "The least and the greatest step.", lo=0.0),
    ),
    Component(
        "AdagradRMSProp",
        "Between Adagrad and RMSprop, with a step size that falls slowly.",
        "pyro.optim.adagrad_rmsprop.AdagradRMSProp",
        (
            Setting("eta", FLOAT, 1.0, "The step size.", lo=0.0, lo_open=True),
            Setting("delta", FLOAT, 1e-16, "Makes the step size fall; the more, the faster.", lo=0.0),
            Setting("t", FLOAT, 0.1, "The memory of squared gradients.", lo=0.0, hi=1.0),
        ),
        positional=1,
    ),
    Component(
        "DCTAdam",
        "ClippedAdam in the frequencies of parameters that are series.",
        "pyro.optim.dct_adam.DCTAdam",
        (
            _rate(0.001),
            BETAS,
            _eps(1e-8),
            CLIP_NORM,
            LRD,
            Setting("subsample_aware", BOOL, False, "Keep the state of members that are not in a batch."),
        ),
        positional=1,
    ),
)

# Schedules of the learning rate


def _schedule(name: str, doc: str, *settings: Setting, positional: int = 1, **fixed: object) -> Component:
    return Component(name, doc, f"torch.optim.lr_scheduler.{name}", settings, positional, tuple(fixed.items()))


def _factor(name: str, default: object, doc: str) -> Setting:
    return Setting(name, FLOAT, default, doc, lo=0.0, lo_open=True)


def _over(default: object, name: str = "total_iters", doc: str = "Over so many steps.") -> Setting:
    return Setting(name, INT, default, doc, lo=1)


LEAST = Setting("eta_min", FLOAT, 0.0, "The least rate.", lo=0.0)

SCHEDULES: dict[str, Component] = _table(
    _schedule(
        "ConstantLR",
        "A share of the rate for some steps, then all of it.",
        Setting("factor", FLOAT, 1 / 3, "The share.", lo=0.0, hi=1.0),
        _over(5),
        positional=2,
    ),
    _schedule(
        "LinearLR",
        "From one share of the rate to another in a straight line.",
        Setting("start_factor", FLOAT, 1 / 3, "The share at the start.", lo=0.0, lo_open=True, hi=1.0),
        Setting("end_factor", FLOAT, 1.0, "The share at the end.", lo=0.0, hi=1.0),
        _over(5),
        positional=3,
    ),
    _schedule("ExponentialLR", "Times a factor after every step.", _factor("gamma", REQUIRED, "The factor.")),
    _schedule(
        "StepLR",
        "Times a factor after every so many steps.",
        _over(REQUIRED, "step_size", "Every so many steps."),
        _factor("gamma", 0.1, "The factor."),
        positional=2,
    ),
    _schedule(
        "MultiStepLR",
        "Times a factor at some steps.",
        Setting("milestones", SettingKind.INTS, REQUIRED, "The steps.", lo=1),
        _factor("gamma", 0.1, "The factor."),
        positional=2,
    ),
    _schedule(
        "PolynomialLR",
        "Down to nothing by a power.",
        _over(5),
        _factor("power", 1.0, "The power."),
        positional=2,
    ),
    _schedule(
        "CosineAnnealingLR",
        "Down by half a cosine.",
        _over(REQUIRED, "T_max"),
        LEAST,
        positional=2,
    ),
    _schedule(
        "CosineAnnealingWarmRestarts",
        "Down by half a cosine, again and again.",
        _over(REQUIRED, "T_0", "The steps until it starts again."),
        Setting("T_mult", INT, 1, "How much longer each time.", lo=1),
        LEAST,
        positional=3,
    ),
    _schedule(
        "CyclicLR",
        "Up and down between two rates.",
        _factor("base_lr", REQUIRED, "The lower rate."),
        _factor("max_lr", REQUIRED, "The upper rate."),
        _over(2000, "step_size_up", "The steps up."),
        Setting("step_size_down", INT, None, "The steps down; as many as up if not said.", lo=1),
        Setting(
            "mode",
            TEXT,
            "triangular",
            "Whether the upper rate stays.",
            choices=("triangular", "triangular2", "exp_range"),
        ),
        _factor("gamma", 1.0, "The factor of exp_range."),
        positional=2,
        # Momentum is what an optimiser says of itself, and not all have one.
        cycle_momentum=False,
    ),
    _schedule(
        "OneCycleLR",
        "Up to the greatest rate and down again, once.",
        _factor("max_lr", REQUIRED, "The greatest rate."),
        _over(REQUIRED, "total_steps"),
        Setting("pct_start", FLOAT, 0.3, "The share of the steps that go up.", lo=0.0, hi=1.0),
        Setting("anneal_strategy", TEXT, "cos", "How it goes.", choices=("cos", "linear")),
        _factor("div_factor", 25.0, "The greatest rate over the first."),
        _factor("final_div_factor", 1e4, "The first rate over the last."),
        positional=2,
        cycle_momentum=False,
    ),
)
SCHEDULES_LEFT_OUT: dict[str, str] = {
    "ChainedScheduler": "It holds other schedules.",
    "LRScheduler": "A base class.",
    "_LRScheduler": "A base class.",
    "LambdaLR": "It takes a function.",
    "MultiplicativeLR": "It takes a function.",
    "ReduceLROnPlateau": "It watches the loss, which is random at every step.",
    "SequentialLR": "It holds other schedules.",
}


OPTIMISERS_LEFT_OUT: dict[str, str] = {
    "LBFGS": "It evaluates the loss several times a step, which a plain loop does not do.",
    "Muon": "It takes matrices only.",
    "Optimizer": "A base class.",
    "SparseAdam": "It takes sparse gradients only.",
}


# Losses


def _particles(default: int, lo: int = 1) -> Setting:
    return Setting("num_particles", INT, default, "Draws from the guide a step.", lo=lo)


def _vectorised(default: bool) -> Setting:
    return Setting("vectorize_particles", BOOL, default, "Take them all at once.")


def _elbo(name: str, doc: str, by_row: bool = True) -> Component:
    return Component(name, doc, f"pyro.infer.{name}", (_particles(1), _vectorised(False)), positional=1, by_row=by_row)


LOSSES: dict[str, Component] = _table(
    _elbo("Trace_ELBO", "The evidence lower bound, negated."),
    _elbo("TraceMeanField_ELBO", "The same with exact divergences where they are known; needs a mean-field guide."),
    _elbo("TraceGraph_ELBO", "The same with less variance for discrete latents, by what depends on what."),
    _elbo("TraceEnum_ELBO", "The same with discrete latents summed out."),
    _elbo("TraceTMC_ELBO", "A tighter bound by combining draws of all latents (tensor Monte Carlo).", by_row=False),
    Component(
        "TraceTailAdaptive_ELBO",
        "A divergence that covers the posterior's tails. It gives gradients and no loss to look at.",
        "pyro.infer.TraceTailAdaptive_ELBO",
        (
            Setting("num_particles", INT, 1, "Draws from the guide a step; one is plain Trace_ELBO.", lo=1),
            Setting("tail_adaptive_beta", FLOAT, -1.0, "How strongly draws are weighted by their rank."),
        ),
        positional=1,
        fixed=(("vectorize_particles", True),),
    ),
    Component(
        "RenyiELBO",
        "Renyi's divergence of order `alpha`; 0 is the importance weighted bound.",
        "pyro.infer.RenyiELBO",
        (
            Setting("alpha", FLOAT, 0.0, "The order, not 1: that is Trace_ELBO.", excludes=(1.0,)),
            _particles(2),
            _vectorised(False),
        ),
        positional=2,
    ),
    Component(
        "ReweightedWakeSleep",
        "Fits the guide to weighted draws; for guides with discrete choices.",
        "pyro.infer.ReweightedWakeSleep",
        (
            _particles(2, lo=2),
            Setting("insomnia", FLOAT, 1.0, "1 fits on the data, 0 on simulated data.", lo=0.0, hi=1.0),
            Setting("model_has_params", BOOL, True, "Whether the model has params to fit."),
            Setting("num_sleep_particles", INT, None, "Draws of simulated data; as num_particles if not given.", lo=1),
            _vectorised(True),
        ),
        positional=2,
    ),
    Component(
        "EnergyDistance",
        "The distance of simulated from real data; needs no density, but likelihoods that are reparameterised.",
        "pyro.infer.EnergyDistance",
        (
            Setting("beta", FLOAT, 1.0, "The power of the distance.", lo=0.0, lo_open=True, hi=2.0, hi_open=True),
            Setting("prior_scale", FLOAT, 0.0, "The weight of the prior.", lo=0.0),
            _particles(2, lo=2),
        ),
        positional=3,
    ),
)

_COMPILED = "The compiled engine does what it does."

LOSSES_LEFT_OUT: dict[str, str] = {
    "CSIS": "It trains on simulated data with a loop of its own.",
    "ELBO": "A base class.",
    "JitTraceEnum_ELBO": _COMPILED,
    "JitTraceGraph_ELBO": _COMPILED,
    "JitTraceMeanField_ELBO": _COMPILED,
    "JitTrace_ELBO": _COMPILED,
    "Trace_MMD": "It takes a kernel of pyro.contrib.",
}


# Engines

OPTIM = Setting("optim", SettingKind.OPTIMISER, "Adam(lr = 0.01)", "The optimiser.")
SCHEDULE = Setting("schedule", SettingKind.SCHEDULE, None, "How its learning rate changes, step by step.")


ENGINE = Setting(
    "engine",
    SettingKind.WORD,
    "compiled",
    "What does the work: code compiled for the model, where that can be had, or Pyro.",
    choices=("compiled", "pyro"),
)


def _draws(doc: str) -> Setting:
    return Setting("draws", INT, 1000, doc, lo=1)


def _steps(default: int) -> Setting:
    return Setting("steps", INT, default, "Steps of the optimiser.", lo=1)


_ENGINES = (
    Engine(
        "nuts",
        "Hamiltonian Monte Carlo that finds its own path lengths (the No-U-Turn sampler).",
        "nuts",
        (
            Setting("chains", INT, 4, "Independent chains.", lo=1),
            Setting("warmup", INT, 1000, "Steps a chain, dropped, that adapt the sampler.", lo=0),
            _draws("Draws a chain, kept."),
            Setting("step_size", FLOAT, 1.0, "The step size to start with.", lo=0.0, lo_open=True),
            Setting("adapt_step_size", BOOL, True, "Adapt the step size during warmup."),
            Setting("adapt_mass_matrix", BOOL, True, "Adapt the mass matrix during warmup."),
            Setting("full_mass", BOOL, False, "Adapt all of the mass matrix, not only its diagonal."),
            Setting(
                "target_accept_prob",
                FLOAT,
                0.8,
                "The acceptance to adapt the step size to; nearer to 1 takes smaller steps.",
                lo=0.0,
                lo_open=True,
                hi=1.0,
                hi_open=True,
            ),
            Setting("max_tree_depth", INT, 10, "A path has at most two to this power steps.", lo=1),
            Setting("init_strategy", TEXT, "init_to_uniform", "Where chains start.", choices=INITIALISATIONS),
            Setting(
                "init_radius",
                FLOAT,
                2.0,
                "For init_to_uniform: how far from 0, on the unconstrained scale, chains may start.",
                lo=0.0,
                lo_open=True,
            ),
            ENGINE,
        ),
    ),
    Engine(
        "svi",
        "Fits a guide to the posterior by gradients of a loss.",
        "svi",
        (
            Setting("guide", SettingKind.GUIDE, "AutoNormal", "The family to fit: an autoguide or a guide block."),
            OPTIM,
            SCHEDULE,
            Setting("loss", SettingKind.LOSS, "Trace_ELBO", "The loss to minimise."),
            _steps(2000),
            _draws("Draws from the fitted guide."),
            Setting("batch", SettingKind.BATCH, None, "Rows of a plate a step, all of them if not given.", lo=1),
            ENGINE,
        ),
        params=True,
    ),
    Engine("map", "The posterior mode.", "point", (OPTIM, SCHEDULE, _steps(2000), ENGINE), params=True),
    Engine(
        "mle",
        "The maximum of the likelihood; priors do not count.",
        "point",
        (OPTIM, SCHEDULE, _steps(2000), ENGINE),
        params=True,
        priors=False,
    ),
)

ENGINES: dict[str, Engine] = {row.name: row for row in _ENGINES}
