"""What runs outside a request: step, finaliser, fan-out, sockets, reconciler."""
