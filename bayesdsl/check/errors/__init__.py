"""What the checker can find, one constructor a finding: the only place where its messages are written.

`diagnostics/codes/` holds why each rule exists; here stand the words for one occurrence. Those of layers are in
`errors.layers`.
"""

from __future__ import annotations

from bayesdsl.check.errors.distributions import *  # noqa: F403
from bayesdsl.check.errors.inference import *  # noqa: F403
from bayesdsl.check.errors.lints import *  # noqa: F403
from bayesdsl.check.errors.names import *  # noqa: F403
from bayesdsl.check.errors.plates import *  # noqa: F403
from bayesdsl.check.errors.types import *  # noqa: F403
from bayesdsl.check.errors.words import *  # noqa: F403
