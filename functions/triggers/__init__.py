"""HTTP: each call is parsed, authorised, handed to a step, and answered.

A module per resource holds its handlers; `endpoint.py` is what all of them go through.
"""

from __future__ import annotations

from azure.durable_functions import Blueprint


def blueprints() -> tuple[Blueprint, ...]:
    """Every HTTP function."""
    from functions.triggers.audit import audit
    from functions.triggers.authentication import authentication
    from functions.triggers.bulk import bulk
    from functions.triggers.callback_consent import callback_consent
    from functions.triggers.callback_sign_in import callback_sign_in
    from functions.triggers.changes import changes
    from functions.triggers.commits import commits
    from functions.triggers.copies import copies
    from functions.triggers.decisions import decisions
    from functions.triggers.downloads import downloads
    from functions.triggers.git import git
    from functions.triggers.items import items
    from functions.triggers.keys import keys
    from functions.triggers.me import me
    from functions.triggers.operations import operations
    from functions.triggers.page import page
    from functions.triggers.permissions import permissions
    from functions.triggers.schedules import schedules
    from functions.triggers.service import service
    from functions.triggers.syncs import syncs
    from functions.triggers.tenants import tenants
    from functions.triggers.types import types
    from functions.triggers.unknown import unknown

    api = (tenants, syncs, operations, changes, decisions, downloads, audit, types, service, keys, unknown)
    people = (me, authentication, callback_sign_in, permissions, callback_consent)
    files = (items, commits, copies, bulk, schedules)
    return (*api, *files, *people, git, page)
