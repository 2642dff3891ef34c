"""A server run as our child: it ends when this process does, and what an earlier one left can be found."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from signal import Signals
from threading import Thread
from typing import TYPE_CHECKING

from shared.embedded.host import ServerUser

if TYPE_CHECKING:
    import psutil

_LAUNCHER = """
import ctypes, os, sys
parent, signal, uid, gid, *command = sys.argv[1:]
if os.geteuid() != int(uid):
    os.setgroups([]), os.setgid(int(gid)), os.setuid(int(uid))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(signal))
if os.getppid() != int(parent):
    sys.exit("the parent died first")
try:
    os.execv(command[0], command)
except OSError as error:
    sys.exit(f"{command[0]}: {error.strerror}")
"""
"""Becomes the user, then asks for a signal at the parent's death, which a change of user forgets.

A program of its own because code between fork and exec may deadlock in a process that has threads.
"""


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    last_signal: Signals,
    user: ServerUser | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` (an absolute path and its arguments) in a session of its own, output appended to `log`.

    When this process dies in any way, Linux sends the child `last_signal`. The kernel means the *thread* that
    started it, so a thread is kept for as long as the child lives: a caller's may be a pool's and end sooner.
    Elsewhere the child outlives us. A terminal's Ctrl-C reaches us alone: we decide when the child stops.
    """
    user = user or ServerUser.current()
    parent = [str(number) for number in (os.getpid(), last_signal.value, user.uid, user.gid)]
    started: Future[subprocess.Popen[bytes]] = Future()

    def keep() -> None:
        try:
            with log.open("ab") as output:
                child = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-I", "-S", "-c", _LAUNCHER, *parent, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=log.parent,
                    env=environment,
                    start_new_session=True,
                )
        except BaseException as error:
            started.set_exception(error)
        else:
            started.set_result(child)
            child.wait()

    Thread(target=keep, name=f"keeper of {Path(command[0]).name}", daemon=True).start()
    return started.result()


def processes_in(directory: Path, name: str) -> list[psutil.Process]:
    """The living processes called `name` that work in `directory`; a pid file may name another's by now."""
    import psutil  # of the extra `local`: where nobody starts a server, it is not there

    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name() == name and process.cwd() == str(directory):
                found.append(process)
    return found


def end_in(directory: Path, name: str, *, within: float) -> None:
    """Wait `within` seconds for the `processes_in` to end by themselves, then kill those that have not.

    A process that only waits to be reaped has ended: in a container nobody may ever reap it.
    """
    import psutil

    deadline = time.monotonic() + within
    while living := processes_in(directory, name):
        if time.monotonic() > deadline:
            for process in living:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        time.sleep(0.01)
