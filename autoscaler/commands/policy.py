"""`weir policy`: which policy acts in a live autoscaler, and letting another one act."""

from pathlib import Path
from typing import Annotated

import typer

from autoscaler.commands.client import DEFAULT_TOKEN_FILE, DEFAULT_URL, ApiClient, ApiUrl, AsJson, TokenFile
from autoscaler.commands.control import WHERE, read_manifest, show_json, show_steering

app = typer.Typer(no_args_is_help=True, help="The policy that acts in a live autoscaler: show it, or use another one.")

USE_EPILOG = f"""
Examples:

  weir policy use keda.yaml                # read and checked first: what cannot be honoured changes nothing

  weir policy show > now.yaml; weir policy use other.yaml; weir policy use now.yaml     # and back

The manifest is one as for weir autoscale --scaler, with the metric names and the cluster's settings of its start; a
CustomPolicy, which runs code, is taken at the start only.  The new policy begins with the present number of workers and
an empty memory: as in Kubernetes nothing is scaled down within its first stabilisation window.
{WHERE}"""
SHOW_EPILOG = """
Examples:

  weir policy show                         # its manifest

  weir policy show --json                  # with its kind and bounds

Reading needs no token.  The autoscaler is the one at --api or WEIR_API.  Exit codes: 0 shown, 2 nobody answers.
"""


@app.command(epilog=USE_EPILOG)
def use(
    manifest: Annotated[Path, typer.Argument(metavar="POLICY.yaml", help="The policy that is to act.")],
    api: ApiUrl = DEFAULT_URL,
    token_file: TokenFile = DEFAULT_TOKEN_FILE,
    as_json: AsJson = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Let another policy act from now on."""
    content = read_manifest(manifest)
    with ApiClient(api, token_file) as client:
        answer = client.order("PUT", "policy", content=content, headers={"Content-Type": "application/yaml"})
    show_steering(answer, as_json=as_json)


@app.command(epilog=SHOW_EPILOG)
def show(api: ApiUrl = DEFAULT_URL, as_json: AsJson = False) -> None:  # noqa: FBT002  # typer's way to declare a flag
    """Print the manifest of the policy that acts."""
    with ApiClient(api) as client:
        policy = client.read("policy")
    if as_json:
        show_json(policy)
    else:
        typer.echo(policy["manifest"].rstrip("\n"))
