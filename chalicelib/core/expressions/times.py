"""Timestamps and durations: CEL's text forms, their arithmetic's limits, and the `get…` parts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from chalicelib.core.expressions.errors import EvaluationError
from chalicelib.core.expressions.values import Value, a_kind, kind

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MAX_DURATION = datetime.timedelta(seconds=315_576_000_000)
_ONE_SECOND, _ONE_MICROSECOND = datetime.timedelta(seconds=1), datetime.timedelta(microseconds=1)

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DURATION = re.compile(r"([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h|d))+|0)", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d)", re.ASCII)
_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)", re.ASCII)
_UNITS = {"ns": 1e-3, "us": 1, "µs": 1, "ms": 1e3, "s": 1e6, "m": 6e7, "h": 3.6e9, "d": 8.64e10}


def timestamp(value: Value) -> datetime.datetime:
    """`timestamp(x)`: from RFC 3339 text or whole seconds since 1970. Raises EvaluationError."""
    match kind(value):
        case "timestamp":
            found: datetime.datetime = value
            return found
        case "int":
            return _in_range(lambda: EPOCH + datetime.timedelta(seconds=value))
        case "string":
            parts = _TIMESTAMP.fullmatch(value)
            if parts:
                date, time, fraction, zone = parts.groups()
                text = f"{date}T{time}.{(fraction or '0')[:6]:0<6}{zone.upper()}"
                return _in_range(
                    lambda: datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
                )
            raise EvaluationError("the text is not an RFC 3339 time")
        case _:
            raise EvaluationError(f"cannot make a timestamp of {a_kind(value)}")


def duration(value: Value) -> datetime.timedelta:
    """`duration(x)`: from text such as `1h30m`, `-1.5s` (units d h m s ms us ns)."""
    match kind(value):
        case "duration":
            found: datetime.timedelta = value
            return found
        case "string":
            parts = _DURATION.fullmatch(value)
            if not parts:
                raise EvaluationError("the text is not a duration such as 1h30m")
            micros = sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(parts[2]))
            sign = -1 if parts[1] == "-" else 1
            return checked(lambda: datetime.timedelta(microseconds=sign * micros))
        case _:
            raise EvaluationError(f"cannot make a duration of {a_kind(value)}")


def checked(make: Callable[[], datetime.timedelta]) -> datetime.timedelta:
    """The duration that `make` gives, within CEL's range (about 10,000 years)."""
    try:
        found = make()
    except (OverflowError, ValueError) as error:
        raise EvaluationError("a duration out of range") from error
    if abs(found) > MAX_DURATION:
        raise EvaluationError("a duration out of range")
    return found


def shifted(start: datetime.datetime, by: datetime.timedelta) -> datetime.datetime:
    """A timestamp plus a duration. Raises EvaluationError outside the years 1 to 9999."""
    return _in_range(lambda: start + by)


def rfc3339(value: datetime.datetime) -> str:
    """The RFC 3339 text, in UTC with `Z`; a fraction only where there is one."""
    text = value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def seconds(value: datetime.timedelta) -> int | float:
    """A duration in seconds; a whole number stays one."""
    whole, rest = divmod(value, _ONE_SECOND)
    return value.total_seconds() if rest else whole


def part(name: str, value: Value, zone: Value = None) -> int:
    """`getHours` and its kin: of a timestamp (in a time zone, UTC by default) or a duration."""
    match kind(value):
        case "timestamp":
            local = value if zone is None else _in_range(lambda: value.astimezone(_zone(zone)))
            return _PARTS[name](local)
        case "duration" if name in _DURATION_PARTS and zone is None:
            return _DURATION_PARTS[name](value)
        case _:
            raise EvaluationError(f"{name} does not work on {a_kind(value)}")


def _truncated(value: datetime.timedelta, unit: datetime.timedelta) -> int:
    return value // unit if value >= datetime.timedelta(0) else -(-value // unit)


_PARTS: dict[str, Callable[[datetime.datetime], int]] = {
    "getFullYear": lambda at: at.year,
    "getMonth": lambda at: at.month - 1,
    "getDate": lambda at: at.day,
    "getDayOfMonth": lambda at: at.day - 1,
    "getDayOfWeek": lambda at: at.isoweekday() % 7,
    "getDayOfYear": lambda at: at.timetuple().tm_yday - 1,
    "getHours": lambda at: at.hour,
    "getMinutes": lambda at: at.minute,
    "getSeconds": lambda at: at.second,
    "getMilliseconds": lambda at: at.microsecond // 1000,
}
_DURATION_PARTS: dict[str, Callable[[datetime.timedelta], int]] = {
    "getHours": lambda span: _truncated(span, datetime.timedelta(hours=1)),
    "getMinutes": lambda span: _truncated(span, datetime.timedelta(minutes=1)),
    "getSeconds": lambda span: _truncated(span, _ONE_SECOND),
    # The part below a second, as CEL has it, not the whole in milliseconds.
    "getMilliseconds": lambda span: (
        _truncated(span, 1000 * _ONE_MICROSECOND) - 1000 * _truncated(span, _ONE_SECOND)
    ),
}
PART_NAMES = tuple(_PARTS)


def _zone(name: Value) -> datetime.tzinfo:
    import zoneinfo

    if kind(name) != "string":
        raise EvaluationError(f"a time zone is a string, not {a_kind(name)}")
    offset = _OFFSET.fullmatch(name)
    try:
        if offset:
            minutes = int(offset[2]) * 60 + int(offset[3])
            sign = -1 if offset[1] == "-" else 1
            return datetime.timezone(datetime.timedelta(minutes=sign * minutes))
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        # OSError: the name of a folder of the time zone database, such as "America".
        raise EvaluationError("an unknown time zone") from error


def _in_range(make: Callable[[], datetime.datetime]) -> datetime.datetime:
    try:
        return make()
    except (OverflowError, ValueError) as error:
        raise EvaluationError("a timestamp out of range") from error
