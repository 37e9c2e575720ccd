"""Record the histories of every wait anew, for the release that new syncs are versioned by.

    python3 dev.py bench histories

To be called when a wait is new, and with each new `defaultVersion` of host.json; recordings of earlier
releases stay as they are as long as a sync of theirs may run.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "fakes")]


def main() -> int:
    from recording import file_of, record, release
    from waits import USUAL, WAITS

    logging.disable(logging.CRITICAL)
    for wait in WAITS:
        path = file_of(wait.name, release())
        with tempfile.TemporaryDirectory() as folder:
            recorded = record(wait, USUAL, Path(folder))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
        print(f"{len(recorded['history']):4} events  {wait.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
