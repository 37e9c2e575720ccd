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
    for option in options:
        if (option not in allowed and not (option == "$expand" and not options[option])) or (
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
        token=_token(options.get("$skiptoken"), entry),
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


def _token(text: str | None, entry: Type) -> Body:
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
    shown: list[tuple[str, Body]],
    schema: Schema,
    finish: Callable[[str, Body], Body],
) -> Body:
    """Filters, sorts, cuts one page; `finish` adds what only the objects of the page need ($expand)."""
    advanced = request.headers.get("consistencylevel", "").lower() == "eventual"
    if query.filter:
        test, operators = parse_filter(query.filter, entry, schema)
        _check_advanced(entry, operators, advanced=advanced and query.count)
        shown = [(key, body) for key, body in shown if test(body)]
    if query.search is not None:
        shown = _searched(shown, query.search, entry, advanced=advanced)
    total = len(shown)
    if query.order:
        name, descending = query.order
        shown.sort(key=lambda pair: str(pair[1].get(name) or "").lower(), reverse=descending)
        start = int(query.token.get("skip", query.skip))
    else:
        shown.sort(key=lambda pair: (len(pair[0]), pair[0]) if entry.identifier == "number" else (0, pair[0]))
        start = _after(shown, query.token.get("after")) if query.token else query.skip
    size = page_size(request, entry.page_size, query.top)
    page = shown[start : start + size]
    answer: Body = {"@odata.context": context(request, entry)}
    if query.count and not query.token and (advanced or entry.service.quota != "directory"):
        answer["@odata.count"] = total
    if start + size < total:
        token: Body = {"skip": start + size} if query.order else {"after": page[-1][0]}
        answer["@odata.nextLink"] = next_link(request, token)
    answer["value"] = [finish(key, selected(body, query.select, entry)) for key, body in page]
    return answer


def _after(shown: list[tuple[str, Body]], last: Any) -> int:
    keys = [key for key, _ in shown]
    if last in keys:
        return keys.index(last) + 1
    return sum(1 for key in keys if (len(key), key) <= (len(str(last)), str(last)))


def _check_advanced(entry: Type, operators: set[str], *, advanced: bool) -> None:
    """ne, not, endswith on directory objects: learn.microsoft.com/graph/aad-advanced-queries"""
    if entry.service.quota == "directory" and operators & _ADVANCED and not advanced:
        raise GraphError(
            400,
            "Request_UnsupportedQuery",
            "Operator is not supported because the required parameters might be missing. Try adding $count=true "
            "query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries",
        )


def _searched(
    shown: list[tuple[str, Body]], text: str, entry: Type, *, advanced: bool
) -> list[tuple[str, Body]]:
    if not advanced:
        message = "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'"
        raise entry.dialect.refuse(message)
    match = re.fullmatch(r'"(displayName|description|mail):(.+)"', text.strip())
    if match is None:
        raise entry.dialect.refuse(
            f"Syntax error: the $search clause '{text}' is not of the form \"property:value\"."
        )
    name, wanted = match.groups()
    return [(k, b) for k, b in shown if wanted.lower() in str(b.get(name) or "").lower()]


def context(request: Request, entry: Type, *, entity: bool = False) -> str:
    return f"{request.origin}/{request.version}/$metadata#{entry.path}" + ("/$entity" if entity else "")
