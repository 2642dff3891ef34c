"""The broker: one protocol, `kafka` in production, `local` on one machine."""

from shared.broker.connect import connect
from shared.broker.protocol import Broker, BrokerLost, Consumer, Partition, Record

__all__ = ["Broker", "BrokerLost", "Consumer", "Partition", "Record", "connect"]
