"""What stands in Kafka about the leader of a group, and under which names.

One record with one key in a compacted topic, rewritten by each renewal.  Beside the lease it holds what one leader
leaves to the next: the number of workers, and a document that nobody here looks into.
"""

import hashlib
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autoscaler.errors import LeaseError

KEY = b"lease"
TOPIC_PREFIX = "weir.control."
TRANSACTIONAL_ID_PREFIX = "weir.autoscaler."
_NAME_LENGTH_MAX = 200
_DIGEST_LENGTH = 12


class LeaseRecord(BaseModel):
    """One renewal.  Fields that a later version may add are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    holder: str = Field(description="host, process and a part by chance: no two are the same")
    term: int = Field(ge=1, description="one more with each change of the leader")
    renewal: int = Field(ge=1, description="counted by the holder; with its name it tells one record from another")
    lease_seconds: float = Field(gt=0, le=3600, description="without a renewal for so long it may be taken over")
    released: bool = Field(False, description="it may be taken over at once")
    replicas: int | None = Field(None, ge=0, description="how many workers the leader wants")
    state: Any = Field(None, description="kept from leader to leader as it is")

    @property
    def mark(self) -> tuple[str, int]:
        """What tells this record from every other one."""
        return self.holder, self.renewal

    def encode(self) -> bytes:
        """As it stands in Kafka, readable with any console consumer."""
        return self.model_dump_json().encode()

    @classmethod
    def decode(cls, value: bytes, topic: str) -> "LeaseRecord":
        """Raises LeaseError: whoever wrote something else may think that it leads."""
        try:
            return cls.model_validate_json(value)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            raise LeaseError(
                f"the newest record in {topic} is no lease ({'.'.join(map(str, fault['loc'])) or 'whole'}: "
                f"{fault['msg']}): was it written by another version, or by something else? "
                "Delete the topic when no autoscaler of the group runs, or use --no-lease"
            ) from error


def topic_of(group: str) -> str:
    """The group's control topic.

    A group may be called anything, a topic may not, and to Kafka two topics that differ by `.` and `_` alone are the
    same.  So names of letters, digits, `-` and `.` are taken as they are, and all others get a digest.
    """
    if re.fullmatch(rf"[A-Za-z0-9.-]{{1,{_NAME_LENGTH_MAX}}}", group):
        return f"{TOPIC_PREFIX}{group}"
    readable = re.sub(r"[^A-Za-z0-9.-]", "-", group)[: _NAME_LENGTH_MAX - _DIGEST_LENGTH]
    return f"{TOPIC_PREFIX}{readable}-{hashlib.sha256(group.encode()).hexdigest()[:_DIGEST_LENGTH]}"


def transactional_id_of(group: str) -> str:
    """The one name under which the leaders of a group write: Kafka lets only the last one who took it go on."""
    return f"{TRANSACTIONAL_ID_PREFIX}{group}"
