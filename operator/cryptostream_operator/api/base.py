"""What all parts of the resource share: camelCase names, closed objects, common types."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

DNS_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
DNS_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"

# Six digits keep every duration within the 292 years that CEL can hold.
Duration = Annotated[str, Field(pattern="^[0-9]{1,6}(ms|s|m|h)$", max_length=8)]
"""A length of time that CEL's ``duration()`` reads: 250ms, 10s, 2m, 1h."""
Retention = Annotated[str, Field(pattern="^([1-9][0-9]{0,4}(m|h|d)|all)$", max_length=6)]
"""How long something is kept: 90m, 12h, 7d, or all."""
Cpu = Annotated[str, Field(pattern=r"^([1-9][0-9]{0,5}m|[0-9]{1,3}(\.[0-9]{1,3})?)$", max_length=7)]
"""A Kubernetes quantity of CPU: 500m, 1, 1.5."""
Memory = Annotated[
    str,
    Field(pattern=r"^([1-9][0-9]{0,8}(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9])(Ki|Mi|Gi|Ti|k|M|G|T)$", max_length=15),
]
"""A Kubernetes quantity of bytes, always with a unit and never in thousandths: 512Mi, 2G."""
SparkMemory = Annotated[str, Field(pattern="^[1-9][0-9]{0,5}(m|g)$", max_length=7)]
"""Memory as Spark writes it: 900m are 900 MiB, 2g are 2 GiB."""
ObjectName = Annotated[str, Field(pattern=DNS_SUBDOMAIN, min_length=1, max_length=253)]
LabelName = Annotated[str, Field(pattern=DNS_LABEL, min_length=1, max_length=63)]
"""An object's name that is also used as the value of a label."""
SecretKey = Annotated[str, Field(pattern="^[-._a-zA-Z0-9]+$", min_length=1, max_length=253)]
Image = Annotated[str, Field(pattern="^[a-zA-Z0-9][-._/:@a-zA-Z0-9]*$", max_length=512)]

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


class Part(BaseModel):
    """A part of the resource. Field names are camelCase in JSON; fields that are not known are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Resources(Part):
    """What a container asks for; a CPU limit is left out by default, so that a busy moment may use idle cores."""

    cpu: Cpu = Field(default="50m", description="CPU request: 500m, 1, 1.5")
    memory: Memory = Field(default="256Mi", description="memory request and limit, with its unit: 256Mi, 1Gi")
    cpu_limit: Cpu | None = Field(default=None, description="CPU limit, at least the request; none by default")


def length_of(duration: str) -> timedelta:
    """A Duration, or a Retention other than ``all``, as a timedelta. Raises ValueError for anything else."""
    match = re.fullmatch(r"([0-9]+)(ms|s|m|h|d)", duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a length of time: write 250ms, 10s, 2m, 1h or 7d")
    return int(match[1]) * _UNITS[match[2]]
