"""`python -m bayesdsl`, the same as `bayesdsl`."""

from __future__ import annotations

import sys

from bayesdsl.cli import main

if __name__ == "__main__":
    sys.exit(main())
