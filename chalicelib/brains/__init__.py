"""What runs the turns of a swarm's nodes, one file per backend. Import `registry` and `base`.

Brains may import `core`, `cloud` and `actions`; only workers and services import from here.
"""
