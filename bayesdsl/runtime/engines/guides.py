"""Pyro's autoguides, made in the program's precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch
from pyro.infer.autoguide import AutoDelta, AutoGaussian, AutoGuide, AutoLaplaceApproximation
from torch.overrides import TorchFunctionMode

from bayesdsl.runtime.engines.errors import LaplaceFailed, reason


def start_in(guide: Any, settings: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    """Let a guide start where it would, in a precision of our own: its parameters take that of where it starts."""
    parameter = signature(guide.__init__).parameters.get("init_loc_fn")
    start = settings.get("init_loc_fn", parameter.default if parameter is not None else None)
    return settings | {"init_loc_fn": lambda site: start(site).to(dtype)} if callable(start) else settings


def set_up(guide: Any, dtype: torch.dtype) -> None:
    """Let a guide look at the model, and turn what it makes in torch's default precision into ours.

    Some parts are made when it looks at the model, others when it is first called.
    """
    if isinstance(guide, AutoGuide):
        guide._setup_prototype()
        guide.to(dtype)
    guide()
    if isinstance(guide, torch.nn.Module):
        guide.to(dtype)


def laplace(guide: AutoLaplaceApproximation) -> Any:
    """The guide with the curvature where it stands. Raises LaplaceFailed."""
    try:
        approximation = guide.laplace_approximation()
    except (RuntimeError, torch.linalg.LinAlgError) as error:
        raise LaplaceFailed(reason(error)) from error
    if not approximation.scale_tril.isfinite().all():
        raise LaplaceFailed("its curvature is negative in some direction")
    return approximation


def is_point(guide: Any) -> bool:
    """Whether a guide has a single value for some latent."""
    parts = guide.modules() if isinstance(guide, torch.nn.Module) else ()
    return any(isinstance(part, AutoDelta) for part in parts)


class _RealsAs(TorchFunctionMode):
    """Tensors of reals made inside have a precision of their own, whatever torch's default is."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.zeros, torch.ones, torch.eye) and kwargs.get("dtype") is None:
            kwargs["dtype"] = self.dtype
        return func(*args, **kwargs)


@contextmanager
def reals_as(guide: Any, dtype: torch.dtype) -> Iterator[None]:
    """AutoGaussian makes some of its tensors in torch's default precision each time it is called."""
    if isinstance(guide, AutoGaussian):
        with _RealsAs(dtype):
            yield
    else:
        yield
