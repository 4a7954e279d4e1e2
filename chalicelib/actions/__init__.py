"""What a step can do, one file per family. Import `registry`; it loads the action that is used.

Actions may import `core` and `cloud`; only workers and the apply route import from here.
"""
