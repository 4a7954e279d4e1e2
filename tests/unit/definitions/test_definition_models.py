"""The format as models: the reference page is made from them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from chalicelib.core.definitions import models

MODELS = [
    found
    for found in vars(models).values()
    if isinstance(found, type) and issubclass(found, models.Model)
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_member_and_model_is_described(model: type[BaseModel]) -> None:
    assert model.__doc__
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name}"
    assert model.model_config["extra"] == "forbid" and model.model_config["strict"]


def test_the_json_schema_can_be_made() -> None:
    schema = models.WorkflowModel.model_json_schema(by_alias=True)
    assert "if" in schema["$defs"]["StepModel"]["properties"]
