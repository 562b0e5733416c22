"""A real Apache Kafka (KRaft combined mode) as a child process: fetch, verify, start, stop."""

from broker.errors import BrokerError
from broker.launcher import running_broker, start_broker
from broker.server import Broker
from broker.settings import BrokerSecurity, BrokerSettings

__all__ = ["Broker", "BrokerError", "BrokerSecurity", "BrokerSettings", "running_broker", "start_broker"]
