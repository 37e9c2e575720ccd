"""A web API of the organization's own, registered in every directory here: its roles, its scope, its page.

The same registration is the page's, a single-page application. learn.microsoft.com/entra/identity-platform/
quickstart-configure-app-expose-web-apis, howto-add-app-roles-in-apps and scenario-spa-app-registration
"""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.local.tenant.storage import Storage

from .refusals import refused
from .registration import same_address
from .scopes import OPEN_ID, Asked

API_APP_ID = "ac000000-0000-4000-8000-000000000002"
SCOPE = "access_as_user"
ROLES = ("Reader", "Operator", "Approver", "Administrator")
APPLICATION = "app"
"""Stands for the other application of this process among those who may have roles."""
MOST_GROUPS = 200
"""More are left out of a token: access-token-claims-reference#groups-overage-claim."""
_SETTING = "webApi"


@dataclass
class Assigned:
    """What somebody has been given: app roles of the API, and groups (by object id)."""

    roles: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


def _places() -> list[str]:
    return ["http://localhost/", "http://127.0.0.1/"]


@dataclass
class WebApi:
    """`redirect_uris`: those of the single-page application. `assigned`: by directory, then by account."""

    redirect_uris: list[str] = field(default_factory=_places)
    assigned: dict[str, dict[str, Assigned]] = field(default_factory=dict)

    @staticmethod
    def load(storage: Storage) -> WebApi:
        text = storage.setting(_SETTING)
        if text is None:
            return WebApi()
        held = json.loads(text)
        assigned = {
            directory: {account: Assigned(**one) for account, one in people.items()}
            for directory, people in held["assigned"].items()
        }
        return WebApi(held["redirect_uris"], assigned)

    def save(self, storage: Storage) -> None:
        storage.put_setting(_SETTING, json.dumps(asdict(self)))

    def of(self, directory: str) -> dict[str, Assigned]:
        """Who has what in a directory: at first the administrator all, and a member the least."""
        first = {"admin": Assigned([ROLES[-1]]), "member": Assigned([ROLES[0]])}
        return self.assigned.setdefault(directory, first)

    def held(self, directory: str, account: str) -> Assigned:
        return self.of(directory).get(account, Assigned())

    def knows(self, uri: str) -> bool:
        """Whether that is one of the registered redirect addresses."""
        return any(same_address(uri, one) for one in self.redirect_uris)

    def serves(self, origin: str) -> bool:
        """Whether a page of this origin may redeem codes: one with a registered redirect address."""
        return any(_origin(one, origin) for one in self.redirect_uris)


def _origin(uri: str, origin: str) -> bool:
    parts, asked = urllib.parse.urlsplit(uri), urllib.parse.urlsplit(origin)
    path = urllib.parse.urlunsplit((asked.scheme, asked.netloc, parts.path, parts.query, ""))
    return bool(asked.scheme) and not asked.path and same_address(path, uri)


def is_web_api(form: Any) -> bool:
    """Whether a request comes from the API's own page."""
    return str(form.get("client_id", "")).lower() == API_APP_ID


def is_resource(name: str) -> bool:
    """Whether that names the API: by its application id URI, or its id."""
    return name.rstrip("/").lower() in (API_APP_ID, f"api://{API_APP_ID}")


def read_scope(text: str) -> Asked:
    """What a `scope` parameter asks for of the API. SignInError for what it does not expose."""
    words = urllib.parse.unquote(text).split()
    default = False
    for word in (one for one in words if one not in OPEN_ID):
        resource, _, name = word.rpartition("/")
        if not is_resource(resource):
            raise refused(500011, resource=resource or word)
        if name not in (SCOPE, ".default"):
            raise refused(650053, scope=name)
        default |= name == ".default"
    return Asked(frozenset(), OPEN_ID & set(words), default, prefixed=True)
