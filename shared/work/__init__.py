"""Work that is claimed from a table, done outside of any transaction, and settled; and when it is tried again.

`pauses` and `claims` are pure. `worker` is the loop, which a `Queue` tells how to claim, do and settle.
"""

from shared.work.pauses import Pauses
from shared.work.worker import Queue, Worker

__all__ = ["Pauses", "Queue", "Worker"]
