"""Makes the clients from docs/openapi.json and docs/asyncapi.json. Imports nothing of chalicelib."""
