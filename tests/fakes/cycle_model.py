"""A model of sync cycles: the tiny world, what people do to it, and what they may then expect of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from shared.domain.compare import Reason
from shared.domain.files import FileFault, from_files
from shared.domain.item import Content, PropertyPath, Value
from shared.domain.plan import Action, Plan
from shared.domain.properties import apply, diff, flatten, same, value_at

KEY = "locations"
GONE = "gone"
SCALARS = st.sampled_from(["p", "q", "k", "j", "o", "list"])


@dataclass
class Model:
    """The world, and what people wish of it: path → property → value, or GONE for a removed file."""

    world: Any
    wishes: dict[str, Any] = field(default_factory=dict)
    agreed: dict[tuple[str, PropertyPath], Value] = field(default_factory=dict)
    """What B held where somebody wished something else: it stays until the wish ends."""
    plan: Plan | None = None
    fresh: int = 0

    @property
    def entry(self) -> Any:
        return self.world.catalog.types[KEY]

    def next(self) -> int:
        self.fresh += 1
        return self.fresh

    def files(self) -> list[str]:
        return sorted(path for path in self.world.main if path.startswith(f"entra/{KEY}/"))

    def objects(self) -> list[str]:
        return sorted(self.world.objects.get(KEY, {}))

    def in_main(self, path: str) -> Content | None:
        return self._content(self.world.main, path)

    def in_base(self, path: str) -> Content | None:
        return self._content(self.world.base, path)

    def _content(self, files: dict[str, bytes], path: str) -> Content | None:
        found = from_files(self.entry, path, files)
        return None if isinstance(found, FileFault) else found

    def in_tenant(self, path: str) -> Content | None:
        object_id = self.world.agreement.ids.get(path)
        raw = self.world.objects.get(KEY, {}).get(object_id)
        return None if raw is None else {key: value for key, value in raw.items() if key != "id"}

    # --- what people do ---

    def push(self, path: str, content: Any) -> None:
        name = path.rpartition("/")[2].removesuffix(".json")
        self.world.push(KEY, name, content)
        base = self.in_base(path)
        if content is None:
            self.wishes.pop(path, None)
            if base is not None:
                self.wishes[path] = GONE
            return
        found = dict(_leaves(diff(self.entry, base or {}, content)))
        self.wishes.pop(path, None)
        if found or base is None:
            self.wishes[path] = found
        self.remember(path)

    def remember(self, path: str) -> None:
        """Of wishes that are new, notes what B holds; forgets those that ended."""
        wish = self.wishes.get(path, {})
        wish = {} if wish == GONE else wish
        base = self.in_base(path)
        for one in [key for key in self.agreed if key[0] == path and key[1] not in wish]:
            del self.agreed[one]
        for one in wish:
            self.agreed.setdefault((path, one), value_at(self.entry, base, one))

    def changed(self, content: Any, what: str, value: int) -> dict[str, Any]:
        """A copy with one thing changed; every value is new, except that members come and go."""
        content = {key: (dict(inner) if isinstance(inner, dict) else inner) for key, inner in content.items()}
        if what in ("p", "q"):
            if value % 4:
                content[what] = self.next()
            else:
                content.pop(what, None)
        elif what in ("k", "j"):
            inner = content.get("o")
            inner = inner if isinstance(inner, dict) else {}
            if value % 4:
                inner = {**inner, what: self.next()}
            else:
                inner = {key: one for key, one in inner.items() if key != what}
            content["o"] = inner
        elif what == "o":
            shapes: list[Any] = [None, {}, {"k": self.next()}, self.next()]
            if value % 5 == 4:
                content.pop("o", None)
            else:
                content["o"] = shapes[value % 5]
        elif what == "list":
            content["list"] = [self.next()]
        else:
            members = set(content.get("countries") or [])
            content["countries"] = sorted(members ^ {what})
        return content

    def do(self, step: tuple[Any, ...]) -> None:
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_push(self, which: int, what: str, value: int) -> None:
        if files := self.files():
            path = files[which % len(files)]
            self.push(path, self.changed(self.in_main(path), what, value))

    def do_portal(self, which: int, what: str, value: int) -> None:
        if ids := self.objects():
            object_id = ids[which % len(ids)]
            raw = self.world.objects[KEY][object_id]
            self.world.objects[KEY][object_id] = self.changed(raw, what, value)

    def do_create(self, where: int) -> None:
        name = f"N{self.next()}"
        if where % 2:
            self.push(f"entra/{KEY}/{name}.json", {"displayName": name, "p": self.next()})
        else:
            self.world.portal(KEY, name, p=self.next(), o={"k": self.next()}, countries=["a"])

    def do_delete(self, where: int, which: int) -> None:
        if where % 2 and (files := self.files()):
            self.push(files[which % len(files)], None)
        elif not where % 2 and (ids := self.objects()):
            self.world.remove(KEY, ids[which % len(ids)])

    def do_rename(self, where: int, which: int) -> None:
        name = f"N{self.next()}"
        if where % 2 and (files := self.files()):
            path = files[which % len(files)]
            self.push(path, {**self.in_main(path), "displayName": name})
        elif not where % 2 and (ids := self.objects()):
            self.world.objects[KEY][ids[which % len(ids)]]["displayName"] = name

    def do_recreate(self, which: int) -> None:
        if ids := self.objects():
            raw = self.world.objects[KEY].pop(ids[which % len(ids)])
            rest = {key: value for key, value in raw.items() if key not in ("id", "displayName")}
            self.world.portal(KEY, raw["displayName"], **rest)

    # --- what Accord does ---

    def do_sync(self, unread: int) -> None:
        self.world.unread = {KEY} if unread == 0 else set()
        before = dict(self.world.main), dict(self.world.base)
        self.plan = self.world.sync()
        if self.world.unread:
            assert self.plan.changes == ()
            assert before == (self.world.main, self.world.base)
            self.plan = None
            return
        for note in self.world.found.notes:
            if note.reason is Reason.MOVED and note.came_from in self.wishes:
                self.wishes[note.path] = self.wishes.pop(note.came_from)
                for old, one in [key for key in self.agreed if key[0] == note.came_from]:
                    self.agreed[note.path, one] = self.agreed.pop((old, one))
        self.check()

    def do_late(self, who: str, which: int, thing: str, value: int) -> None:
        """A wish, its plan, an edit after the plan, and the approval of the plan as it was."""
        self.do_push(which, thing, value)
        self.do_sync(1)
        (self.do_push if who == "push" else self.do_portal)(which, thing, value + 1)
        self.do_approve(255, 0)

    def do_approve(self, chosen: int, failing: int) -> None:
        plan, self.plan = self.plan, None
        if plan is None:
            return
        names = [change.id for at, change in enumerate(plan.changes) if chosen >> (at % 8) & 1]
        bad = {change.id for at, change in enumerate(plan.changes) if failing >> (at % 8) & 1}
        objects = {one: dict(raw) for one, raw in self.world.objects.get(KEY, {}).items()}
        heads = {change.path: self.in_main(change.path) for change in plan.changes}
        results = self.world.deploy(plan, names, service=lambda one, raw: None if one.id in bad else raw)
        for change in plan.changes:
            if results.get(change.id) == "applied":
                head, held = heads[change.path], objects.get(change.object_id, {})
                assert flatten(self.entry, self.world.reviewed(change) or {}) == flatten(
                    self.entry, {name: value for name, value in held.items() if name != "id"}
                ), f"{change.path}: written over what nobody reviewed"
                for row in change.properties:
                    there = value_at(self.entry, head, row.path)
                    assert same(there, row.repository), f"{change.path}: {row.path} written, no longer wanted"
                self.done(change, [row.path for row in change.properties])

    def do_revert(self, chosen: int) -> None:
        plan, self.plan = self.plan, None
        if plan is None:
            return
        names = [change.id for at, change in enumerate(plan.changes) if chosen >> (at % 8) & 1]
        left = self.world.revert(plan, names).left
        for change in plan.changes:
            if change.id in names:
                kept = {one.property for one in left if one.change == change.id}
                if () not in kept and not (kept and change.action is not Action.UPDATE):
                    self.done(change, [row.path for row in change.properties if row.path not in kept])

    def done(self, change: Any, paths: list[PropertyPath]) -> None:
        """These properties are as wished, or as the tenant has them: what is left of the wishes is what a
        later push asked for. A create takes the whole item, also what is wished not to be there.
        """
        paths = [()] if change.action is Action.CREATE else paths
        for one in [key for key in self.agreed if key[0] == change.path]:
            if any(_overlap(one[1], path) for path in paths):
                del self.agreed[one]
        self.end(change, paths)
        self.remember(change.path)

    def end(self, change: Any, paths: list[PropertyPath]) -> None:
        wish = self.wishes.get(change.path)
        content = self.in_main(change.path)
        if wish == GONE:
            if change.action is Action.DELETE:
                del self.wishes[change.path]
            return
        if content is None or wish is None:
            self.wishes.pop(change.path, None)
            return
        base = self.in_base(change.path) or {}
        for path in list(wish):
            if any(_overlap(path, one) for one in paths) and same(
                value_at(self.entry, base, path), value_at(self.entry, content, path)
            ):
                del wish[path]
        if not wish:
            del self.wishes[change.path]

    # --- what must hold after every comparison ---

    def check(self) -> None:
        by_path = {change.path: change for change in self.plan.changes}
        assert len(by_path) == len(self.plan.changes)
        assert not any(change.blocked for change in self.plan.changes)
        ids = self.world.agreement.ids
        assert sorted(ids.values()) == sorted(set(self.objects()) & set(ids.values())), (
            "B knows an object that the tenant has not"
        )
        for path in sorted({*self.files(), *self.wishes, *by_path, *ids}):
            self.check_item(path, by_path.get(path))
        again = self.world.sync()
        assert again.digest == self.plan.digest, "the same comparison planned something else"
        assert not self.world.found.main, "a second backup of an unchanged tenant commits"

    def check_item(self, path: str, change: Any) -> None:
        tenant, head, base = self.in_tenant(path), self.in_main(path), self.in_base(path)
        wish = self.wishes.get(path)
        if wish == GONE:
            assert head is None, f"{path}: removed by a person, and back"
            if tenant is None:
                assert change is None
                del self.wishes[path]
            else:
                assert getattr(change, "action", None) is Action.DELETE, f"{path}: delete not proposed"
            return
        if wish is None:
            assert change is None, f"{path}: planned, and nobody asked for it"
            assert head == base == tenant or _alike(self.entry, head, tenant, base)
            return
        self.check_wishes(path, change, wish, tenant, head, base)

    def check_wishes(
        self, path: str, change: Any, wish: dict[PropertyPath, Value], tenant: Any, head: Any, base: Any
    ) -> None:
        assert head is not None, f"{path}: the file with a wish is gone"
        if tenant is None:
            assert getattr(change, "action", None) is Action.CREATE, f"{path}: create not proposed"
            wanted = apply(self.entry, {}, {row.path: row.repository for row in change.properties})
        else:
            rows = () if change is None else change.properties
            wanted = apply(self.entry, tenant, {row.path: row.repository for row in rows})
        for one, value in wish.items():
            if value != {}:
                assert same(value_at(self.entry, wanted, one), value), (
                    f"{path}: {one} is wished and not proposed"
                )
                assert same(value_at(self.entry, head, one), value), f"{path}: {one} lost its wish"
        for one in diff(self.entry, tenant, wanted) if tenant is not None else ():
            assert any(_overlap(one, other) for other in wish), (
                f"{path}: {one} is proposed and nobody asked for it"
            )
        if tenant is not None:
            for one, value in list(wish.items()):
                asked = any(_overlap(one, row.path) for row in (change.properties if change else ()))
                if same(value_at(self.entry, tenant, one), value) and not asked:
                    del wish[one]
            if not wish:
                del self.wishes[path]
            self.remember(path)
        for one in (one for one, value in wish.items() if value != {}):
            before = self.agreed[path, one]
            assert same(value_at(self.entry, base, one), before), (
                f"{path}: B moved at {one}, and nobody agreed"
            )


def _leaves(changes: dict[PropertyPath, Value]) -> Iterator[tuple[PropertyPath, Value]]:
    """A whole object is the wish for each property in it: the other side may add more."""
    for path, value in changes.items():
        if isinstance(value, dict) and value:
            yield from _leaves({(*path, name): inner for name, inner in value.items()})
        else:
            yield path, value


def _overlap(left: PropertyPath, right: PropertyPath) -> bool:
    length = min(len(left), len(right))
    return left[:length] == right[:length]


def _alike(entry: Any, *sides: Any) -> bool:
    flats = [None if side is None else flatten(entry, side) for side in sides]
    return all(flat == flats[0] for flat in flats)
