"""Items of a repository: listed, read, written, checked, compared, copied; and commits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from shared.wire.schema.scalars import Answer, Body, Comment, TenantSlug, Time

ActionKey = Literal["create", "update", "delete"]
PathText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1024),
    Field(
        description="An item's file: `<workload>/<type>/<name>.json`.",
        examples=["entra/groups/All staff.json"],
    ),
]
RefText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(description="`main`, `tenant`, a tag, or a commit's id.", examples=["main"]),
]


class ItemEntry(Answer):
    """An item in a list."""

    path: str
    type: str
    workload: str
    name: str
    blob: Annotated[str, Field(description="Changes with the item; what `If-Match` takes.")]
    size: Annotated[int, Field(description="Bytes of all its files.")]


class ItemList(Answer):
    """The items at one commit, by path."""

    value: list[ItemEntry]
    next_link: str | None
    ref: Annotated[str | None, Field(description="The commit; null before the first.")]


class ItemAnswer(Answer):
    """One item as its files hold it."""

    path: str
    type: str
    workload: str
    name: str
    blob: str
    ref: str | None
    content: Annotated[
        dict[str, Any] | None, Field(description="The JSON file; null where it cannot be read.")
    ]
    text: Annotated[str, Field(description="The same file as it is written.")]
    beside: Annotated[
        dict[str, str], Field(description="Long texts that lie beside it, such as scripts, by file name.")
    ]


class WrittenItem(ItemAnswer):
    """An item that was written. Nothing to change: `commit` is where `main` stood already."""

    commit: str | None


class CheckBody(Body):
    """An item to check as a write would, without writing it."""

    path: PathText
    content: dict[str, Any]


class ItemFault(Answer):
    """Why an item is refused."""

    path: Annotated[str, Field(description="A JSON pointer into the file; empty where none is known.")]
    message: str
    file: str
    line: int | None


class CheckAnswer(Answer):
    """The faults; none: it can be written."""

    errors: list[ItemFault]


class DifferingProperty(Answer):
    """One property at either point; `from` or `to` is left out where there is none."""

    path: str
    change: Literal["added", "changed", "removed"]
    from_: Annotated[Any, Field(alias="from")] = None
    to: Any = None


class DifferenceAnswer(Answer):
    """An item that differs."""

    path: str
    type: str
    workload: str
    name: str
    action: ActionKey
    properties: list[DifferingProperty]
    fault: Annotated[str | None, Field(description="Why its files cannot be compared.")]


class DifferenceList(Answer):
    """What leads from one commit to the other, by path. A page may hold fewer than asked for."""

    value: list[DifferenceAnswer]
    next_link: str | None
    from_: Annotated[str | None, Field(alias="from", description="The first commit.")]
    to: Annotated[str | None, Field(description="The second commit.")]


class AuthorAnswer(Answer):
    """The author line of a commit. `kind`: whose credentials brought it; null where nobody noted."""

    name: str
    kind: Literal["person", "app", "key", "schedule", "service"] | None


class PusherAnswer(Answer):
    """Whose credentials brought a commit."""

    name: str
    kind: Literal["person", "app", "key", "schedule", "service"]
    via: str


class CommitAnswer(Answer):
    """A commit."""

    id: str
    at: Time
    author: AuthorAnswer
    pushed_by: PusherAnswer | None
    message: str
    sync: Annotated[str | None, Field(description="The sync whose commit it is.")]
    files: Annotated[int, Field(description="How many files it changed.")]


class CommitList(Answer):
    """Commits, newest first."""

    value: list[CommitAnswer]
    next_link: str | None
    count: Annotated[int | None, Field(description="How many there are in all; only with `since`.")]


class SourceBody(Body):
    """Where items are copied from."""

    tenant: TenantSlug | None = None
    ref: RefText


class CopyBody(Body):
    """Items to make as they are elsewhere."""

    from_: Annotated[SourceBody, Field(alias="from")]
    paths: Annotated[
        Annotated[list[PathText], Field(min_length=1, max_length=1000)] | None,
        Field(description="Items, or folders with a slash at the end; null for all."),
    ] = None
    comment: Comment | None = None


class MissingReferenceAnswer(Answer):
    """A reference to what this tenant does not have."""

    path: str
    type: str
    name: str
    reference: Annotated[str, Field(description="As it stands in the file.")]


class CopyAnswer(Answer):
    """What the copy did. `commit` null and no files: everything was so already."""

    commit: str | None
    files: Annotated[int, Field(description="Files that the commit changes.")]
    unresolved: list[MissingReferenceAnswer]


class TimeList(Answer):
    """The next times of a schedule."""

    value: list[Time]
