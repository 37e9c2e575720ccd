"""Lists: `$filter`, `$orderby`, `$select`, `$expand`, `$count` and pages with opaque links to the next."""

from __future__ import annotations

import base64
import binascii
import json
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .errors import GraphError
from .exchange import Request
from .filtering import parse_filter
from .schema import Schema
from .shaping import selected
from .table import Type

Body = dict[str, Any]
KNOWN = frozenset(
    {"$select", "$filter", "$expand", "$top", "$skip", "$count", "$orderby", "$search", "$skiptoken"}
)
_ADVANCED = frozenset({"ne", "not", "endswith"})
_EXPAND = re.compile(r"([^,(]+)(?:\(([^()]*(?:\([^()]*\))?[^()]*)\))?(?:,|$)")


@dataclass(frozen=True, slots=True)
class Query:
    """The options of one request, checked against what the table says is documented."""

    select: list[str] | None
    expand: dict[str, str]
    filter: str | None
    order: tuple[str, bool] | None
    top: int | None
    skip: int
    count: bool
    token: Body
    search: str | None


def read_query(request: Request, entry: Type, schema: Schema, *, item: bool = False) -> Query:
    """Parses and checks the query; anything undocumented for the type is a GraphError 400."""
    options = {}
    for name, value in request.options().items():
        option = name if name.startswith("$") else f"${name}"
        if option in KNOWN:
            options[option] = value
        elif name.startswith("$"):
            raise entry.dialect.refuse(f"The query parameter '{name}' is not supported.", code="BadRequest")
    allowed = entry.options | {"$select", "$skiptoken"}
    for option, value in options.items():
        if (option not in allowed and not (option == "$expand" and not value)) or (
            item and option not in ("$select", "$expand")
        ):
            raise entry.dialect.refuse(
                f"The query specified in the URI is not valid. Query option '{option}' is not allowed.",
                code="BadRequest",
            )
    return Query(
        select=_select(options.get("$select"), entry, schema),
        expand=_expand(options.get("$expand", ""), entry, item=item),
        filter=options.get("$filter"),
        order=_order(options.get("$orderby"), entry),
        top=_number(options.get("$top"), entry, "$top"),
        skip=_number(options.get("$skip"), entry, "$skip") or 0,
        count=options.get("$count", "").lower() == "true",
        token=read_token(options.get("$skiptoken"), entry),
        search=options.get("$search"),
    )


def _select(text: str | None, entry: Type, schema: Schema) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {name.lower() for name in schema.properties(entry.model)}
    for name in names:
        if name != "*" and name.split("/")[0].lower() not in known:
            raise entry.dialect.refuse(
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.{entry.model}'.",
                code="BadRequest",
            )
    return None if "*" in names else names


def _expand(text: str, entry: Type, *, item: bool) -> dict[str, str]:
    found = {}
    for name, inner in _EXPAND.findall(text):
        navigation = entry.navigation.get(name.strip())
        places = ("both", "item") if item else ("both",)
        if navigation is None or navigation.expandable not in places:
            raise entry.dialect.refuse(
                "Parsing OData Select and Expand failed: Could not expand the property named "
                f"'{name.strip()}' on type 'microsoft.graph.{entry.model}'.",
                code="BadRequest",
            )
        found[name.strip()] = inner
    return found


def _order(text: str | None, entry: Type) -> tuple[str, bool] | None:
    if not text:
        return None
    name, _, direction = text.strip().partition(" ")
    if name not in entry.order_by or direction.strip() not in ("", "asc", "desc"):
        raise entry.dialect.refuse(f"Sorting by '{text}' is not supported.", code="BadRequest")
    return name, direction.strip() == "desc"


def _number(text: str | None, entry: Type, option: str) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or (option == "$top" and not 1 <= int(text) <= entry.top):
        raise entry.dialect.refuse(
            f"Invalid value '{text}' for {option} query option found. The {option} query option requires a "
            f"non-negative integer of at most {entry.top}.",
            code="BadRequest",
        )
    return int(text)


def read_token(text: str | None, entry: Type) -> Body:
    """What `make_token` put into a token; a GraphError 400 for anything else."""
    if text is None:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(text[4:] + "=="))
    except (ValueError, binascii.Error) as exc:
        raise entry.dialect.refuse("The skip token is malformed.", code="BadRequest") from exc
    if not text.startswith("RFNw") or not isinstance(found, dict):
        raise entry.dialect.refuse("The skip token is malformed.", code="BadRequest")
    return found


def make_token(value: Body) -> str:
    """A token that says nothing to whoever reads it as text."""
    return "RFNw" + base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def next_link(request: Request, token: Body) -> str:
    """The absolute address of the next page: the request's own, with the token."""
    pairs = [
        (name, value)
        for name, value in urllib.parse.parse_qsl(request.query, keep_blank_values=True)
        if name.lower() not in ("$skiptoken", "$skip")
    ]
    pairs.append(("$skiptoken", make_token(token)))
    query = urllib.parse.urlencode(pairs, safe="$,()'", quote_via=urllib.parse.quote)
    return f"{request.origin}/{request.version}{request.path}?{query}"


def page_size(request: Request, default: int, top: int | None) -> int:
    """A page never holds more than the service likes, whatever `$top` asks."""
    own = request.tenant.behaviour.pageSize or default
    if top is None:
        return own
    return min(top, own) if request.tenant.behaviour.pageSize else top


def answer_list(
    request: Request,
    entry: Type,
    query: Query,
    keys: list[str],
    schema: Schema,
    show: Callable[[str], Body],
    finish: Callable[[str, Body], Body],
) -> Body:
    """Filters, sorts, cuts one page; `show` gives an object, `finish` adds what only a page needs ($expand).

    Without `$filter`, `$search` and `$orderby` only the page itself is shown: long lists stay cheap.
    """
    advanced = request.headers.get("consistencylevel", "").lower() == "eventual"
    keys = sorted(keys, key=lambda key: (len(key), key) if entry.identifier == "number" else (0, key))
    bodies: dict[str, Body] = {}
    if query.filter or query.search is not None or query.order:
        bodies = {key: show(key) for key in keys}
    if query.filter:
        test, operators = parse_filter(query.filter, entry, schema)
        _check_advanced(entry, operators, advanced=advanced and query.count)
        keys = [key for key in keys if test(bodies[key])]
    if query.search is not None:
        keys = _searched(keys, bodies, query.search, entry, advanced=advanced)
    total = len(keys)
    if query.order:
        name, descending = query.order
        keys.sort(key=lambda key: str(bodies[key].get(name) or "").lower(), reverse=descending)
        start = int(query.token.get("skip", query.skip))
    else:
        start = _after(keys, query.token.get("after")) if query.token else query.skip
    size = page_size(request, entry.page_size, query.top)
    page = keys[start : start + size]
    answer: Body = {"@odata.context": context(request, entry)}
    if query.count and not query.token and (advanced or entry.service.quota != "directory"):
        answer["@odata.count"] = total
    if start + size < total:
        token: Body = {"skip": start + size} if query.order else {"after": page[-1]}
        answer["@odata.nextLink"] = next_link(request, token)
    answer["value"] = [
        finish(key, selected(bodies.get(key) or show(key), query.select, entry)) for key in page
    ]
    return answer


def _after(keys: list[str], last: Any) -> int:
    if last in keys:
        return keys.index(last) + 1
    return sum(1 for key in keys if (len(key), key) <= (len(str(last)), str(last)))


def _check_advanced(entry: Type, operators: set[str], *, advanced: bool) -> None:
    """ne, not, endswith on directory objects: learn.microsoft.com/graph/aad-advanced-queries"""
    if entry.service.quota == "directory" and operators & _ADVANCED and not advanced:
        raise GraphError(
            400,
            "Request_UnsupportedQuery",
            "Operator is not supported because the required parameters might be missing. Try "
            "adding $count=true "
            "query parameter and ConsistencyLevel:eventual header. Refer to "
            "https://aka.ms/graph-docs/advanced-queries",
        )


def _searched(
    keys: list[str], bodies: dict[str, Body], text: str, entry: Type, *, advanced: bool
) -> list[str]:
    if not advanced:
        raise entry.dialect.refuse(
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'"
        )
    match = re.fullmatch(r'"(displayName|description|mail):(.+)"', text.strip())
    if match is None:
        raise entry.dialect.refuse(f"Syntax error in $search '{text}': the form is \"property:value\".")
    name, wanted = match.groups()
    return [key for key in keys if wanted.lower() in str(bodies[key].get(name) or "").lower()]


def context(request: Request, entry: Type, *, entity: bool = False) -> str:
    """The `@odata.context` of an answer."""
    return f"{request.origin}/{request.version}/$metadata#{entry.path}" + ("/$entity" if entity else "")
