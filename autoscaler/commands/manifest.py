"""`weir manifest`: a policy as YAML for a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from autoscaler.manifests import read_policy
from autoscaler.manifests.kinds import Context
from autoscaler.manifests.write import Form, Names, write_manifest
from autoscaler.options import ClusterSettings, MetricNames, read_cluster, read_names

EPILOG = """
Examples:

  weir manifest hpa.yaml --as scaledobject --bootstrap-servers kafka:9092 --group workers --topic orders

  weir manifest scaled.yaml --as hpa --lossy             # what an HPA cannot hold stands in comments at the top

  weir manifest fixed.yaml --as hpa --target Deployment/worker

  weir manifest weir.yaml --as hpa --target Deployment/worker --events-per-second 500 --lossy

Exit codes: 0 written to standard output, 2 it cannot be written, or not without a loss.
"""


def manifest(  # noqa: PLR0917  # typer passes them by name
    policy: Annotated[Path, typer.Argument(metavar="POLICY.yaml", help="A manifest, or one of Weir's kinds.")],
    form: Annotated[Form, typer.Option("--as", help="What to write.")],
    name: Annotated[str | None, typer.Option(help="metadata.name; by default the policy's own.")] = None,
    target: Annotated[
        str | None, typer.Option(metavar="Deployment/NAME", help="What is scaled; by default what the policy says.")
    ] = None,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka's address, for a Kafka trigger.")] = None,
    group: Annotated[str | None, typer.Option(help="The consumer group whose lag counts.")] = None,
    topic: Annotated[str | None, typer.Option(help="The topic whose lag counts.")] = None,
    events_per_second: Annotated[
        float | None,
        typer.Option(min=0.001, max=1e9, help="What one worker does, for a WeirPolicy: it aims at a time."),
    ] = None,
    metric: MetricNames = None,
    cluster: ClusterSettings = None,
    lossy: Annotated[bool, typer.Option("--lossy", help="Write it although something gets lost.")] = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Write a policy as a HorizontalPodAutoscaler or a ScaledObject, to standard output.

    What the form cannot express is an error; with --lossy it stands in comments at the top.
    """
    settings = read_cluster(cluster or ())
    read = read_policy(policy, Context(signals=read_names(metric or ()), cluster=settings))
    names = Names(
        name=name,
        target=target,
        bootstrap_servers=bootstrap_servers,
        group=group,
        topic=topic,
        events_per_second=events_per_second,
    )
    typer.echo(write_manifest(read, form, names, cluster=settings, lossy=lossy).text, nl=False)
