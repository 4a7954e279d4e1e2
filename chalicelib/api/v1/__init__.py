"""S1: node-graph workflows, their runs and compute units under `/v1`, each a thin pair: parse, render.

`app` registers the `routes` of its modules; nobody else imports from here.
"""
