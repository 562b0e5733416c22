"""What compose.yaml promises of every service, so that a new one cannot forget it."""

import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
FILE: Mapping[str, Any] = yaml.safe_load(TEXT)
SERVICES: Mapping[str, Mapping[str, Any]] = FILE["services"]
STARTED = {name: service for name, service in SERVICES.items() if name != "worker"}
ONCE = {name for name, service in STARTED.items() if service["restart"] == "no"}

each = pytest.mark.parametrize("name", STARTED)


@each
def test_it_is_confined(name: str) -> None:
    service = STARTED[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] or name == "kafka"
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode"} & set(service)


@each
def test_it_has_limits_of_cpu_and_memory(name: str) -> None:
    limits = STARTED[name]["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[MG]", limits["memory"])


@each
def test_its_log_cannot_fill_the_disk(name: str) -> None:
    assert STARTED[name]["logging"]["options"] == {"max-size": "8m", "max-file": "3"}


@each
def test_its_image_has_a_fixed_version(name: str) -> None:
    assert re.fullmatch(r"[a-z/-]+:v?\d+(\.\d+)+", STARTED[name]["image"])


@each
def test_it_is_started_again_and_tells_whether_it_is_healthy_unless_it_is_done_once(name: str) -> None:
    assert (STARTED[name]["restart"] == "unless-stopped" and "healthcheck" in STARTED[name]) or name in ONCE


@each
def test_it_waits_for_what_it_needs_to_be_healthy_or_done(name: str) -> None:
    for needed, how in STARTED[name].get("depends_on", {}).items():
        assert how["condition"] == ("service_completed_successfully" if needed in ONCE else "service_healthy")


@each
def test_its_ports_are_open_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in STARTED[name].get("ports", ()))


@each
def test_it_sees_the_docker_socket_only_if_it_is_the_proxy(name: str) -> None:
    assert ("docker.sock" in str(STARTED[name].get("volumes"))) == (name in {"socket-proxy", "logs-proxy"})


def test_weirs_own_image_is_that_of_this_version() -> None:
    versions = set(re.findall(r"weir:(\d[\d.]*)", TEXT + (ROOT / ".env.example").read_text()))
    assert versions == {metadata.version("weir")}


def test_nobody_but_the_filter_shares_a_network_with_the_socket_proxy() -> None:
    assert [n for n, s in STARTED.items() if "docker-socket" in s.get("networks", ())] == [
        "socket-proxy",
        "docker-filter",
    ]
    assert FILE["networks"]["docker-socket"]["internal"]
    assert FILE["networks"]["docker-filter"]["internal"]


def test_workers_bear_the_labels_that_the_filter_asks_for() -> None:
    borne = FILE["x-workers"]["WEIR_CONTAINER_LABELS"].split(",")
    asked = [part.removeprefix("--label=") for part in SERVICES["docker-filter"]["command"] if "--label=" in part]
    assert asked
    assert set(asked) <= set(borne)


def test_each_volume_of_secrets_is_writable_to_setup_alone_and_mounted_by_one_role() -> None:
    mounted: dict[str, list[str]] = {}
    for name, service in STARTED.items():
        for volume in service.get("volumes", ()):
            if isinstance(volume, dict) and "secrets" in volume["source"]:
                assert volume["read_only"], (name, volume)
                assert volume["volume"]["nocopy"], (name, volume)
                mounted.setdefault(volume["source"], []).append(name)
            elif "secrets" in volume:
                assert name.startswith("setup"), (name, volume)
    assert all(len(set(names) - {"topics"}) == 1 for names in mounted.values()), mounted


def test_each_variable_has_a_default_and_a_line_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    for name, default in re.findall(r"\$\{(\w+)(:-[^}]+)?\}", TEXT):
        assert f"#{name}=" in example, name
        assert default or name == "COMPOSE_PROJECT_NAME", name
