"""Agent swarms (S3): configurations, overlays, routing, turns, events. No AWS in here.

`model` and `ports` are what everybody else builds on; import from the module that has it.
"""
