"""`weir status`, `pause`, `resume` and `scale`: a live autoscaler from the command line, over its API."""

import re
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.text import Text

from autoscaler.commands.client import DEFAULT_TOKEN_FILE, DEFAULT_URL, ApiClient, ApiUrl, AsJson, TokenFile
from autoscaler.commands.status_text import render_status
from autoscaler.steering import REPLICAS_MAX, TARGET_SECONDS_MAX
from contract.errors import SettingsError

WHERE = """
The autoscaler is the one at --api or WEIR_API, its token is in --token-file or WEIR_API_TOKEN_FILE.

Exit codes: 0 done, 2 refused, or nobody answers.
"""
EPILOGS = {
    "status": """
Examples:

  weir status                                        # of the autoscaler on this machine

  weir status --api http://scaler.example:8080       # of another one

  weir status --json                                 # for programs

Reading needs no token.  The autoscaler is the one at --api or WEIR_API.  Exit codes: 0 told, 2 nobody answers.
""",
    "pause": f"""
Examples:

  weir pause --reason 'maintenance of the brokers'   # the present number of workers is kept alive

  weir resume                                        # the policy goes on from there
{WHERE}""",
    "resume": f"""
Examples:

  weir resume                                        # after weir pause; nothing happens if it was not paused
{WHERE}""",
    "scale": f"""
Examples:

  weir scale 7                                       # for 10 minutes, then the policy goes on from there

  weir scale 7 --for 1h30m --reason deploy

  weir scale --end                                   # before its time

A target always ends by itself, after 10 minutes unless you say otherwise: one that everybody has forgotten is an
autoscaler that is switched off.  To keep a number for good, use a policy of kind FixedPolicy (weir policy use).
{WHERE}""",
}
FOR = "10m"
PART = r"(\d+(?:\.\d+)?)([smhd])"
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Shown to those who wonder why, and kept.")]


def status(api: ApiUrl = DEFAULT_URL, as_json: AsJson = False) -> None:  # noqa: FBT002  # typer's way to declare a flag
    """How things stand: who decides, how many workers there are and why, the lag, and each worker."""
    with ApiClient(api) as client:
        state, workers = client.read("state"), client.read("workers")
        decisions = client.read("decisions", limit=1)
    if as_json:
        show_json({"state": state, "workers": workers, "decisions": decisions})
    else:
        render_status(state, workers, decisions, Console(highlight=False))


def pause(
    api: ApiUrl = DEFAULT_URL,
    token_file: TokenFile = DEFAULT_TOKEN_FILE,
    reason: Reason = None,
    as_json: AsJson = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Do not ask the policy any more: the present number of workers is kept alive until `weir resume`."""
    with ApiClient(api, token_file) as client:
        show_steering(client.order("POST", "pause", json={"reason": reason}), as_json=as_json)


def resume(
    api: ApiUrl = DEFAULT_URL,
    token_file: TokenFile = DEFAULT_TOKEN_FILE,
    as_json: AsJson = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Ask the policy again; it goes on from the present number."""
    with ApiClient(api, token_file) as client:
        show_steering(client.order("POST", "resume"), as_json=as_json)


def scale(  # noqa: PLR0917  # typer passes them by name
    replicas: Annotated[
        int | None, typer.Argument(metavar="N", min=0, max=REPLICAS_MAX, help="How many workers.", show_default=False)
    ] = None,
    seconds: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="For how long, such as 90s or 1h30m.")
    ] = FOR,
    end: Annotated[bool, typer.Option("--end", help="End the present target.")] = False,  # noqa: FBT002  # typer's way to declare a flag
    reason: Reason = None,
    api: ApiUrl = DEFAULT_URL,
    token_file: TokenFile = DEFAULT_TOKEN_FILE,
    as_json: AsJson = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Set the number of workers by hand, for a while; also outside the policy's bounds, with a warning."""
    if (replicas is None) != end:
        raise SettingsError("expected a number of workers such as `weir scale 7`, or --end and no number")
    with ApiClient(api, token_file) as client:
        if end:
            answer = client.order("DELETE", "target")
        else:
            order = {"replicas": replicas, "for_seconds": read_duration(seconds), "reason": reason}
            answer = client.order("PUT", "target", json=order)
    show_steering(answer, as_json=as_json)


def read_duration(text: str) -> float:
    """Seconds of `90`, `90s`, `10m`, `1h30m`.  Raises SettingsError."""
    whole = f"{text}s" if text.replace(".", "", 1).isdecimal() else text
    parts = re.findall(PART, whole)
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != whole or not 0 < seconds <= TARGET_SECONDS_MAX:
        raise SettingsError(f"--for {text}: expected a duration of up to 7 days, such as 90s, 10m or 1h30m")
    return seconds


def show_steering(answer: dict[str, Any], *, as_json: bool) -> None:
    """What holds after an order, and what to know about it."""
    if as_json:
        show_json(answer)
        return
    console = Console(highlight=False)
    policy, manual, paused = answer["policy"], answer["manual"], answer["paused"]
    console.print(Text(f"mode: {answer['mode']}; policy: {policy['name']} ({policy['kind']})"))
    if manual:
        console.print(Text(f"{manual['replicas']} workers are asserted for a while, then {policy['name']} goes on"))
    if paused:
        console.print(Text("the policy is not asked until weir resume"))
    for warning in answer["warnings"]:
        console.print(Text(f"warning: {warning}", style="yellow"))


def show_json(document: Any) -> None:
    """A document over several lines, for programs."""
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def read_manifest(path: Path) -> bytes:
    """The bytes of a manifest.  Raises SettingsError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read the policy {path}: {error.strerror}") from error
