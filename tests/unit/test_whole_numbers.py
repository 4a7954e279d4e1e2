"""A whole number of a body is one as JSON Schema means it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.api.workflows import RollbackRequest


@pytest.mark.parametrize("given", [3, 3.0])
def test_a_number_without_a_fraction_is_whole_however_it_is_written(given: Any) -> None:
    read = RollbackRequest.model_validate({"to_version": given})
    assert (read.to_version, type(read.to_version)) == (3, int)


@pytest.mark.parametrize("given", [3.5, "3", True, None, 0.0, 1e300])
def test_anything_else_is_none(given: Any) -> None:
    with pytest.raises(ValidationError):
        RollbackRequest.model_validate({"to_version": given})
