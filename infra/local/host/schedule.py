"""When a timer-triggered function runs: NCRONTAB expressions of six (or five) fields, and time spans.

NCRONTAB differs from cron in one thing that matters: where both day-of-month and day-of-week are restricted,
both must match. Times are UTC, as in Azure on Linux. Source: "Timer trigger for Azure Functions".
"""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from cronsim import CronSim, CronSimError

from infra.local.host.settings import InvalidSettings, time_span

_SETTING = re.compile(r"%([^%]+)%")


class Schedule:
    """A schedule that can be asked for the time after a moment."""

    def __init__(self, expression: str, environment: Mapping[str, str] = os.environ) -> None:
        """Takes an expression, a time span, or the name of a setting that holds one (`%NAME%`)."""
        self.text = _resolve(expression, environment)
        self._span = timedelta(seconds=time_span(self.text)) if ":" in self.text else None
        if self._span is None:
            self._check()

    def after(self, start: datetime) -> datetime:
        """The first time later than this one."""
        return start + self._span if self._span is not None else next(self._times(start))

    def shorter_than(self, seconds: float, start: datetime) -> bool:
        """Whether the next two times are closer together than that."""
        first = self.after(start)
        return (self.after(first) - first).total_seconds() < seconds

    def _times(self, start: datetime) -> Iterator[datetime]:
        times = CronSim(self.text, start)
        times.day_and = True
        return times

    def _check(self) -> None:
        try:
            next(self._times(datetime(2024, 1, 1)))  # noqa: DTZ001 - any moment will do
        except (CronSimError, StopIteration) as invalid:
            raise InvalidSettings(
                f"The schedule '{self.text}' is not an NCRONTAB expression ({invalid}); "
                "write {second} {minute} {hour} {day} {month} {day-of-week}."
            ) from invalid


def _resolve(expression: str, environment: Mapping[str, str]) -> str:
    name = _SETTING.fullmatch(expression.strip())
    if name is None:
        return expression.strip()
    if name[1] not in environment:
        raise InvalidSettings(
            f"The schedule {expression} names a setting that is not in the environment; set {name[1]}."
        )
    return environment[name[1]].strip()
