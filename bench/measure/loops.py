"""Programs that normalise in a bare loop: the C++ peer and our own core, by one protocol."""

import subprocess


class Loop:
    """A program that has read its numbers and waits to be told to go through them."""

    def __init__(self, program, numbers_file, regions):
        self._process = subprocess.Popen(
            [program, str(numbers_file), *regions],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self._count = sum(1 for _ in open(numbers_file, encoding="utf-8"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()

    def cost(self, _meter):
        """Nanoseconds of CPU time a number."""
        return int(self._ask("run")) / self._count

    def answers(self):
        """What it made of each number; empty where it found none."""
        first = self._ask("answers")
        return [first, *(self._line() for _ in range(self._count - 1))]

    def _ask(self, command):
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args[0]} ended with status {self._process.wait()}")
        return line.rstrip("\n")
