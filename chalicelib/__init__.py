"""Runyard: everything the Lambda functions run. `app.py` is the map; `docs/architecture.md` the guide."""
