"""S3: skills, markdown files that agents are given."""

from __future__ import annotations

from typing import Any, Final

from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Parameter
from chalicelib.api.swarms.dialect import BODY_ERRORS, SwarmRoutes, limited, read
from chalicelib.api.swarms.found import node_of
from chalicelib.api.swarms.other_models import (
    AgentSkills,
    SkillContent,
    SkillDetail,
    SkillList,
    UpdatedSkill,
)
from chalicelib.core.errors import BadRequest, NotFound
from chalicelib.core.roles import Role
from chalicelib.core.swarms.model import NodeKind
from chalicelib.core.swarms.skills import MOST_BYTES, name_problem
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="skills")

_PATH: Final = Parameter("path", "Another folder to search.", {"type": "string", "maxLength": 512})


@routes.declare(
    "GET",
    "/api/skills",
    role=Role.VIEWER,
    summary="List available skill files",
    answer=SkillList,
    parameters=(_PATH,),
    errors=(400,),
)
def list_skills(request: ApiRequest) -> dict[str, Any]:
    """Those of folders below too, by their paths."""
    org, skills = request.caller.org, services().skills
    # A path as an answer shows it is as good as one below the organisation's own folder.
    under = request.query.get("path", "").removeprefix(skills.base(org))
    base = skills.base(org, under)
    found = skills.list(org, under)
    lines = [
        {
            "name": skill.name,
            "path": skill.path,
            "relative_path": skill.relative_path,
            "category": skill.category,
        }
        for skill in found
    ]
    return {"skills": lines, "base_path": base, "count": len(lines)}


@routes.declare(
    "GET",
    "/api/skills/{name}",
    role=Role.VIEWER,
    summary="Get a skill's content by name",
    answer=SkillDetail,
    errors=(404,),
)
def get_skill(request: ApiRequest, name: str) -> dict[str, Any]:
    """Whatever folder it is in; `.md` may be left out."""
    found = None if name_problem(name) else services().skills.read(request.caller.org, name)
    if found is None:
        raise NotFound("Skill not found")
    skill, content = found
    size = len(content.encode())
    return {"name": skill.name, "path": skill.path, "content": content, "size": size}


@routes.declare(
    "GET",
    "/api/swarms/{name}/agents/{agent}/skills",
    role=Role.VIEWER,
    summary="Get the agent's skill contents",
    answer=AgentSkills,
    errors=(404,),
)
def get_agent_skills(request: ApiRequest, name: str, agent: str) -> dict[str, Any]:
    """As the agent is given them: with its own names in the places for them."""
    from chalicelib.core.swarms.agent_skills import agent_skills

    org = request.caller.org
    node = node_of(org, name, agent, NodeKind.AGENT)
    found = agent_skills(services().skills, org, name, node)
    return {
        "skills": [
            {"name": skill.name, "content": skill.content, "path": skill.path} for skill in found
        ]
    }


@routes.declare(
    "PUT",
    "/api/swarms/{name}/agents/{agent}/skills/{skill}",
    role=Role.OPERATOR,
    summary="Update one of the agent's skill files",
    body=SkillContent,
    answer=UpdatedSkill,
    errors=BODY_ERRORS,
)
def update_agent_skill(request: ApiRequest, name: str, agent: str, skill: str) -> UpdatedSkill:
    """For this agent alone: others keep the common one. It counts from the next turn on."""
    org = request.caller.org
    given = read(request, SkillContent, missing="Missing 'content' parameter")
    if problem := name_problem(skill):
        raise BadRequest(problem)
    content = limited("content", given.content, MOST_BYTES)
    node_of(org, name, agent, NodeKind.AGENT)
    services().skills.write(org, name, agent, skill, content)
    return UpdatedSkill(skill=skill)
