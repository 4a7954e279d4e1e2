"""The S2 front end: YAML or JSON in, a `Plan` out, every problem with its place and line.

Import from the modules: `parse`, `workflow`, `inputs`, `durations`, `hashing`, `models`.
"""
