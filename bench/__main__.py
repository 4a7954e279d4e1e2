"""`python -m bench`: every benchmark, one table. It fails nothing; a budget that is missed is red."""

from __future__ import annotations

from bench import compiler, cost, handlers, imports, latency
from bench.rows import show


def main() -> None:
    """Run them all and print."""
    measured = [
        *imports.rows(),
        *handlers.rows(),
        *compiler.rows(),
        *latency.rows(),
        *cost.rows(),
    ]
    show(measured, "Ratios of one run on this machine: docs/benchmarks.md says what each row means")


if __name__ == "__main__":
    main()
