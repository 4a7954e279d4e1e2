"""Which AWS resources a step may touch: decided by name, before any call (decision 40).

A stage's resources are the stage's own, an organisation's, or everybody's:

    runyard-prod-Table-1A2B          the stage's own       never
    runyard-prod-user-acme--orders   organisation org_acme by that organisation's steps only
    anything else                    everybody's           where the stage's patterns name it

The role that steps run under allows no more than all of these together; this check is what keeps
one organisation out of another's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chalicelib.core.steps import StepFailed

_SANE_ORG = re.compile(r"org_([a-z0-9]+(?:-[a-z0-9]+)*)\Z")
"""No `--` and no `-` at the end: so that no organisation's prefix begins with another's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where ARNs of resources that are named without one belong."""

    partition: str = "aws"
    region: str = "us-east-1"
    account: str = ""

    @classmethod
    def of(cls, arn: str) -> Place:
        """The place of any ARN of the stage; the defaults where it is none."""
        parts = arn.split(":")
        return cls(parts[1], parts[3], parts[4]) if len(parts) >= 6 else cls()


@dataclass(frozen=True, slots=True)
class Reach:
    """What one organisation's steps may touch on one stage."""

    org: str
    prefix: str
    """What the names of the stage's resources begin with: `runyard-<stage>`."""
    patterns: tuple[str, ...] = ()
    """ARNs, with `*` and `?` as IAM has them, of what all organisations of the stage may touch."""
    own: tuple[str, ...] = ()
    """Names of the stage's resources that do not begin with the prefix."""
    place: Place = Place()

    @property
    def own_prefix(self) -> str | None:
        """What names of the organisation's resources begin with. None for an organisation whose
        name could be taken for the beginning of another's."""
        found = _SANE_ORG.match(self.org)
        return f"{self.prefix}-user-{found.group(1)}--" if found else None

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the stage's account, e.g. `("sns", "orders")`; an ARN stays.

        Raises StepFailed `resource_not_allowed` (final) for an ARN of another service.
        """
        if resource.startswith("arn:"):
            if resource.split(":")[2:3] != [service]:
                raise _refused(resource)
            return resource
        place = self.place
        if service == "s3":
            return f"arn:{place.partition}:s3:::{resource}"
        return f"arn:{place.partition}:{service}:{place.region}:{place.account}:{resource}"

    def allow(self, arn: str, shown: str) -> str:
        """The ARN, when steps of the organisation may touch it.

        `shown` is what its author called it: a message with the ARN would name the account.
        Raises StepFailed `resource_not_allowed` (final).
        """
        if not self.allows(arn):
            raise _refused(shown)
        return arn

    def allows(self, arn: str) -> bool:
        name = _name_in(arn)
        mine = self.own_prefix
        if mine is not None and name.startswith(mine):
            # A name in another account is another resource, whatever it begins with.
            return arn.split(":")[4] in ("", self.place.account) or self._named(arn)
        if name.startswith(f"{self.prefix}-") or name in self.own:
            return False
        return self._named(arn)

    def _named(self, arn: str) -> bool:
        return any(_matcher(pattern).match(arn) for pattern in self.patterns)


def parse_patterns(text: str) -> tuple[str, ...]:
    """The stage's setting: ARNs separated by commas. Raises ValueError for what is no ARN."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for pattern in found:
        if not pattern.startswith("arn:") or pattern.count(":") < 5:
            raise ValueError(f"not a pattern of ARNs: {pattern!r}")
    return found


def _name_in(arn: str) -> str:
    """The resource's own name: `queue`, `bucket/key`, `function:name` → name, `event-bus/name`."""
    parts = arn.split(":", 5)
    resource = parts[5] if len(parts) == 6 else arn
    for kind in ("function:", "event-bus/", "identity/"):
        resource = resource.removeprefix(kind)
    return resource.partition("/")[0] if parts[2:3] == ["s3"] else resource


def _refused(shown: str) -> StepFailed:
    message = f"this stage does not let your organisation's steps use {shown[:200]!r}"
    return StepFailed("resource_not_allowed", message, retryable=False)


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped + r"\Z", re.DOTALL)


def identities(address: str) -> Sequence[str]:
    """What SES may know a sender by: the address itself, then its domain."""
    return [f"identity/{address}", f"identity/{address.rpartition('@')[2]}"]
