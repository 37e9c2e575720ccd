"""What Accord's own commits say: what and why, for people who read the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.domain.compare import Comparison, Note, Reason
from shared.domain.sync import SyncRecord

MOST: Final = 200
"""Lines of detail; the report has them all."""

VERBS: Final = {
    Reason.ADDED: "add",
    Reason.CHANGED: "change",
    Reason.REMOVED: "remove",
    Reason.MOVED: "move",
    Reason.NORMALISED: "normalise",
}


def backup_message(result: Comparison, sync: SyncRecord) -> str:
    """The message of a backup commit: what drifted in the tenant, item by item."""
    drifted = [note for note in result.notes if note.reason is not Reason.NORMALISED]
    subject = _subject(drifted) if drifted else "Normalise files by the current catalog"
    lines = [_line(note) for note in result.notes[:MOST]]
    if len(result.notes) > MOST:
        lines.append(f"… and {len(result.notes) - MOST} more")
    return _message(subject, lines, sync)


def revert_message(paths: Sequence[str], sync: SyncRecord, by: str) -> str:
    """The message of the commit that sets files back to what the tenant holds."""
    return _message(f"Revert {_items(len(paths))} to the tenant, as {by} decided", [*paths[:MOST]], sync)


def settle_message(paths: Sequence[str], sync: SyncRecord) -> str:
    """The message of the commit that takes over the form in which the service keeps what was deployed."""
    return _message(f"Take over the service's form of {_items(len(paths))}", [*paths[:MOST]], sync)


def _subject(notes: Sequence[Note]) -> str:
    if len(notes) == 1:
        return f"Back up: {VERBS[notes[0].reason]} {notes[0].type} {notes[0].item}"[:100]
    return f"Back up {_items(len(notes))} that changed in the tenant"


def _line(note: Note) -> str:
    came = f" (from {note.came_from})" if note.came_from else ""
    return f"{VERBS[note.reason]} {note.path}{came}"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _message(subject: str, lines: Sequence[str], sync: SyncRecord) -> str:
    body = "\n".join(lines)
    return (
        f"{subject}\n\n{body}\n\nAccord-Sync: {sync.id}\n"
        if body
        else f"{subject}\n\nAccord-Sync: {sync.id}\n"
    )


def edit_message(subject: str, comment: str, paths: Sequence[str]) -> str:
    """The message of a commit that somebody had made by the API or the page: their comment comes first."""
    first, _, rest = (
        "".join(one for one in comment if one in "\n\t" or one.isprintable()).strip().partition("\n")
    )
    lines = [*([rest.strip(), ""] if rest.strip() else []), *([f"{subject}", ""] if first else [])]
    if len(paths) > 1:
        lines += [*paths[:MOST], *([f"… and {len(paths) - MOST} more"] if len(paths) > MOST else [])]
    body = "\n".join(lines).strip("\n")
    return f"{first or subject}\n\n{body}\n" if body else f"{first or subject}\n"
