"""What can be seen before Java starts, and told better than Kafka would."""

from broker.errors import BrokerError
from broker.folder import Folder, open_folder
from broker.ports import require_free
from broker.properties import Ports, server_properties
from broker.settings import BrokerSettings

HEAP_MIB_MIN = 128  # with less Kafka dies while loading


def check(settings: BrokerSettings) -> Folder:
    """Look at folder, port and settings; returns the folder, ready for use.

    Raises:
        BrokerError: The first thing that cannot work.
    """
    if settings.heap_mib < HEAP_MIB_MIN:
        raise BrokerError(f"a heap of {settings.heap_mib} MiB is too small: Kafka needs at least {HEAP_MIB_MIN}")
    server_properties(settings, Ports(clients=1, controller=1, internal=1, mark=""), settings.data)
    folder = open_folder(settings.data)
    if settings.port:
        require_free(settings.host, settings.port)
    return folder
