"""Lets the workers open sessions, or makes them wait while the server restarts."""

import threading


class Gate:
    """Sessions opened before `close` end with the server; until `open`, no worker opens another. So the model can be
    told of a crash between the last answer from before it and the first one after it."""

    def __init__(self, connect):
        self.connect_now = connect
        self.changed = threading.Condition()
        self.closings = 0
        self.is_open = True
        self.waiting = 0

    def connect(self):
        """A session that was there before the gate closed next."""
        while True:
            with self.changed:
                self.waiting += 1
                self.changed.notify_all()
                self.changed.wait_for(lambda: self.is_open)
                self.waiting -= 1
                closings = self.closings
            session = self.connect_now()
            with self.changed:
                if closings == self.closings:
                    return session
            session.close()

    def close(self):
        with self.changed:
            self.is_open = False
            self.closings += 1

    def wait_for_all(self, workers: int, seconds: float) -> bool:
        """Until all workers wait here; false if that takes longer."""
        with self.changed:
            return self.changed.wait_for(lambda: self.waiting == workers, seconds)

    def open(self):
        with self.changed:
            self.is_open = True
            self.changed.notify_all()
