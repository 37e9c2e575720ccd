"""What is not of one tenant, as JSON: keys, audit, types, codes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shared.domain.access import Caller, KeyRecord, Role
from shared.domain.catalog import Catalog, Kind, TypeSpec
from shared.domain.plan import BlockedCode
from shared.names import TenantId
from shared.stores import AuditEntry
from shared.texts import Language, catalogue, say
from shared.wire.codes import CHANGE_ERRORS, PROBLEMS, SYNC_ERRORS
from shared.wire.times import optional_time, time_text


def me_json(
    caller: Caller, roles: Collection[Role], narrowed: Mapping[TenantId, Collection[Role]]
) -> dict[str, Any]:
    """Who calls (schema `MeAnswer`)."""
    return {
        "name": caller.actor.name,
        "kind": caller.actor.kind.value,
        "roles": _names(roles),
        "tenants": None if caller.tenants is None else sorted(caller.tenants),
        "narrowed": {tenant: _names(own) for tenant, own in sorted(narrowed.items())},
    }


def _names(roles: Collection[Role]) -> list[str]:
    return [role.value for role in Role if role in roles]


def key_json(key: KeyRecord) -> dict[str, Any]:
    """A key without the key (schema `KeyAnswer`)."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "tenants": list(key.tenants) or None,
        "expiresAt": optional_time(key.expires_at),
        "createdAt": time_text(key.created_at),
        "createdBy": key.created_by,
    }


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    """One entry of the audit trail (schema `AuditAnswer`)."""
    return {
        "id": entry.id,
        "at": time_text(entry.at),
        "who": entry.actor.name,
        "via": entry.actor.via,
        "action": entry.action,
        "tenant": entry.tenant,
        "sync": entry.sync,
        "digest": entry.digest,
        "detail": entry.detail,
    }


def types_json(catalog: Catalog, workload: str | None, language: Language) -> list[dict[str, Any]]:
    """The catalog's types (schema `TypeAnswer`), by key; of one workload where one is named."""
    chosen = [spec for spec in catalog.types.values() if workload in (None, spec.workload)]
    return [_type(spec, language) for spec in sorted(chosen, key=lambda spec: spec.key)]


def _type(spec: TypeSpec, language: Language) -> dict[str, Any]:
    return {
        "key": spec.key,
        "workload": spec.workload,
        "title": spec.title.get(language.value) or spec.title.get(Language.ENGLISH.value) or spec.key,
        "kind": spec.kind.value,
        "creatable": spec.creatable and spec.kind is Kind.COLLECTION,
        "deletable": spec.deletable and spec.kind is Kind.COLLECTION,
        "read": list(spec.read),
        "write": list(spec.write),
    }


def errors_json(language: Language) -> list[dict[str, Any]]:
    """Every stable code with its advice (schema `ErrorAnswer`)."""
    return list(_errors(language))


def _errors(language: Language) -> Iterator[dict[str, Any]]:
    # The advice is read as written: its {names} are filled where a request is refused.
    texts = catalogue(language)
    for code, status in PROBLEMS.items():
        title, advice = texts[f"problem.{code}.title"], texts[f"problem.{code}.detail"]
        yield {"code": code, "of": "request", "status": status, "title": title, "advice": advice}
    for of, codes in (("sync", SYNC_ERRORS), ("change", CHANGE_ERRORS)):
        for code in codes:
            title, advice = say(f"error.{code}.message", language), say(f"error.{code}.advice", language)
            yield {"code": code, "of": of, "status": None, "title": title, "advice": advice}
    for blocked in BlockedCode:
        title, advice = texts[f"blockedTitle.{blocked.value}"], texts[f"blocked.{blocked.value}"]
        yield {"code": blocked.value, "of": "blocked", "status": None, "title": title, "advice": advice}
