"""What all parts of the specification share: camelCase names, closed objects, common types."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

DNS_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
DNS_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"

Duration = Annotated[str, Field(pattern="^[0-9]+(ms|s|m|h)$", max_length=12)]
"""A length of time that CEL's ``duration()`` reads: 250ms, 10s, 2m, 1h."""
Retention = Annotated[str, Field(pattern="^([0-9]+(m|h|d)|all)$", max_length=12)]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", max_length=20)]
"""A Kubernetes quantity: 500m, 1, 512Mi."""
ObjectName = Annotated[str, Field(pattern=DNS_SUBDOMAIN, min_length=1, max_length=253)]
SecretKey = Annotated[str, Field(pattern="^[-._a-zA-Z0-9]+$", min_length=1, max_length=253)]


class Part(BaseModel):
    """A part of the resource. Field names are camelCase in JSON; fields that are not known are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Resources(Part):
    """What a container asks for; limits are left out by default, so that a busy moment may use idle cores."""

    cpu: Quantity = Field(default="100m", description="CPU request")
    memory: Quantity = Field(default="256Mi", description="memory request, and limit")
    cpu_limit: Quantity | None = Field(default=None, description="CPU limit; none by default")
