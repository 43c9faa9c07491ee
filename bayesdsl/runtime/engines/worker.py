"""A process that runs chains for another: `python -m bayesdsl.runtime.engines.worker`.

It reads a job and then the numbers of the chains to run from its standard input, and writes what they give to its
standard output. It is started anew rather than forked or imported by `multiprocessing`, so that it works from any
script, notebook or thread, whatever that has done before.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from typing import Any, BinaryIO

from bayesdsl.runtime.engines import messages
from bayesdsl.runtime.engines.messages import Done, Failure, Job, Ready


def main() -> None:
    # The terminal sends its interrupt to every process; the parent decides what becomes of the draws.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = _private_output()
    chains: queue.Queue[int] = queue.Queue()
    job: Job = messages.read(sys.stdin.buffer)
    threading.Thread(target=_listen, args=(chains,), daemon=True).start()
    try:
        _serve(job, chains, output)
    except BrokenPipeError:
        os._exit(1)


def _private_output() -> BinaryIO:
    """The pipe to the parent, out of reach of a program that prints: its standard output is now standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def _listen(chains: queue.Queue[int]) -> None:
    """Take chains to run; when the parent has gone, however it went, go too."""
    try:
        while True:
            chains.put(messages.read(sys.stdin.buffer))
    except EOFError:
        os._exit(0)


def _serve(job: Job, chains: queue.Queue[int], output: BinaryIO) -> None:
    from bayesdsl.runtime.engines.errors import EngineError

    chain = 0
    try:
        import torch

        from bayesdsl.runtime.engines.chain import sample_chain

        torch.set_num_threads(1)
        density = _density(job)
        messages.write(output, Ready({"gradient": density.gradient, "gradient_note": density.gradient_note}))
        while True:
            chain = chains.get()
            for event in sample_chain(density, job.names, job.settings, job.seed, chain):
                messages.write(output, event)
            messages.write(output, Done(chain))
    except BrokenPipeError:
        raise
    except EngineError as error:
        messages.write(output, Failure(chain, error, error.message, ""))
    except Exception as error:
        messages.write(output, Failure(chain, None, f"{type(error).__name__}: {error}", traceback.format_exc()))


def _density(job: Job) -> Any:
    from bayesdsl.runtime.bound import BoundModel
    from bayesdsl.runtime.density import Density
    from bayesdsl.runtime.load import load

    module = load(job.source, job.module_name)
    bound = BoundModel(
        name=job.module_name,
        source=job.source,
        model=module.model,
        inputs=job.inputs,
        variables=(),
        coords={},
        dtype=job.dtype,
        starts=job.starts,
    )
    density = Density(bound)
    density.trace()
    return density


if __name__ == "__main__":
    main()
