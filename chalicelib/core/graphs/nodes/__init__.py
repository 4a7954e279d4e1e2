"""What the nodes compute that touch nothing outside: one function for each type, payload in, result
out. Each raises StepFailed, never retryable, where what an expression gave is of no use to it."""
