"""Run guardrift as ``python -m guardrift``."""

import os
import sys

from guardrift import main

if __name__ == "__main__":
    # Python puts the current directory first, for -m alone; what somebody checked out there is not to be run.
    if not sys.flags.safe_path and sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109  (as Python spells it)
        del sys.path[0]
    main()
