"""PostgreSQL without an installation: the server of a wheel, run as our child, on a unix socket only.

The same server as in production. It shuts down when this process dies, where the system allows. Whatever
died, by whatever signal, the next `start` finds the data again.
"""

import fcntl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from signal import SIGINT, SIGQUIT, SIGTERM
from types import TracebackType
from typing import IO, Literal, Self
from urllib.parse import quote

from shared.embedded import cluster
from shared.embedded.child import end_in, spawn
from shared.embedded.cluster import PORT, EmbeddedPostgresError, psql
from shared.embedded.host import ServerUser, let_pass

READY_WITHIN = 120.0
"""Seconds: recovery after a crash under load replays up to a gigabyte of log."""
STOP_WITHIN = 60.0

StopMode = Literal["smart", "fast", "immediate"]
_STOP = {"smart": SIGTERM, "fast": SIGINT, "immediate": SIGQUIT}
_DEFAULTS = {"max_connections": "200", "shared_buffers": "128MB", "timezone": "UTC", "log_timezone": "UTC"}
_CREATE_DATABASE = """\
SELECT pg_advisory_lock(hashtext('create database')) \\g /dev/null
SELECT format('CREATE DATABASE %I', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""


class EmbeddedPostgres:
    """A server whose data, log and lock live in `directory`. Its methods block: await them by `to_thread`.

    `settings` are PostgreSQL's own, by name, over the defaults; `{"fsync": "off"}` is for data nobody keeps.
    Whoever reaches the socket is trusted, and only the server's user and root can reach it.
    """

    def __init__(self, directory: Path, *, settings: Mapping[str, str] = {}) -> None:
        self.directory = directory.resolve()
        self._data = self.directory / "data"
        self._log = self.directory / "server.log"
        self._socket = cluster.socket_directory(self._data)
        self._settings = {
            **_DEFAULTS,
            **settings,
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": '"{}"'.format(str(self._socket).replace('"', '""')),
            "unix_socket_permissions": "0700",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def socket_path(self) -> Path:
        """The path of the socket at which a running server is reached."""
        return self._socket / f".s.PGSQL.{PORT}"

    def dsn(self, database: str = "postgres") -> str:
        """The address of `database` for asyncpg and libpq."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self._socket))}&port={PORT}"

    def url(self, database: str = "postgres") -> str:
        """The address of `database` for SQLAlchemy's asynchronous engine."""
        return self.dsn(database).replace("postgresql:", "postgresql+asyncpg:", 1)

    def create_database(self, name: str) -> None:
        """Create it if it is missing; safe when several ask at once."""
        psql(self.dsn(), _CREATE_DATABASE, name=name)

    def start(self) -> None:
        """Make the cluster if there is none, end what a killed parent left, start, wait until it answers.

        Raises EmbeddedPostgresError where it cannot, and where another living process runs this directory.
        """
        if self.running:
            return
        cluster.program("postgres")
        user = ServerUser.for_postgres()
        self.directory.mkdir(parents=True, exist_ok=True)
        let_pass(self._data, user)
        self._take_lock()
        try:
            cluster.make_cluster(self._data, user, durable=self._settings.get("fsync") != "off")
            cluster.make_socket_directory(self._socket, user)
            cluster.clear_leftovers(self._data, self._socket, within=STOP_WITHIN)
            self._launch(user)
        except BaseException:
            self.kill()
            raise

    def stop(self, mode: StopMode = "fast") -> None:
        """Shut down: "smart" waits for clients to leave, "immediate" leaves recovery to the next start."""
        if self._process and self.running:
            self._process.send_signal(_STOP[mode])
            try:
                self._process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                raise self._failure(f"did not stop ({mode}) in {STOP_WITHIN:.0f} s") from None
        self._release_lock()

    def kill(self) -> None:
        """Crash: SIGKILL to the postmaster, and to those of its children that do not follow."""
        if self._process and self.running:
            self._process.kill()
            self._process.wait()
            end_in(self._data, "postgres", within=1)
        self._release_lock()

    def restart(self, mode: StopMode = "fast") -> None:
        self.stop(mode)
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, user: ServerUser) -> None:
        if self._log.exists():  # the run before stays readable, older ones do not pile up
            self._log.replace(self._log.with_suffix(".log.1"))
        command = [str(cluster.program("postgres")), "-D", str(self._data)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        self._process = spawn(command, log=self._log, environment=cluster.environment(), user=user, last_signal=SIGINT)
        deadline = time.monotonic() + READY_WITHIN
        while not cluster.is_ready(self._data, self._process.pid):
            if not self.running:
                raise self._failure("did not start")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready in {READY_WITHIN:.0f} s")
            time.sleep(0.01)

    def _failure(self, what: str) -> EmbeddedPostgresError:
        tail = self._log.read_text(errors="replace").splitlines()[-20:]
        said = "; its log ends:" if tail else "; its log is empty, as on a full disk"
        return EmbeddedPostgresError("\n".join([f"PostgreSQL of {self.directory} {what}{said}", *tail]))

    def _take_lock(self) -> None:
        """Hold the directory; the system lets go of it when this process dies, however it dies."""
        if self._lock:
            return
        lock = (self.directory / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise EmbeddedPostgresError(
                f"another process runs PostgreSQL of {self.directory}: is Kept up there already?"
            ) from error
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None
