"""Addresses below the service's: paths, queries, quoting, and which next pages may be followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from shared.domain.catalog import Kind, Lookup, TypeSpec
from shared.names import ObjectId

_ABOUT_LISTS: Final = frozenset({"$filter", "$top", "$orderby", "$count", "$skip", "$search"})


def list_path(spec: TypeSpec) -> str:
    """The type's list (a singleton's object), with its query."""
    return spec.path + query(spec.query)


def item_path(spec: TypeSpec, object_id: ObjectId) -> str:
    """One item's own address, without a query."""
    return spec.path if spec.kind is Kind.SINGLETON else f"{spec.path}/{quote(object_id, safe='')}"


def item_query(spec: TypeSpec) -> str:
    """What an item is asked for by its own address, so that it comes as complete as in the list."""
    if spec.each:
        return query(spec.each_query)
    return query({name: value for name, value in spec.query.items() if name not in _ABOUT_LISTS})


def query(options: Mapping[str, str]) -> str:
    """`?$expand=…&$top=…`, quoted; empty for no options."""
    if not options:
        return ""
    return "?" + "&".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in options.items())


_PLAIN: Final = "$,()'=;/:@"


def by_id(lookup: Lookup, object_id: ObjectId) -> str:
    """The looked-up object's address."""
    return lookup.by_id.replace("{}", quote(object_id, safe=""))


def by_identity(lookup: Lookup, identity: str) -> str:
    """The address that finds the object people know by this identity."""
    quoted = identity.replace("'", "''") if "'{}'" in lookup.by_identity else identity
    return lookup.by_identity.replace(" ", "%20").replace("{}", quote(quoted, safe=""))


def within(address: str, base_url: str) -> bool:
    """Whether this absolute address is of the same service. A next page elsewhere would get our token."""
    there, here = urlsplit(address), urlsplit(base_url)
    return (there.scheme, there.netloc.lower()) == (here.scheme, here.netloc.lower())
