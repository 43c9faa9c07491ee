"""Another device than the cores of this machine: a fit whose tensors are all made there, and read back for NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Report

# Engines that take their steps where the data are.
ENGINES = ("svi", "nuts")
# Of these, those that are told the device: programs run on the cores, and what they do is done there.
_TOLD = ("nuts",)
# What hands a tensor's numbers to NumPy, which reads none but those of the cores.
_TO_NUMPY = (torch.Tensor.numpy, torch.Tensor.__array__)


def run_on(
    device: torch.device | None,
    name: str,
    run: Callable[..., Posterior],
    bound: BoundModel,
    settings: dict[str, Any],
    seed: int,
    report: Report,
) -> Posterior:
    """What the `run` of the engine called `name` gives when its tensors are on a device, None for the cores.
    `facts["device"]` names it."""
    if device is None:
        return run(bound, settings, seed, report)
    if name in _TOLD:
        found = run(bound, settings, seed, report, device)
    else:
        with on(device, seed):
            found = run(moved(bound, device), {**settings, "engine": "pyro"}, seed, report)
    return replace(found, facts={**found.facts, "device": str(device)})


def device_of(name: str, engine: str) -> torch.device | None:
    """The device of that name for an engine, None for the cores. Raises BayesError where there is none, or where the
    engine does not run there."""
    try:
        device = torch.device(name)
    except RuntimeError:
        raise BayesError((_no_device(name, "it is no name of a device"),)) from None
    if device.type == "cpu":
        return None
    if device.type != "cuda":
        raise BayesError((_no_device(name, "runs are on cpu or cuda"),))
    reason = _absent(device)
    if reason is not None:
        raise BayesError((_no_device(name, reason),))
    if engine not in ENGINES:
        raise BayesError((_not_there(engine),))
    return device


def _absent(device: torch.device) -> str | None:
    """Why torch cannot use a GPU, as a clause; None where it can."""
    if torch.version.cuda is None:
        return "the torch that is installed is built for the CPU alone"
    if not torch.cuda.is_available():
        return "torch finds no GPU"
    count = torch.cuda.device_count()
    if device.index is not None and device.index >= count:
        return f"torch finds {count}, cuda:0 to cuda:{count - 1}" if count > 1 else "torch finds one, cuda:0"
    return None


def moved(bound: BoundModel, device: torch.device) -> BoundModel:
    """The model with its data on a device."""
    starts = tuple(
        replace(start, places=start.places.to(device), centre=start.centre.to(device), spread=start.spread.to(device))
        for start in bound.starts
    )
    return replace(bound, inputs={name: _to(value, device) for name, value in bound.inputs.items()}, starts=starts)


def _to(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value


@contextmanager
def on(device: torch.device, seed: int) -> Iterator[None]:
    """Tensors made inside are on the device, whose random numbers are set from the seed and as before afterwards."""
    used = [torch.cuda.current_device() if device.index is None else device.index] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=used), device, _ReadBack():
        for index in used:
            with torch.cuda.device(index):
                torch.cuda.manual_seed(seed)
        yield


class _ReadBack(TorchFunctionMode):
    """Tensors are copied to the cores where NumPy asks for their numbers."""

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _TO_NUMPY:
            args = (args[0].cpu(), *args[1:])
        return func(*args, **(kwargs or {}))


def _no_device(name: str, reason: str) -> Diagnostic:
    return Diagnostic(
        "BD886", f"there is no device `{name}`: {reason}", hint="leave `--device` out; `bayesdsl doctor` tells more"
    )


def _not_there(engine: str) -> Diagnostic:
    return Diagnostic(
        "BD887",
        f"`{engine}` does not run on a GPU",
        hint="leave `--device` out, or use `--infer nuts` or `--infer svi`",
    )
