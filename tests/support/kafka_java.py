"""Apache Kafka by Java alone: Maven brings the jars once, then `java` runs the broker as our child."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from signal import SIGKILL, SIGTERM

from shared.embedded.child import spawn
from tests.support.kafka_broker import HEAP, SETTINGS, VERSION, free_port, wait_until_answers

POM = Path(__file__).with_name("pom.xml")
STOP_WITHIN = 30.0
"""Seconds."""


class JavaKafka:
    """A broker on this machine; its port and its data stay through `restart` and `kill`, until `discard`."""

    kind = "java"
    can_break = True

    def __init__(self) -> None:
        self._java = _find("java")
        self._jars = kafka_jars()
        port, controller = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        self._directory = Path(tempfile.mkdtemp(prefix="kept-kafka-"))
        self._log = self._directory / "server.log"
        self._properties = self._directory / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        settings = {
            **SETTINGS,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "log.dirs": str(self._directory / "data"),
        }
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def start(self) -> None:
        if not (self._directory / "data").exists():
            self._format()
        self._process = spawn(
            [*self._command(), "kafka.Kafka", str(self._properties)],
            log=self._log,
            environment=os.environ,
            last_signal=SIGKILL,
        )
        try:
            wait_until_answers(self.bootstrap, alive=lambda: self._running)
        except (ConnectionError, TimeoutError) as error:
            self.kill()
            raise RuntimeError(f"{error}; its log ends:\n{self._log.read_text()[-2000:]}") from error

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(SIGTERM)
            try:
                self._process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def discard(self) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _command(self) -> list[str]:
        options = ["-XX:+UseSerialGC", "-Djava.awt.headless=true", "-Dorg.apache.logging.log4j.level=WARN"]
        return [self._java, *HEAP.split(), *options, "-cp", f"{self._jars}/*"]

    def _format(self) -> None:
        arguments = ["format", "--cluster-id", uuid.uuid4().hex[:22], "--config", str(self._properties)]
        _run([*self._command(), "kafka.tools.StorageTool", *arguments])


def kafka_jars() -> Path:
    """The directory of the broker's jars, filled by Maven at the first call on this machine.

    Several processes may ask at once: one fetches, aside, and what is there under its name is whole.
    Raises RuntimeError where Maven is missing or cannot fetch them.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kept"
    jars = cache / f"kafka-{VERSION}"
    if jars.is_dir():
        return jars
    maven = _find("mvn")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"kafka-{VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            fetched = jars.with_suffix(".new")
            shutil.rmtree(fetched, ignore_errors=True)
            goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
            _run([maven, "-B", "-ntp", "-q", "-f", str(POM), *goal])
            fetched.rename(jars)
    return jars


def _find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise RuntimeError(f"there is no {program}")
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {(done.stdout + done.stderr).strip()[-2000:]}")
