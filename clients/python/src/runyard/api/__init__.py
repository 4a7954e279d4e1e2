"""The operations, in groups. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from runyard._request import AsyncSend, Send
from runyard.api.approvals import Approvals, AsyncApprovals
from runyard.api.auth import AsyncAuth, Auth
from runyard.api.compute_units import AsyncComputeUnits, ComputeUnits
from runyard.api.documentation import AsyncDocumentation, Documentation
from runyard.api.graph_runs import AsyncGraphRuns, GraphRuns
from runyard.api.graph_workflows import AsyncGraphWorkflows, GraphWorkflows
from runyard.api.health import AsyncHealth, Health
from runyard.api.hooks import AsyncHooks, Hooks
from runyard.api.models import AsyncModels, Models
from runyard.api.organizations import AsyncOrganizations, Organizations
from runyard.api.runs import AsyncRuns, Runs
from runyard.api.secrets import AsyncSecrets, Secrets
from runyard.api.skills import AsyncSkills, Skills
from runyard.api.swarm_agents import AsyncSwarmAgents, SwarmAgents
from runyard.api.swarm_events import AsyncSwarmEvents, SwarmEvents
from runyard.api.swarm_objects import AsyncSwarmObjects, SwarmObjects
from runyard.api.swarms import AsyncSwarms, Swarms
from runyard.api.tokens import AsyncTokens, Tokens
from runyard.api.triggers import AsyncTriggers, Triggers
from runyard.api.users import AsyncUsers, Users
from runyard.api.workflows import AsyncWorkflows, Workflows


class Groups:
    """Every group of operations, as an attribute."""

    def __init__(self, send: Send) -> None:
        self.workflows = Workflows(send)
        self.runs = Runs(send)
        self.graph_workflows = GraphWorkflows(send)
        self.graph_runs = GraphRuns(send)
        self.compute_units = ComputeUnits(send)
        self.swarms = Swarms(send)
        self.swarm_agents = SwarmAgents(send)
        self.swarm_objects = SwarmObjects(send)
        self.swarm_events = SwarmEvents(send)
        self.skills = Skills(send)
        self.approvals = Approvals(send)
        self.models = Models(send)
        self.hooks = Hooks(send)
        self.secrets = Secrets(send)
        self.auth = Auth(send)
        self.users = Users(send)
        self.organizations = Organizations(send)
        self.health = Health(send)
        self.documentation = Documentation(send)
        self.tokens = Tokens(send)
        self.triggers = Triggers(send)


class AsyncGroups:
    """Every group of operations, as an attribute."""

    def __init__(self, send: AsyncSend) -> None:
        self.workflows = AsyncWorkflows(send)
        self.runs = AsyncRuns(send)
        self.graph_workflows = AsyncGraphWorkflows(send)
        self.graph_runs = AsyncGraphRuns(send)
        self.compute_units = AsyncComputeUnits(send)
        self.swarms = AsyncSwarms(send)
        self.swarm_agents = AsyncSwarmAgents(send)
        self.swarm_objects = AsyncSwarmObjects(send)
        self.swarm_events = AsyncSwarmEvents(send)
        self.skills = AsyncSkills(send)
        self.approvals = AsyncApprovals(send)
        self.models = AsyncModels(send)
        self.hooks = AsyncHooks(send)
        self.secrets = AsyncSecrets(send)
        self.auth = AsyncAuth(send)
        self.users = AsyncUsers(send)
        self.organizations = AsyncOrganizations(send)
        self.health = AsyncHealth(send)
        self.documentation = AsyncDocumentation(send)
        self.tokens = AsyncTokens(send)
        self.triggers = AsyncTriggers(send)
