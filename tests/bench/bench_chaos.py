"""The end-to-end suite in chaos: three hosts on one data folder, late by up to five seconds and repeating.

    python3 dev.py bench chaos --seed 7

Every test that drives the running stack, with one host for HTTP and two for the work; starts, events and
activities come late, and every fourth activity is delivered twice, to any of the two. Prints what failed and
how many calls were delivered twice. `--share 4` takes a quarter, as CI does; what follows `--` is for pytest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what chance decides")
    parser.add_argument("--share", type=int, default=1, metavar="N", help="one in N tests")
    parser.add_argument("--workers", default="4", help="stacks side by side; each mostly waits")
    parser.add_argument("pytest", nargs="*", help="further arguments of pytest")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.xml")
        command = [
            sys.executable, "-m", "pytest", "tests/e2e", "-q", "--chaos",
            "--seed", str(options.seed), "--share", str(options.share), "-n", options.workers,
            "--dist", "worksteal", f"--junitxml={results}", f"--basetemp={folder}/tests", *options.pytest,
        ]  # fmt: skip
        code = subprocess.call(command, cwd=ROOT)
        tests = list(ET.parse(results).getroot().iter("testcase"))
        logs = [log.read_text(errors="replace") for log in Path(folder).rglob("host-*.log")]
    failed = sum(test.find("failure") is not None or test.find("error") is not None for test in tests)
    twice = sum(log.count(" is delivered a second time") for log in logs)
    print(f"\nseed {options.seed}: {len(tests)} tests, {failed} failed, {twice} calls delivered twice, "
          f"{time.monotonic() - began:.0f} s")  # fmt: skip
    return code


if __name__ == "__main__":
    raise SystemExit(main())
