from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("module", ["shared.adapters.repository", "shared.adapters.repository.messages"])
def test_importing_it_loads_neither_dulwich_nor_azure(module: str) -> None:
    program = f"import sys, {module}; print([name for name in ('dulwich', 'azure') if name in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
