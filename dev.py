#!/usr/bin/env python3
"""Run, test and measure Accord on this machine: `python3 dev.py run`, `test` or `bench`.

Needs Python 3.11 or newer and nothing else: what is missing is set up first. Any older Python can read
this file, so that it can say so.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is the case this line is for
    sys.exit(
        "dev.py needs Python 3.11 or newer, and this one is %d.%d: call it with a newer one, "  # noqa: UP031
        "such as `python3.12 dev.py`." % sys.version_info[:2]
    )

from infra.local.dev.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
