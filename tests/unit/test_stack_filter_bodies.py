"""What a container may be made of: each refusal is one change to a worker as the backend makes it."""

from typing import Any

import pytest

from autoscaler.backends.docker.recipe import USER
from stack.filter.bodies import worker_body
from stack.filter.calls import RefusedError
from tests.filtered import LABELS, OTHER, RULES, body, changed


@pytest.mark.parametrize("secrets", [None, "p_worker"])
def test_a_worker_as_the_backend_makes_it_is_let_through(secrets: str | None) -> None:
    worker_body(body(secrets=secrets), RULES)


def test_with_a_volume_of_secrets_none_stands_in_the_environment() -> None:
    made = body(secrets="p_worker")
    assert not [entry for entry in made["Env"] if "SASL" in entry]
    assert "WEIR_SETTINGS_FOLDER=/run/weir" in made["Env"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("Image", "alpine", id="another image"),
        pytest.param("Image", "weir:1@sha256:aa", id="another spelling of the image"),
        pytest.param("User", "0", id="root"),
        pytest.param("User", "", id="the image's own user"),
        pytest.param("Cmd", ["autoscale"], id="another command"),
        pytest.param("Entrypoint", ["sh", "-c", "x"], id="another program"),
        pytest.param("Labels", {}, id="no label"),
        pytest.param("Labels", {**LABELS, "com.docker.compose.project": "q"}, id="another project's label"),
        pytest.param("Env", ["LD_PRELOAD=/tmp/x"], id="a variable that is not Weir's"),
        pytest.param("Env", ["WEIR_KAFKA_SASL_PASSWORD=x"], id="a password, which anybody could inspect"),
        pytest.param("Env", "WEIR_KAFKA_X=1", id="an environment that is no list"),
        pytest.param("Volumes", {"/x": {}}, id="an anonymous volume"),
        pytest.param("ExposedPorts", {"80/tcp": {}}, id="a port"),
        pytest.param("Healthcheck", {"Test": ["CMD", "x"]}, id="a command as a health check"),
        pytest.param("Healthcheck", {"Test": ["NONE"], "test": ["CMD", "x"]}, id="one in another spelling"),
        pytest.param("hostconfig", {"Binds": ["/:/host"]}, id="a key that Go reads whatever its case"),
        pytest.param("Anything", {"new": 1}, id="a key that is not known"),
        pytest.param("NetworkingConfig", {"EndpointsConfig": {"p_docker-socket": {}}}, id="a second network"),
        pytest.param("HostConfig", None, id="no host configuration"),
        pytest.param("HostConfig.Binds", ["/:/host"], id="the machine's files"),
        pytest.param("HostConfig.Binds", ["/var/run/docker.sock:/s"], id="the engine's socket"),
        pytest.param("HostConfig.Mounts", [{"Type": "bind", "Source": "/", "Target": "/h"}], id="a bind mount"),
        pytest.param(
            "HostConfig.Mounts",
            [{"Type": "volume", "Source": "p_worker", "Target": "/run/weir", "ReadOnly": False}],
            id="its secrets to be written",
        ),
        pytest.param(
            "HostConfig.Mounts",
            [{"Type": "volume", "Source": "p_kafka", "Target": "/run/weir", "ReadOnly": True}],
            id="another service's secrets",
        ),
        pytest.param("HostConfig.VolumesFrom", ["x"], id="another container's volumes"),
        pytest.param("HostConfig.Privileged", True, id="all privileges"),
        pytest.param("HostConfig.CapAdd", ["SYS_ADMIN"], id="a capability"),
        pytest.param("HostConfig.CapDrop", [], id="the usual capabilities"),
        pytest.param("HostConfig.SecurityOpt", [], id="new privileges"),
        pytest.param(
            "HostConfig.SecurityOpt", ["no-new-privileges:true", "seccomp=unconfined"], id="no filter of system calls"
        ),
        pytest.param("HostConfig.Devices", [{"PathOnHost": "/dev/sda"}], id="a device"),
        pytest.param("HostConfig.DeviceRequests", [{"Count": -1}], id="a graphics card"),
        pytest.param("HostConfig.PidMode", "host", id="the host's processes"),
        pytest.param("HostConfig.IpcMode", "host", id="the host's memory"),
        pytest.param("HostConfig.UTSMode", "host", id="the host's name"),
        pytest.param("HostConfig.UsernsMode", "host", id="the host's users"),
        pytest.param("HostConfig.CgroupnsMode", "host", id="the host's control groups"),
        pytest.param("HostConfig.NetworkMode", "host", id="the host's network"),
        pytest.param("HostConfig.NetworkMode", f"container:{OTHER}", id="another container's network"),
        pytest.param("HostConfig.NetworkMode", "p_docker-socket", id="the socket's network"),
        pytest.param("HostConfig.PortBindings", {"80/tcp": [{"HostPort": "80"}]}, id="a published port"),
        pytest.param("HostConfig.PublishAllPorts", True, id="all ports published"),
        pytest.param("HostConfig.NanoCpus", None, id="no limit of CPU"),
        pytest.param("HostConfig.NanoCpus", 3_000_000_000, id="more CPU than a worker may have"),
        pytest.param("HostConfig.Memory", 0, id="no limit of memory"),
        pytest.param("HostConfig.Memory", 2 << 30, id="more memory than a worker may have"),
        pytest.param("HostConfig.MemorySwap", -1, id="all the swap there is"),
        pytest.param("HostConfig.PidsLimit", 0, id="no limit of processes"),
        pytest.param("HostConfig.ReadonlyRootfs", False, id="a file system to be written"),
        pytest.param("HostConfig.Tmpfs", {"/tmp": "rw,exec"}, id="a /tmp to execute from"),  # noqa: S108  # theirs
        pytest.param("HostConfig.RestartPolicy", {"Name": "always"}, id="restarts by the engine"),
        pytest.param("HostConfig.LogConfig", {"Type": "json-file", "Config": {}}, id="an unbounded log"),
        pytest.param("HostConfig.LogConfig", {"Type": "syslog"}, id="a log that goes elsewhere"),
        pytest.param("HostConfig.Sysctls", {"net.ipv4.ip_forward": "1"}, id="a setting of the kernel"),
        pytest.param("HostConfig.OomKillDisable", True, id="memory without an end"),
        pytest.param("HostConfig.OomScoreAdj", -1000, id="others killed before it"),
        pytest.param("HostConfig.CgroupParent", "/", id="another control group"),
        pytest.param("HostConfig.Runtime", "other", id="another runtime"),
        pytest.param("HostConfig.MaskedPaths", ["/x"], id="what of the kernel can be seen"),
    ],
)
def test_it_refuses_a_container_with(path: str, value: Any) -> None:
    with pytest.raises(RefusedError, match=path.rsplit(".", maxsplit=1)[-1]):
        worker_body(changed(path, value), RULES)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("hostconfig", None, id="nothing of how it is confined"),
        pytest.param("user", "", id="the image's own user"),
        pytest.param("u\u017fer", "", id="the same in letters that Go takes for others"),
        pytest.param("HostConfig.memory", 0, id="no limit of memory"),
        pytest.param("HostConfig.capdrop", [], id="the usual capabilities"),
        pytest.param("HostConfig.readonlyrootfs", False, id="a file system to be written"),
        pytest.param("Tty", False, id="what says nothing"),
    ],
)
def test_a_key_that_is_not_known_goes_nowhere_however_little_it_says(path: str, value: Any) -> None:
    """Go's decoder takes a key for another one that differs in case, and the last one counts."""
    passed = worker_body(changed(path, value), RULES)
    assert passed == worker_body(body(), RULES)
    assert passed["User"] == USER
    assert path.rsplit(".", maxsplit=1)[-1] not in {*passed, *passed["HostConfig"]}


def test_what_is_passed_on_is_all_that_the_backend_says() -> None:
    made, passed = body(secrets="p_worker"), worker_body(body(secrets="p_worker"), RULES)
    assert {key for key, value in made.items() if value} <= set(passed)
    assert {key for key, value in made["HostConfig"].items() if value} <= set(passed["HostConfig"])


@pytest.mark.parametrize("found", [None, [], "x", 1, {}, {"HostConfig": []}])
def test_what_is_no_configuration_is_refused(found: Any) -> None:
    with pytest.raises(RefusedError):
        worker_body(found, RULES)
