"""The whole of Runyard on one machine, from the artifact that goes to AWS: an emulator, the
deployed stack, the front door. `LocalStack` is the way in, for `make run` and for tests."""

from infra.local.stack import LocalStack

__all__ = ["LocalStack"]
