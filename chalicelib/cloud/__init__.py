"""Thin wrappers round everything that is called over the network but the table: Step Functions,
sockets, models, HTTP. Clients are handed in, so a test can count, break and replace them."""
