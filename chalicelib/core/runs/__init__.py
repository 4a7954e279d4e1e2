"""A run's life: its statuses and their rules, and the operations start, step, finish, cancel, reconcile.

Operations get their store and engine handed in (`ports`), so they run against DynamoDB, against
moto and against a store that fails on purpose, without knowing it.
"""
