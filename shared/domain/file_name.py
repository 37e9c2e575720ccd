"""Where an item's file lies: names escaped reversibly, cut where too long, told apart where equal.

`<>:"/\\|?*%{}`, controls, a leading or trailing dot or space and Windows device names become `%XX` of UTF-8
(after NFC). A name of more than 120 characters is cut and gets `~` and 8 hexadecimal digits of its hash; one
that equals another's, ignoring case, gets `~` and 6 of its object id's hash, for good.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

from shared.domain.catalog import Kind, LongText, TypeSpec
from shared.domain.pattern import StepKind, parse
from shared.names import ItemPath, ObjectId, TypeKey, short_hash

LONGEST: Final = 120

_FORBIDDEN = re.compile(r'[<>:"/\\|?*%{}\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]')
_EDGE = re.compile(r"^[. ]|[. ]$")
_DEVICE = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)")
_OCTETS = re.compile(r"(?:%[0-9A-F]{2})+")
_SUFFIX = re.compile(r"~(?:[0-9a-f]{6}|[0-9a-f]{12})$")
_CUT = re.compile(r"~[0-9a-f]{8}$")


def escape(name: str) -> str:
    """A name as a file name, without extension, not yet cut. An empty name is `%00`, which no name holds."""
    text = _FORBIDDEN.sub(_octets, unicodedata.normalize("NFC", name))
    text = _EDGE.sub(_octets, text)
    if _DEVICE.match(text):
        text = _octets_of(text[0]) + text[1:]
    return text or "%00"


def _octets(found: re.Match[str]) -> str:
    return _octets_of(found[0])


def _octets_of(text: str) -> str:
    return "".join(f"%{octet:02X}" for octet in text.encode("utf-8", "surrogatepass"))


def unescape(stem: str) -> str:
    """The name that `escape` was given. Raises UnicodeDecodeError where `%XX` is no UTF-8."""
    if stem == "%00":
        return ""
    return _OCTETS.sub(
        lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogatepass"), stem
    )


def stem_of(name: str) -> str:
    """The file name, without extension, of an item of this name that no other equals."""
    text = escape(name)
    if len(text) <= LONGEST:
        return text
    cut = re.sub(r"%[0-9A-F]?$", "", text[:LONGEST])
    return f"{cut}~{short_hash(unicodedata.normalize('NFC', name), 8)}"


def suffixed(name: str, object_id: ObjectId, digits: int = 6) -> str:
    """The file name of an item whose name equals another's."""
    return f"{stem_of(name)}~{short_hash(object_id, digits)}"


def fits(stem: str, name: str, object_id: ObjectId | None) -> bool:
    """Is this a file name of that item?"""
    if stem == stem_of(name):
        return True
    return object_id is not None and stem in (suffixed(name, object_id), suffixed(name, object_id, 12))


def well_formed(stem: str) -> bool:
    """Could `stem_of` or `suffixed` have made it? What people name new files by."""
    for text in (stem, _SUFFIX.sub("", stem)):
        bare = _CUT.sub("", text)
        try:
            if (text == escape(unescape(text)) and len(text) <= LONGEST) or (
                bare != text and bare == re.sub(r"%[0-9A-F]?$", "", escape(unescape(bare))[:LONGEST])
            ):
                return True
        except UnicodeDecodeError:
            continue
    return False


def fold(path: str) -> str:
    """Equal for paths that a file system ignoring case or Unicode form would take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def folder(spec: TypeSpec) -> str:
    """Where the type's files lie, with the slash at its end."""
    return f"{spec.workload}/{spec.key}/"


def path_of(spec: TypeSpec, stem: str) -> ItemPath:
    """The JSON file of that name."""
    return ItemPath(f"{spec.workload}/{spec.key}/{stem}.json")


def stem_in(path: ItemPath) -> str:
    """The file name, without folder and extension."""
    return path.rpartition("/")[2].removesuffix(".json")


def type_in(path: str) -> TypeKey | None:
    """The type that a path lies in, if it lies in a type's folder."""
    parts = path.split("/")
    return TypeKey(parts[1]) if len(parts) == 3 else None


def readable(path: ItemPath) -> str:
    """The name that a path says, for messages: the item's own, unless it was cut."""
    try:
        return unescape(_SUFFIX.sub("", stem_in(path)))
    except UnicodeDecodeError:
        return stem_in(path)


def free_path(spec: TypeSpec, name: str, object_id: ObjectId, taken: AbstractSet[str]) -> ItemPath:
    """A path for this item that no other takes; `taken` holds folded paths."""
    if spec.kind is Kind.SINGLETON:
        return path_of(spec, spec.key)
    stems = [stem_of(name), suffixed(name, object_id), suffixed(name, object_id, 12)]
    return next(
        (
            path_of(spec, stem)
            for stem in stems
            if fold(path_of(spec, stem)) not in taken and not like_a_text(spec, stem)
        ),
        path_of(spec, f"{stem_of(name)}~{short_hash(object_id, 64)}"),
    )


def like_a_text(spec: TypeSpec, stem: str) -> bool:
    """Would this item's JSON file look like a long text of another item? Such a name gets a suffix."""
    form, name = side_form(spec.long_texts), f"{stem}.json"
    return any(form.fullmatch(name, dot.start()) for dot in re.finditer(r"\.", stem))


def assign_paths(
    spec: TypeSpec, names: Mapping[ObjectId, str], known: Mapping[ObjectId, ItemPath]
) -> dict[ObjectId, ItemPath]:
    """A path for each object of one type: the one it has where that still fits its name, else a free one.

    `known`: object id → path, from B. Independent of the order in which objects were read.
    """
    if spec.kind is Kind.SINGLETON:
        return {object_id: path_of(spec, spec.key) for object_id in names}
    paths: dict[ObjectId, ItemPath] = {}
    taken: set[str] = set()
    for object_id in sorted(names):
        path = known.get(object_id)
        if path is None or fold(path) in taken or like_a_text(spec, stem_in(path)):
            continue
        if fits(stem_in(path), names[object_id], object_id):
            paths[object_id] = path
            taken.add(fold(path))
    for object_id in sorted(_without(names, paths)):
        path = free_path(spec, names[object_id], object_id, taken)
        paths[object_id] = path
        taken.add(fold(path))
    return paths


def _without(names: Iterable[ObjectId], paths: Mapping[ObjectId, ItemPath]) -> list[ObjectId]:
    return [object_id for object_id in names if object_id not in paths]


@lru_cache(maxsize=256)
def side_form(texts: tuple[LongText, ...]) -> re.Pattern[str]:
    """What may follow an item's name in the name of a long text's file."""
    forms = []
    for text in texts:
        steps = [step for step in parse(text.path) if step.kind is not StepKind.WHERE]
        form = "".join(
            r"\.\d+" if step.kind is StepKind.EACH else r"\." + _letters(step.name) if step.name else r"\..+"
            for step in steps
        )
        forms.append(form + r"\." + re.escape(text.extension))
    return re.compile("|".join(forms) or r"(?!)")


def _letters(name: str) -> str:
    return re.escape(name).replace(r"\*", "[^.]*")
