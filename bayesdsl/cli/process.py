"""The command as a process of its own, and what is arranged for it that a program which calls `main` is left without.

Python's collector of cycles looks through everything that is there each time that a quarter more has come. While
libraries are imported everything stays, so that there is nothing to find, and at the end of a process nobody needs the
room: together that is half a second of a run's time. So the collector waits until `settled`, and what was there then
it leaves alone.
"""

from __future__ import annotations

import gc

from bayesdsl.cli import main


def entry() -> int:
    """Run the command line of this process, and give its exit status."""
    gc.disable()
    try:
        return main()
    finally:
        gc.freeze()


def settled() -> None:
    """To be said before work that takes long and makes what is to be thrown away. Harmless where all is as usual."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
