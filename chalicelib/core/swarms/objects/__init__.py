"""Objects: a swarm's parts without a model, one handler a file. Import `registry`.

A handler is pure: (state, mail, config, now) → what follows. `base` says what that is.
"""
