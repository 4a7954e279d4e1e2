"""The rules: runs, definitions, the compiler, expressions, errors. No AWS, no HTTP, no I/O.

Anyone may import from here; nothing here imports from `store`, `cloud`, `api` or `workers`.
"""
