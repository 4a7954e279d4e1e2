"""A `Plan` in, a Step Functions definition out. Pure: no AWS, no I/O, no clock.

order       who comes before whom, as bit sets; cycles
decompose   the order as nested sequences and parallels (series-parallel decomposition)
gates       which dependencies are left to join gates where that does not suffice
hooks       the machine of what runs after a run
states      one step as states
loops       one step with `for_each` as states
history     how many history events it may need
machine     the whole definition, its numbers and its limits
calls       what a machine hands to the two Lambdas, read back
reference   a small interpreter of what comes out, for tests and benchmarks
"""

from chalicelib.core.compiler.machine import Compiled, compile_plan

__all__ = ["Compiled", "compile_plan"]
