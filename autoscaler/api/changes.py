"""Orders: pause, resume, a manual target, another policy.  The gate has let only those in who have the token."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPBearer
from pydantic import Field

from autoscaler.api.desk import Desk, DeskHere
from autoscaler.api.problems import FieldFault, ProblemError, ProblemType
from autoscaler.board.documents import Document, Mode, PauseDocument, PolicyDocument, TargetDocument, example
from autoscaler.board.shape import policy_of
from autoscaler.control import NoTargetError, RefusedError
from autoscaler.errors import PolicyError
from autoscaler.steering import REPLICAS_MAX, TARGET_SECONDS_MAX
from contract.settings import Strict

YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
MANIFEST = """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: orders}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: orders}
  minReplicas: 1
  maxReplicas: 12
  metrics:
    - type: External
      external: {metric: {name: total_lag}, target: {type: AverageValue, averageValue: "300"}}
"""

Reason = Annotated[str | None, Field(max_length=500, description="for those who wonder why; shown and kept")]


class PauseOrder(Strict):
    """Why the policy is not asked any more."""

    model_config = example(reason="maintenance of the brokers") | Strict.model_config

    reason: Reason = None


class TargetOrder(Strict):
    """A number of workers, and for how long."""

    model_config = example(replicas=7, for_seconds=600, reason="deploy") | Strict.model_config

    replicas: Annotated[int, Field(strict=True, ge=0, le=REPLICAS_MAX)]
    for_seconds: float = Field(gt=0, le=TARGET_SECONDS_MAX)
    reason: Reason = None


class SteeringDocument(Document):
    """What holds after an order.  It is asserted by the next tick."""

    model_config = example(
        mode="manual",
        policy={"name": "orders", "kind": "ScaledObject", "replicas_min": 1, "replicas_max": 5},
        paused=None,
        manual={"replicas": 7, "until": 1_767_226_200.0, "reason": "deploy"},
        warnings=["7 is outside the bounds of orders (1 to 5); it is asserted all the same"],
    )

    mode: Mode
    policy: PolicyDocument
    paused: PauseDocument | None
    manual: TargetDocument | None
    warnings: list[str] = Field(description="what whoever gave the order should know")


class ManifestDocument(PolicyDocument):
    """The policy that acts, and the text that it was read from."""

    model_config = example(
        name="orders",
        kind="HorizontalPodAutoscaler",
        replicas_min=1,
        replicas_max=12,
        replaced=False,
        manifest=MANIFEST,
    )

    replaced: bool = Field(description="whether it took the place of the one at the start")
    manifest: str


async def json_only(request: Request) -> None:
    """A form of another site's page could send anything but this without being asked."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    length = request.headers.get("content-length", "0")
    if kind != "application/json" and (kind or length != "0" or "transfer-encoding" in request.headers):
        raise _wrong_type("application/json", kind)


def _wrong_type(expected: str, found: str) -> ProblemError:
    detail = f"expected Content-Type: {expected}, found {found or 'none'}; nothing was changed"
    return ProblemError(415, ProblemType.HTTP, "Unsupported Media Type", detail)


WithToken = Depends(HTTPBearer(auto_error=False, description="the token in the autoscaler's token file"))
"""Only for the description: the gate has looked at the token before."""

router = APIRouter(prefix="/api/v1", tags=["orders"], dependencies=[WithToken])
reading = APIRouter(prefix="/api/v1", tags=["reads"])


@router.post("/pause", summary="Do not ask the policy any more", dependencies=[Depends(json_only)])
async def pause(desk: DeskHere, order: PauseOrder | None = None) -> SteeringDocument:
    """The present number of workers is kept alive, shadows go on.  Paused again, only the reason changes."""
    return _ordered(desk, lambda: desk.control.pause(order.reason if order else None))


@router.post("/resume", summary="Ask the policy again", dependencies=[Depends(json_only)])
async def resume(desk: DeskHere) -> SteeringDocument:
    """It goes on from the present number, with what it remembers.  Nothing happens if it was not paused."""
    return _ordered(desk, desk.control.resume)


@router.put("/target", summary="Set the number of workers for a while", dependencies=[Depends(json_only)])
async def set_target(desk: DeskHere, order: TargetOrder) -> SteeringDocument:
    """Asserted as it is, also outside the policy's bounds (then there is a warning), also while paused.

    When its time is over the policy goes on from there.
    """
    return _ordered(desk, lambda: desk.control.aim(order.replicas, order.for_seconds, order.reason))


@router.delete("/target", summary="End the manual target")
async def end_target(desk: DeskHere) -> SteeringDocument:
    """Before its time.  404 if there is none, or if its time is over."""
    return _ordered(desk, desk.control.let_go)


@reading.get("/policy", summary="The policy that acts, with its manifest")
async def show_policy(desk: DeskHere) -> ManifestDocument:
    """As text that PUT takes again."""
    acting = desk.control.controller.panel.acting
    replaced = desk.control.steering.policy == acting.manifest  # one that was taken over may not be readable here
    return ManifestDocument(**policy_of(acting).model_dump(), replaced=replaced, manifest=acting.manifest)


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/yaml": {"schema": {"type": "string"}, "example": MANIFEST}},
    }
}


@router.put("/policy", summary="Let another policy act", openapi_extra=_BODY)
async def use_policy(desk: DeskHere, request: Request) -> SteeringDocument:
    """A manifest as for `--scaler`, read and checked first: one that cannot be honoured in full changes nothing.

    The new policy begins with the present number of workers and an empty memory, in the next tick.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in YAML_TYPES:
        raise _wrong_type("application/yaml", kind)
    try:
        manifest = (await request.body()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(422, ProblemType.BAD_POLICY, "Bad policy", f"it is not UTF-8 text: {error}") from error
    return _ordered(desk, lambda: desk.control.use(manifest))


def _ordered(desk: Desk, order: Any) -> SteeringDocument:
    """What holds then; it is told to everybody who listens."""
    try:
        order()
    except NoTargetError as error:
        raise ProblemError(404, ProblemType.NO_TARGET, "No target", str(error)) from error
    except RefusedError as error:
        raise ProblemError(409, ProblemType.NOT_ACTING, "Not acting", str(error)) from error
    except PolicyError as error:
        raise _bad_policy(error) from error
    desk.board.tell_state()
    steering = desk.control.steering
    return SteeringDocument(
        mode=desk.board.mode,
        policy=policy_of(desk.control.controller.panel.acting),
        paused=PauseDocument.model_validate(vars(steering.paused)) if steering.paused else None,
        manual=TargetDocument.model_validate(vars(steering.target)) if steering.target else None,
        warnings=list(desk.control.warnings()),
    )


def _bad_policy(error: PolicyError) -> ProblemError:
    """Every fault with the path to its field, and the whole in words."""
    faults = tuple(_fault(fault) for fault in error.faults)
    detail = f"{str(error).partition(chr(10))[0].rstrip(':')}; nothing was changed" if faults else str(error)
    return ProblemError(422, ProblemType.BAD_POLICY, "Bad policy", detail, errors=faults)


def _fault(text: str) -> FieldFault:
    field, colon, message = text.partition(": ")
    return FieldFault(field=field, message=message) if colon else FieldFault(field="(whole)", message=text)
