"""`python -m bayesdsl`, the same as `bayesdsl`."""

from __future__ import annotations

import sys

from bayesdsl.cli.process import entry

if __name__ == "__main__":
    sys.exit(entry())
