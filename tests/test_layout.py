"""The project keeps the rules of its layout, and each rule finds the faults planted for it."""

import sys
from pathlib import Path

import pytest

from infra.local.dev import layout
from infra.local.dev.layout import PURE, RULES, Module, Rule, project_modules, timer_modules

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    faults = [f"{module.name} {fault}" for module in project_modules(ROOT) for fault in rule(module)]
    assert faults == []


def test_one_module_creates_timers() -> None:
    assert len(timer_modules(project_modules(ROOT))) <= 1


def test_two_modules_that_create_timers_are_found() -> None:
    source = "def wait(context):\n    yield context.create_timer(1)\n"
    modules = [Module(f"functions.orchestrators.{name}", source) for name in ("one", "two")]
    assert len(timer_modules(modules)) == 2


def test_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_the_walk_sees_this_project() -> None:
    assert {"dev", "infra.local.processes", "tests.test_layout"} <= {m.name for m in project_modules(ROOT)}


SYNC = "functions.orchestrators.sync"
PURE_SAMPLE = "from shared.domain.plan import Plan\nimport datetime as dt\n"
EFFECTS = "time random uuid os pathlib socket subprocess secrets asyncio httpx sqlite3 urllib.request".split()
FAULTY: list[tuple[Rule, str, str]] = [
    (layout.framework_stays_in_functions, "shared.steps.backup", "import azure.functions as func"),
    (layout.framework_stays_in_functions, "shared.wire", "from azure import durable_functions"),
    (layout.framework_stays_in_functions, "infra.local.tenant.api", "from azure.functions import App"),
    (layout.only_settings_read_the_environment, "shared.adapters.graph", "import os\nx = os.environ['A']"),
    (layout.only_settings_read_the_environment, "functions.triggers.syncs", "import os\nx = os.getenv('A')"),
    (layout.only_settings_read_the_environment, "shared.services", "from os import environ"),
    (layout.only_services_name_an_adapter, "shared.steps.backup", "from shared.adapters.graph import Graph"),
    (layout.only_services_name_an_adapter, "functions.activities.backup", "from shared import adapters"),
    (layout.only_services_name_an_adapter, "shared.adapters.graph", "from shared.adapters import tables"),
    (layout.only_services_name_an_adapter, "shared.adapters.graph", "from .tables import Table"),
    (layout.only_services_name_an_adapter, "shared.adapters.graph", "from . import tables"),
    (layout.arrows_point_inward, "shared.steps.backup", "from shared.services import services"),
    (layout.arrows_point_inward, "shared.adapters.graph", "from shared.steps.backup import backup"),
    (layout.arrows_point_inward, "shared.ports", "import shared.steps"),
    (layout.arrows_point_inward, "shared.services", "from functions.activities import backup"),
    (layout.arrows_point_inward, "functions.triggers.syncs", "from infra.local.stack import KEY"),
    (layout.domain_imports_only_domain, "shared.domain.plan", "from shared.ports import Clock"),
    (layout.domain_imports_only_domain, "shared.domain.plan", "import pydantic"),
    (layout.domain_imports_only_domain, "shared.domain.plan", "def f():\n    from shared import wire"),
    *[(layout.domain_imports_only_domain, "shared.domain.plan", f"import {name}") for name in EFFECTS],
    (layout.orchestrators_import_only_domain, SYNC, "from shared.steps import backup"),
    (layout.orchestrators_import_only_domain, SYNC, "import azure.functions"),
    (layout.orchestrators_import_only_domain, SYNC, "from functions.activities import x"),
    *[(layout.orchestrators_import_only_domain, SYNC, f"import {name}") for name in EFFECTS],
    (layout.domain_and_orchestrators_are_pure, "shared.domain.plan", "x = open('a')"),
    (layout.domain_and_orchestrators_are_pure, "shared.domain.plan", "x = dt.datetime.now(dt.UTC)"),
    (layout.domain_and_orchestrators_are_pure, "shared.domain.plan", "x = date.today()"),
    (layout.domain_and_orchestrators_are_pure, SYNC, "x = datetime.utcnow()"),
    (layout.domain_and_orchestrators_are_pure, SYNC, "x = __import__('time')"),
    (layout.local_stand_ins_do_not_know_the_product, "infra.local.host.app", "from shared.names import Tag"),
    (layout.local_stand_ins_do_not_know_the_product, "infra.local.tenant.graph", "import functions.triggers"),
    (layout.local_stand_ins_do_not_know_the_product, "infra.local.host.app", "import function_app"),
    (layout.orchestrators_wait_only_for_what_replays, SYNC, "async def f(): pass"),
    *[
        (layout.orchestrators_wait_only_for_what_replays, SYNC, f"def f(context):\n    {line}")
        for line in (
            "yield context.call_http('GET', 'x')",
            "yield context.call_entity(e, 'x')",
            "yield self._context.call_entity(e, 'x')",
            "yield other.sleep(1)",
            "yield self.inherited(1)",
            "yield 1",
            "yield",
            "x = context.new_uuid()",
            "x = context.histories",
        )
    ],
    (layout.modules_are_short, "shared.steps.deploy", "x = 1\n" * 351),
    (layout.names_say_what_is_inside, "shared.utils", ""),
    (layout.names_say_what_is_inside, "infra.local.tenant.graph_helpers", ""),
    (layout.names_say_what_is_inside, "shared.models.plan", ""),
    (layout.nothing_imports_tests, "tests.shared.domain.test_plan", "from tests.builders import plan"),
]
CORRECT: list[tuple[Rule, str, str]] = [
    (layout.framework_stays_in_functions, "functions.triggers.syncs", "import azure.functions"),
    (layout.framework_stays_in_functions, "shared.adapters.tables", "from azure.data.tables import Table"),
    (layout.only_settings_read_the_environment, "shared.settings", "import os\nx = os.environ['A']"),
    (layout.only_services_name_an_adapter, "shared.services", "from shared.adapters.graph import Graph"),
    (layout.only_services_name_an_adapter, "shared.adapters.graph.batch", "import shared.adapters.graph"),
    (layout.arrows_point_inward, "functions.activities.backup", "from shared.services import services"),
    (layout.domain_imports_only_domain, "shared.domain.merge", PURE_SAMPLE),
    (layout.orchestrators_import_only_domain, SYNC, PURE_SAMPLE),
    (layout.orchestrators_wait_only_for_what_replays, SYNC,
     "def f(context):\n    yield context.task_any([context.create_timer(t)])\n    yield from wait(context)"),
    (layout.orchestrators_wait_only_for_what_replays, SYNC,
     "class Run:\n    def _task(self): ...\n    def go(self):\n        yield self._task()"),
    (layout.names_say_what_is_inside, "infra.local.tenant.models_from_sdk", ""),
]  # fmt: skip


def _name(value: Rule | str) -> str:
    return value if isinstance(value, str) else value.__name__


@pytest.mark.parametrize(("rule", "name", "source"), FAULTY, ids=_name)
def test_a_planted_fault_is_found(rule: Rule, name: str, source: str) -> None:
    assert list(rule(Module(name, source))) != []


@pytest.mark.parametrize(("rule", "name", "source"), CORRECT, ids=_name)
def test_what_is_allowed_is_not_found(rule: Rule, name: str, source: str) -> None:
    assert list(rule(Module(name, source))) == []


def test_every_rule_can_fail() -> None:
    assert {rule for rule, _, _ in FAULTY} == set(RULES)


def test_what_counts_as_pure_is_in_the_standard_library() -> None:
    assert {name.partition(".")[0] for name in PURE} <= sys.stdlib_module_names
