"""The benchmark behind `make bench`. Python's standard library only; bench/run calls it."""
