"""The simulation is the product's critic: it may share nothing with it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import infra.local.tenant

SOURCE = Path(infra.local.tenant.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
PRODUCT = ("shared", "functions", "function_app")


def imported(module: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(SOURCE)))
def test_a_module_imports_nothing_of_the_product(module: Path) -> None:
    names = imported(module)
    assert not {n for n in names if n.split(".")[0] in PRODUCT}
    assert not {n for n in names if n.startswith("infra") and not n.startswith("infra.local.tenant")}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(SOURCE)))
def test_a_module_reads_no_file_of_the_product(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            steps = node.value.replace("\\", "/").split("/")
            assert not ({"shared", "functions", "catalog"} & set(steps)), node.value
        if isinstance(node, ast.Attribute) and node.attr == "parents":
            raise AssertionError("a module looks above its own folder")


def test_no_data_file_is_a_link_out_of_the_folder() -> None:
    assert not [p for p in SOURCE.rglob("*") if p.is_symlink()]
