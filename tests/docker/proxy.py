"""Something between us and the engine that can be taken away, or fall silent."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

ENGINE = "/var/run/docker.sock"


class EngineProxy:
    """A Unix socket in front of the engine's.  `silent` = connections are taken and nothing is ever answered."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "engine.sock"
        self.silent = False
        self.requests = 0
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        """For the SDK."""
        return f"unix://{self.path}"

    def start(self) -> None:
        """Be there."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Be gone, and all connections with it."""
        if self._listener:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.path.unlink(missing_ok=True)
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                ours, _ = listener.accept()
            except OSError:
                return
            self._open.append(ours)
            if self.silent:
                continue
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(ENGINE)
            self._open.append(engine)
            for source, target in ((ours, engine), (engine, ours)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.requests += data.startswith((b"GET ", b"POST ", b"DELETE "))
                if not self.silent:
                    target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
