"""The direction of imports, and what each part may do, read from the source (docs/architecture.md).

Every rule is a function from a module to the faults it finds; tests/test_layout.py runs them.
"""

import ast
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

PRODUCT = ("function_app", "functions", "shared")
FRAMEWORK = ("azure.functions", "azure.durable_functions")
LONGEST_MODULE = 350

# Of the standard library, what computes and nothing else. Time zones are data, though they come from files.
PURE = frozenset(
    "__future__ abc base64 binascii bisect collections copy dataclasses datetime decimal difflib enum "
    "fnmatch fractions functools graphlib hashlib heapq itertools json math operator re string textwrap "
    "types typing unicodedata urllib.parse zoneinfo".split()
)
# cronsim computes the times of a schedule and nothing else.
DOMAIN_IMPORTS = ("shared.domain", "shared.errors", "shared.names", "cronsim")
ORCHESTRATOR_IMPORTS = (
    "shared.domain", "shared.errors", "shared.names", "shared.wire", "functions.orchestrators",
    "azure.durable_functions",
)  # fmt: skip
# What an orchestrator may wait for, and what else it may ask of its context.
WAITS = frozenset(
    "call_activity call_activity_with_retry call_sub_orchestrator call_sub_orchestrator_with_retry "
    "create_timer wait_for_external_event task_any task_all".split()
)
CONTEXT = WAITS | frozenset(
    "continue_as_new get_input set_custom_status custom_status current_utc_datetime instance_id is_replaying "
    "parent_instance_id version".split()
)
CONTEXT_ONLY = frozenset("call_http call_entity signal_entity new_guid new_uuid".split())
CLOCKS = frozenset({"now", "utcnow", "today"})
FORBIDDEN_CALLS = frozenset({"open", "input", "print", "eval", "exec", "__import__", "breakpoint"})
FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "base", "models"})


T = TypeVar("T", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Module:
    """One source file. `name` is dotted: `shared.domain.plan`; a package's own is that of its folder."""

    name: str
    source: str
    is_package: bool = False

    @property
    def tree(self) -> ast.Module:
        return _parse(self.source, self.name)

    def within(self, *packages: str) -> bool:
        return _within(self.name, packages)

    def imports(self) -> Iterator[str]:
        """Every name imported anywhere in it, whole: `from shared import domain` is `shared.domain`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{self._origin(node)}.{alias.name}" for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".") + (["__init__"] if self.is_package else [])
        return ".".join((*parts[: -node.level], *filter(None, [node.module])))

    def nodes(self, kind: type[T]) -> Iterator[T]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))


@functools.cache
def _parse(source: str, name: str) -> ast.Module:
    return ast.parse(source, name)


Rule = Callable[[Module], Iterator[str]]


def _within(name: str, packages: tuple[str, ...] | frozenset[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _imports_only(module: Module, allowed: tuple[str, ...]) -> Iterator[str]:
    for name in module.imports():
        if not _within(name, allowed) and not _within(name, PURE):
            yield f"imports {name}"


def framework_stays_in_functions(module: Module) -> Iterator[str]:
    """Only the functions know Azure Functions; the local host loads an app through them."""
    if not module.within("functions", "function_app", "infra.local.host", "tests"):
        yield from (f"imports {name}" for name in module.imports() if _within(name, FRAMEWORK))


def only_settings_read_the_environment(module: Module) -> Iterator[str]:
    """Everything else is given what it needs, so that a test can give it something else."""
    if not module.within(*PRODUCT) or module.within("shared.settings"):
        return
    names = ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv")
    yield from (f"imports {name}" for name in module.imports() if name in names)
    for node in module.nodes(ast.Attribute):
        if ast.unparse(node) in names:
            yield f"uses {ast.unparse(node)}"


def only_services_name_an_adapter(module: Module) -> Iterator[str]:
    """Adapters do not know one another either; one that is a package knows its own modules."""
    own = ".".join(module.name.split(".")[:3])
    for name in module.imports():
        if not _within(name, ("shared.adapters",)) or not module.within(*PRODUCT):
            continue
        if not module.within("shared.services") and not _within(name, (own,)):
            yield f"imports {name}"


def arrows_point_inward(module: Module) -> Iterator[str]:
    """function_app → functions → services → adapters, and functions → steps → ports → domain."""
    outer = {
        "shared": ("functions", "function_app", "infra"),
        "shared.ports": ("shared.steps", "shared.services", "shared.settings"),
        "shared.steps": ("shared.services",),
        "shared.adapters": ("shared.steps", "shared.services"),
        "functions": ("function_app", "infra"),
        "function_app": ("infra",),
    }
    for inner, forbidden in outer.items():
        if module.within(inner):
            yield from (f"imports {name}" for name in module.imports() if _within(name, forbidden))


def domain_imports_only_domain(module: Module) -> Iterator[str]:
    """The domain turns values into values."""
    if module.within("shared.domain"):
        yield from _imports_only(module, DOMAIN_IMPORTS)


def orchestrators_import_only_domain(module: Module) -> Iterator[str]:
    """Orchestrators say in which order, and know nothing of how."""
    if module.within("functions.orchestrators"):
        yield from _imports_only(module, ORCHESTRATOR_IMPORTS)


def domain_and_orchestrators_are_pure(module: Module) -> Iterator[str]:
    """No clock, files or terminal; chance, network and environment they cannot even import."""
    if not module.within("shared.domain", "functions.orchestrators"):
        return
    for call in module.nodes(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id in FORBIDDEN_CALLS:
            yield f"calls {call.func.id}()"
        if isinstance(call.func, ast.Attribute) and call.func.attr in CLOCKS:
            yield f"calls {ast.unparse(call.func)}()"


def local_stand_ins_do_not_know_the_product(module: Module) -> Iterator[str]:
    """They know it through HTTP and the Functions programming model, as Azure does."""
    if module.within("infra", "dev"):
        yield from (f"imports {name}" for name in module.imports() if _within(name, PRODUCT))


def orchestrators_wait_only_for_what_replays(module: Module) -> Iterator[str]:
    """Activities, sub-orchestrations, timers, events, all or any of these, and continue-as-new."""
    if not module.within("functions.orchestrators"):
        return
    for kind in (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith):
        yield from (f"is asynchronous: {ast.unparse(node)}" for node in module.nodes(kind))
    for attribute in module.nodes(ast.Attribute):
        name, owner = attribute.attr, ast.unparse(attribute.value).rpartition(".")[2].lstrip("_")
        if name in CONTEXT_ONLY or (owner == "context" and name not in CONTEXT):
            yield f"uses {ast.unparse(attribute)}"
    # A function of the module's own may make the task: what it calls is looked at here as well.
    own = {f"self.{function.name}" for function in module.nodes(ast.FunctionDef)}
    for node in module.nodes(ast.Yield):
        value = node.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if value.func.attr not in WAITS and ast.unparse(value.func) not in own:
                yield f"yields {ast.unparse(value)}"
        elif not isinstance(value, ast.Call | ast.Name | ast.Attribute | ast.Subscript):
            yield f"yields {ast.unparse(node)}"


def modules_are_short(module: Module) -> Iterator[str]:
    """A module that is long is two."""
    lines = module.source.count("\n")
    if lines > LONGEST_MODULE:
        yield f"has {lines} lines, and {LONGEST_MODULE} is the most: it is two things"


def names_say_what_is_inside(module: Module) -> Iterator[str]:
    """Not how it is used, nor that it was left over."""
    for part in module.name.split("."):
        if part in FORBIDDEN_NAMES or part.rpartition("_")[2] in FORBIDDEN_NAMES - {"base", "common"}:
            yield f"is named {part}"


def nothing_imports_tests(module: Module) -> Iterator[str]:
    """The Durable SDK installs a package `tests` of its own: the name would be a lottery."""
    yield from (f"imports {name}" for name in module.imports() if _within(name, ("tests",)))


RULES: tuple[Rule, ...] = (
    framework_stays_in_functions,
    only_settings_read_the_environment,
    only_services_name_an_adapter,
    arrows_point_inward,
    domain_imports_only_domain,
    orchestrators_import_only_domain,
    domain_and_orchestrators_are_pure,
    local_stand_ins_do_not_know_the_product,
    orchestrators_wait_only_for_what_replays,
    modules_are_short,
    names_say_what_is_inside,
    nothing_imports_tests,
)


def project_modules(root: Path) -> list[Module]:
    """Every source file of the project in the folder `root`, tests included."""
    paths = [root / "function_app.py", root / "dev.py"]
    for folder in ("functions", "shared", "infra", "tests"):
        paths += sorted((root / folder).rglob("*.py"))
    modules = []
    for path in paths:
        if path.exists():
            parts = path.relative_to(root).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            modules.append(Module(name, path.read_text(encoding="utf-8"), is_package))
    return modules


def timer_modules(modules: Iterable[Module]) -> list[str]:
    """Those of the product that call `create_timer`."""
    return [
        module.name
        for module in modules
        if module.within(*PRODUCT)
        if any(attribute.attr == "create_timer" for attribute in module.nodes(ast.Attribute))
    ]
