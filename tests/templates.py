"""What the workers of tests are made from, where it matters little."""

from collections.abc import Mapping

from autoscaler.backends.base import FIRST_REVISION, Template, WorkerEnvironment
from contract.pods import PodSpec


def _told_nothing(_worker_id: str) -> Mapping[str, str]:
    return {}


def template_of(spec: PodSpec | None = None, environment: WorkerEnvironment = _told_nothing) -> Template:
    """The first revision of a worker like this."""
    return Template(revision=FIRST_REVISION, spec=spec or PodSpec(), environment=environment)


BARE = template_of()
