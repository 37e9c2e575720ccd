"""The pieces that models are made of: bounded strings, durations, cron, time zones, ids."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.wire.times import duration_text, parse_duration, parse_time, time_text


class Body(BaseModel):
    """What a client sends: camelCase, nothing unknown, nothing converted (a string is no number)."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, validate_default=True
    )


class Answer(BaseModel):
    """What a client gets. Members are always there, null where there is nothing, but where it says so.

    Additions are free (api.md), so clients ignore what they do not know; our own tests do not.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, validate_by_name=True)


TENANT_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
TYPE_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,99}$"

TenantSlug = Annotated[
    str, StringConstraints(pattern=TENANT_PATTERN), Field(description="A tenant's id.", examples=["contoso"])
]
TypeName = Annotated[
    str,
    StringConstraints(pattern=TYPE_PATTERN),
    Field(description="A configuration type's key.", examples=["conditional-access-policies"]),
]
Guid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True),
    Field(examples=["3f2a8c1e-5d47-4b7a-9f10-6c2f4d1e8a90"]),
]
DigestText = Annotated[
    str,
    StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$"),
    Field(description="The plan's digest, as the changes were listed with it."),
]
ChangeName = Annotated[str, StringConstraints(pattern=r"^c\d{1,6}$"), Field(examples=["c1"])]
Comment = Annotated[str, StringConstraints(max_length=1000)]
PrincipalId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


def _cron(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    from cronsim import CronSim, CronSimError

    try:
        if len(value.split()) != 5:
            raise CronSimError(f"{len(value.split())} fields")
        next(CronSim(value, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    except (CronSimError, StopIteration) as exc:
        raise PydanticCustomError("cron", "{reason}", {"reason": str(exc) or "it never comes"}) from exc
    return value


def _zone(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise PydanticCustomError("timeZone", "not a time zone") from exc
    return value


def _time(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value
    parsed = parse_time(value) if isinstance(value, str) else None
    if parsed is None:
        raise PydanticCustomError("time", "not a time")
    return parsed


Cron = Annotated[
    str,
    StringConstraints(max_length=100),
    BeforeValidator(_cron),
    Field(description="Five cron fields, read in `timeZone`.", examples=["0 6 * * *"]),
]
TimeZone = Annotated[
    str,
    StringConstraints(max_length=64),
    BeforeValidator(_zone),
    Field(description="An IANA time zone.", examples=["Europe/Paris"]),
]
Time = Annotated[
    dt.datetime,
    BeforeValidator(_time),
    PlainSerializer(time_text),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T06:00:00Z"]}),
]


def duration(least: dt.timedelta, most: dt.timedelta, unit: str) -> Any:
    """A duration's type: ISO 8601 in weeks to seconds, from `least` to `most`, given back in `unit` where it
    is whole.
    """

    def read(value: Any) -> Any:
        parsed = value if isinstance(value, dt.timedelta) else None
        if isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]{1,40}", value):
            parsed = parse_duration(value)
        if parsed is None or not least <= parsed <= most:
            bounds = {"least": duration_text(least, unit), "most": duration_text(most, unit)}
            raise PydanticCustomError("duration", "not a duration in bounds", bounds)
        return parsed

    return Annotated[
        dt.timedelta,
        BeforeValidator(read),
        PlainSerializer(lambda value: duration_text(value, unit)),
        WithJsonSchema({"type": "string", "format": "duration"}),
    ]
