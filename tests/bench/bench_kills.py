"""A campaign of kills: the host dies at random requests, and every sync must end as if nothing had happened.

    python3 dev.py bench kills --n 500 --seed 7

Runs the end-to-end test of kills with as many as asked for, and prints how many struck and where. The same
seed chooses the same requests; what a host has done by then differs a little with the machine.
"""

from __future__ import annotations

import argparse
import collections
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench kills", description=__doc__)
    parser.add_argument("--n", type=int, default=30, help="kills to aim at")
    parser.add_argument("--seed", type=int, default=1, help="chooses where")
    parser.add_argument("--workers", default="2", help="hosts that die side by side")
    options = parser.parse_args()
    environment = {**os.environ, "ACCORD_KILLS": str(options.n), "ACCORD_SEED": str(options.seed)}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.xml")
        command = [
            sys.executable, "-m", "pytest", "tests/e2e/test_killed.py", "-q", "-n", options.workers,
            "--dist", "worksteal", f"--junitxml={results}",
        ]  # fmt: skip
        code = subprocess.call(command, cwd=ROOT, env=environment)
        tests = ET.parse(results).getroot().iter("testcase")
        found = [
            (test.get("name", ""), bool(list(test.iter("failure")) + list(test.iter("error"))), deaths(test))
            for test in tests
        ]
    where = collections.Counter(" ".join(death.split()[:2]) for _, _, all_ in found for death in all_)
    print(f"\nseed {options.seed}: {sum(where.values())} kills in {len(found)} syncs, "
          f"{sum(failed for _, failed, _ in found)} failed, {time.monotonic() - began:.0f} s")  # fmt: skip
    for kind, count in where.most_common():
        print(f"  {count:5}  {kind}")
    for name, failed, all_ in found:
        if failed:
            print(f"failed: {name}", *all_, sep="\n    ")
    return code


def deaths(test: ET.Element) -> list[str]:
    """Where the host died in that test."""
    return [one.get("value", "") for one in test.iter("property") if one.get("name") == "death"]


if __name__ == "__main__":
    raise SystemExit(main())
