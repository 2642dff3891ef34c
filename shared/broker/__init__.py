"""The broker: one protocol, `kafka` in production, `local` on one machine."""

from shared.broker.connect import connect
from shared.broker.protocol import Bounds, Broker, BrokerLost, Consumer, Partition, Record, Survey

__all__ = ["Bounds", "Broker", "BrokerLost", "Consumer", "Partition", "Record", "Survey", "connect"]
