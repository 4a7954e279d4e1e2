"""The benchmarks that need no stack still run: they follow the code."""

from __future__ import annotations

import json
from pathlib import Path

from bench.compiler import rows as compiler_rows
from bench.cost import counted
from tests.support.quick import quick_aws

PRICES = Path(__file__).resolve().parents[2] / "bench" / "prices.json"


@quick_aws()
def test_the_cost_model_counts_a_run_of_three_steps() -> None:
    counts = counted(3, json.loads(PRICES.read_text())["assumptions"])
    assert counts.transitions == 4
    assert counts.write_units > 0


def test_the_compilers_budgets_are_kept() -> None:
    """All but the one of time, which is the machine's as well."""
    judged = [row for row in compiler_rows() if row.within is not None and "ms" not in row.budget]
    assert len(judged) >= 3
    assert [row.name for row in judged if not row.within] == []
