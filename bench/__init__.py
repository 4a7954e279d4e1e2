"""Benchmarks that print ratios. `python -m bench` for all of them, `python -m bench.cost` for money."""
