"""End a process that uses the network; Python imports this file if it is on the path."""

import os
import socket
import sys
from typing import Any

NETWORKS = (socket.AF_INET, socket.AF_INET6)
LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """End the process if the event is one of the network."""
    if event in LOOK_UPS or (event == "socket.__new__" and arguments[1] in NETWORKS):
        os.write(2, f"network: {event} {arguments[1:]}\n".encode())
        os._exit(99)


sys.addaudithook(refuse)
