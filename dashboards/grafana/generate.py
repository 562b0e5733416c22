"""Write every board's JSON: `make dashboards`."""

import json
from collections.abc import Mapping
from pathlib import Path

from dashboards.grafana.boards import autoscaler, overview, producer_kafka, workers
from dashboards.grafana.common import LINKS
from dashboards.grafana.panels import Board, dashboard

JSON = Path(__file__).parent / "json"
BOARDS: Mapping[str, Board] = {
    "overview": overview.BOARD,
    "workers": workers.BOARD,
    "autoscaler": autoscaler.BOARD,
    "producer-kafka": producer_kafka.BOARD,
}


def main() -> None:
    """Each in a file of its own, whose name is in its address."""
    for name, board in BOARDS.items():
        (JSON / f"{name}.json").write_text(text_of(board), encoding="utf-8")


def text_of(board: Board) -> str:
    """Its document, so that a change is a line in a diff."""
    return json.dumps(dashboard(board, LINKS), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
