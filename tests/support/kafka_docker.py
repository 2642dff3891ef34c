"""Apache Kafka in a container, where a Docker engine answers."""

import os
import platform
from urllib.parse import urlsplit

import psutil
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from tests.support.kafka_broker import HEAP, SETTINGS, VERSION, free_port, wait_until_answers

IMAGE = f"apache/kafka:{VERSION}"
STOP_WITHIN = 30
"""Seconds."""

_OWNER = "kept.tests.owner"


class DockerKafka:
    """A broker in one container, which `restart` and `kill` keep with its data, until `discard`.

    Its port is chosen beforehand: a broker tells its clients where to come back to, so it must know.
    """

    kind = "docker"
    can_break = True

    def __init__(self) -> None:
        # The reaper is a second image and wants the engine's socket; by a label the next run clears up.
        testcontainers_config.ryuk_disabled = True
        client = DockerClient()
        _remove_orphans(client)
        port = free_port()
        self.bootstrap = f"{_host(client)}:{port}"
        client.client.close()
        settings = {
            **SETTINGS,
            "controller.quorum.voters": "1@localhost:9093",
            "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
        }
        variables = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}
        self._container = (
            DockerContainer(IMAGE)
            .with_bind_ports(9092, port)
            .with_envs(**variables, KAFKA_HEAP_OPTS=HEAP)
            .with_kwargs(labels={_OWNER: f"{platform.node()} {os.getpid()}"})
        )
        self._created = False

    def start(self) -> None:
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True
        wait_until_answers(self.bootstrap, alive=self._alive)

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=STOP_WITHIN)

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        container = self._container.get_wrapped_container()
        container.kill()
        container.wait()

    def discard(self) -> None:
        self._container.stop()

    def _alive(self) -> bool:
        container = self._container.get_wrapped_container()
        container.reload()
        return bool(container.status == "running")


def _host(client: DockerClient) -> str:
    """Where a published port is reached: here, unless the engine or the environment says otherwise."""
    engine = urlsplit(client.client.api.base_url).hostname or "localhost"
    return testcontainers_config.tc_host_override or ("127.0.0.1" if engine == "localhost" else engine)


def _remove_orphans(client: DockerClient) -> None:
    """Remove the containers of runs on this machine that were killed before they could."""
    for container in client.client.containers.list(all=True, filters={"label": _OWNER}):
        machine, _, pid = container.labels[_OWNER].partition(" ")
        if machine == platform.node() and not psutil.pid_exists(int(pid)):
            container.remove(force=True, v=True)
