"""Work side by side in copies of this process, for samplers that run one chain at a time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any


def forked(function: Callable[[Any], Any], arguments: Sequence[Any], workers: int) -> list[Any]:
    """`function` of each argument, in order; worker k of n takes k, k + n, .. Raises RuntimeError where one fails."""
    context = multiprocessing.get_context("fork")
    pipes = []
    for first in range(min(workers, len(arguments))):
        receive, send = context.Pipe(duplex=False)

        def work(first: int = first, send: Any = send) -> None:
            send.send([function(argument) for argument in arguments[first::workers]])
            send.close()

        process = context.Process(target=work, daemon=True)
        process.start()
        send.close()
        pipes.append((process, receive))
    found: list[Any] = [None] * len(arguments)
    for first, (process, receive) in enumerate(pipes):
        try:
            found[first::workers] = receive.recv()
        except EOFError:
            raise RuntimeError("a chain ended without draws") from None
        process.join()
    return found
