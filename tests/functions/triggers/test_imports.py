"""Importing the handlers stays light: cold start is what a user feels."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAVY = (
    "pydantic msal httpx dulwich cryptography azure.data.tables azure.storage.blob shared.services".split()
)


def test_the_handlers_load_no_heavy_library() -> None:
    program = "import sys; from functions.triggers import blueprints; blueprints(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(HEAVY) & set(done.stdout.split()) == set()
