"""An app in a tenant: what its tokens carry, and what the directory lists as granted to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.domain.permissions import Grants
from shared.errors import ReadFailed


@dataclass
class FakeApp:
    """`TokenSource` and `Directory`. A token that was got stays until it is dropped; of new ones, the first
    `behind` still carry what the one before carried. `listed` None: nobody may read the directory.
    """

    granted: frozenset[str] = frozenset()
    listed: Grants | None = None
    behind: int = 0
    refusals: list[Exception] = field(default_factory=list)
    token: frozenset[str] | None = None
    drops: int = 0

    def grant(self, *names: str) -> None:
        """The tenant grants exactly this; tokens got from now on carry it."""
        self.granted = frozenset(names)
        if self.listed is not None:
            self.listed = Grants(self.granted, self.listed.delegated)

    def app_token(self) -> str:
        self.roles()
        return "token"

    def roles(self) -> frozenset[str]:
        if self.refusals:
            raise self.refusals.pop(0)
        if self.token is None:
            self.token = self.granted
        return self.token

    def drop(self) -> None:
        self.drops += 1
        if self.behind:
            self.behind -= 1
        else:
            self.token = None

    async def grants(self, client_id: str) -> Grants:
        assert client_id
        if self.listed is None:
            raise ReadFailed("reading the permissions granted to the app", 403, "Forbidden")
        return self.listed
