"""What operations answer. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class WorkflowLine(TypedDict):
    name: str
    description: str
    version: int
    content_hash: str
    updated_at: str


class WorkflowList(TypedDict):
    workflows: list[WorkflowLine]


class ArchivedWorkflow(TypedDict):
    name: str
    description: str
    version: int
    content_hash: str
    updated_at: str
    archived: bool


class WorkflowDetail(TypedDict):
    name: str
    version: int
    content_hash: str
    created_at: str
    created_by: str
    definition: dict[str, Any]


class AppliedWorkflow(TypedDict):
    name: str
    version: int
    status: str
    content_hash: str


class PlannedChange(TypedDict):
    path: str
    """Where: `steps.fetch.params.url`. Steps go by their names."""
    op: Literal["added", "removed", "changed"]
    before: Any
    after: Any


class PlannedWorkflow(TypedDict):
    """What an apply would do. `asl` and `mermaid` are there only when asked for."""

    name: str
    action: Literal["create", "update", "unchanged"]
    current_version: int | None
    next_version: int
    content_hash: str
    changes: list[PlannedChange]
    diff: str
    """The changes for people, as a unified diff of YAML."""
    states: int
    transitions: int
    """Of a run without retries: what Step Functions bills."""
    estimated_events: int
    bytes: int
    """Of the state machine's definition."""
    asl: NotRequired[dict[str, Any] | None]
    mermaid: NotRequired[str | None]


class WorkflowVersion(TypedDict):
    name: str
    version: int
    content_hash: str
    created_at: str
    created_by: str


class VersionList(TypedDict):
    versions: list[WorkflowVersion]


class CancelledExecutions(TypedDict):
    status: Literal["cancelled"]
    count: int
    """Runs that this request cancelled."""


class Cancelled(TypedDict):
    execution_id: str
    status: str


class CancelledExecution(TypedDict):
    status: Literal["cancelled"]
    executionType: str
    executionId: str


class Execution(TypedDict):
    """One line of a list."""

    id: str
    workflow: str
    version: int
    status: str
    started_at: str
    completed_at: str | None


class ExecutionList(TypedDict):
    executions: list[Execution]
    next_page_token: NotRequired[str | None]
    """Given only when there is more; send it as page_token."""


class DeletedExecution(TypedDict):
    execution_id: str
    status: str


class ExecutionIterations(TypedDict):
    """How far a step with `for_each` is."""

    total: int
    succeeded: int
    failed: int


class ExecutionStep(TypedDict):
    name: str
    status: str
    started_at: str | None
    completed_at: str | None
    attempts: int
    error: str | None
    output: Any
    reused: bool
    """It succeeded in the execution that this one retries."""
    iterations: ExecutionIterations | None
    """Of a step with `for_each`."""
    execution_id: str | None
    """The run that a `workflow/run` step started."""
    approval_id: str | None
    """The approval that an `approval` step asked for."""


class ExecutionHook(TypedDict):
    """A step of one of the workflow's hooks that has begun."""

    name: str
    status: str
    started_at: str | None
    completed_at: str | None
    attempts: int
    error: str | None
    output: Any
    reused: bool
    """It succeeded in the execution that this one retries."""
    iterations: ExecutionIterations | None
    """Of a step with `for_each`."""
    execution_id: str | None
    """The run that a `workflow/run` step started."""
    approval_id: str | None
    """The approval that an `approval` step asked for."""
    hook: str


class ExecutionDetail(TypedDict):
    id: str
    workflow: str
    version: int
    status: str
    started_at: str
    completed_at: str | None
    inputs: dict[str, Any]
    outputs: Any
    error: str | None
    trigger: dict[str, Any]
    source_execution_id: str | None
    """The execution that this one retries."""
    steps: list[ExecutionStep]
    hooks: list[ExecutionHook]
    """Steps of hooks that have begun (ours)."""


class ExecutionLogLine(TypedDict):
    timestamp: str
    level: str
    """`info`, `warning` or `error`."""
    step: str | None
    message: str


class ExecutionLogs(TypedDict):
    logs: list[ExecutionLogLine]
    next: int | None
    """Send it as `after` for the lines behind these; null where there are none yet."""


class Retried(TypedDict):
    execution_id: str
    workflow: str
    version: int
    source_execution_id: str


class Triggered(TypedDict):
    execution_id: str
    workflow: str
    version: int


class ActionLine(TypedDict):
    """One type of node: what it does, what its payload has, what it costs."""

    type: str
    role: Literal["trigger", "control", "data", "effect"]
    description: str
    effectful: bool
    """In a simulation it answers with a stub."""
    branches: list[str]
    """What its children may carry as `branch`."""
    payload: list[dict[str, Any]]
    cost: str
    cu: int


class ActionPage(TypedDict):
    items: list[ActionLine]
    limit: int
    offset: int
    hasMore: bool


class ListActionsAnswer(TypedDict):
    code: Literal[200]
    data: ActionPage
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class GraphWorkflowLine(TypedDict):
    id: str
    organizationId: str
    name: str
    description: str
    status: Literal["draft", "published", "paused", "archived"]
    version: int
    """The newest version."""
    publishedVersion: int | None
    pausedReason: str | None
    createdAt: str
    createdBy: str
    updatedAt: str


class GraphWorkflowPage(TypedDict):
    items: list[GraphWorkflowLine]
    limit: int
    offset: int
    hasMore: bool


class ListGraphWorkflowsAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowPage
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class GraphWorkflowDetail(TypedDict):
    id: str
    organizationId: str
    name: str
    description: str
    status: Literal["draft", "published", "paused", "archived"]
    version: int
    """The newest version."""
    publishedVersion: int | None
    pausedReason: str | None
    createdAt: str
    createdBy: str
    updatedAt: str
    definition: dict[str, Any]
    """Of the newest version."""


class CreateGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class GraphProblemLine(TypedDict):
    """One thing that is wrong, by kind and place."""

    type: str
    nodeId: str | None
    nodeName: str | None
    field: str | None
    message: str
    code: str


class Validation(TypedDict):
    valid: bool
    errors: list[GraphProblemLine]


class ValidateGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: Validation
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class ArchiveGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class GetGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class ChangeGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class PauseGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class PublishGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class ResumeGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class RollBackGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphWorkflowDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class GraphVersionLine(TypedDict):
    workflowId: str
    version: int
    name: str
    published: bool
    contentHash: str
    createdAt: str
    createdBy: str


class GraphVersionPage(TypedDict):
    items: list[GraphVersionLine]
    limit: int
    offset: int
    hasMore: bool


class ListGraphVersionsAnswer(TypedDict):
    code: Literal[200]
    data: GraphVersionPage
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class GraphVersionDetail(TypedDict):
    workflowId: str
    version: int
    name: str
    published: bool
    contentHash: str
    createdAt: str
    createdBy: str
    description: str
    definition: dict[str, Any]


class GetGraphVersionAnswer(TypedDict):
    code: Literal[200]
    data: GraphVersionDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class SimulationFork(TypedDict):
    """Where one chain of a simulated run was forked."""

    chainId: int
    forkId: str
    rpcUrl: str


class GraphRunLine(TypedDict):
    """All of a run but what can be large."""

    id: str
    organizationId: str
    workflowId: str | None
    workflowVersion: int | None
    status: Literal["running", "waiting", "success", "failure", "cancelled"]
    triggerSource: str | None
    triggeredBy: str | None
    startedAt: str
    finishedAt: str | None
    sourceRunId: str | None
    """The run that this one retries."""
    isSimulation: bool
    simulationMode: str | None
    simulationForks: list[SimulationFork]
    isDustTest: bool
    propValues: dict[str, Any]
    totalCu: float
    """Compute units of the nodes that ran so far."""


class GraphRunPage(TypedDict):
    items: list[GraphRunLine]
    limit: int
    offset: int
    hasMore: bool


class ListRunsAnswer(TypedDict):
    code: Literal[200]
    data: GraphRunPage
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class StartedRun(TypedDict):
    runId: str


class RunDefinitionAnswer(TypedDict):
    code: Literal[200]
    data: StartedRun
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class StatusCounts(TypedDict):
    """How many runs have each status."""

    running: int
    waiting: int
    success: int
    failure: int
    cancelled: int
    total: int


class CountRunsAnswer(TypedDict):
    code: Literal[200]
    data: StatusCounts
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class SyncRun(TypedDict):
    """A run that was waited for."""

    runId: str
    status: Literal["running", "waiting", "success", "failure", "cancelled"]
    executionState: dict[str, Any]
    durationMs: int


class RunAndWaitAnswer(TypedDict):
    code: Literal[200]
    data: SyncRun
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class GraphInputSpec(TypedDict):
    """One input that a definition declares."""

    key: str
    type: Literal["string", "number", "boolean", "object", "array"]
    required: bool
    description: str


class GraphDefinition(TypedDict):
    """The whole graph that is executed; `blockExpansions` is set on runs' snapshots only."""

    blockExpansions: NotRequired[dict[str, Any] | None]
    inputSchema: NotRequired[list[GraphInputSpec]]
    nodes: dict[str, Any]


class GraphRun(TypedDict):
    """With `summary=true` the last two are left out."""

    id: str
    organizationId: str
    workflowId: str | None
    workflowVersion: int | None
    status: Literal["running", "waiting", "success", "failure", "cancelled"]
    triggerSource: str | None
    triggeredBy: str | None
    startedAt: str
    finishedAt: str | None
    sourceRunId: str | None
    """The run that this one retries."""
    isSimulation: bool
    simulationMode: str | None
    simulationForks: list[SimulationFork]
    isDustTest: bool
    propValues: dict[str, Any]
    totalCu: float
    """Compute units of the nodes that ran so far."""
    executionState: NotRequired[dict[str, Any]]
    """Node id → `{type, status, input, result, error, startedAt, finishedAt}`."""
    workflowDefinition: NotRequired[GraphDefinition | None]
    """What was executed; null where no graph was."""


class GetRunAnswer(TypedDict):
    code: Literal[200]
    data: GraphRun
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class CancelRunAnswer(TypedDict):
    code: Literal[200]
    data: GraphRun
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class Resumed(TypedDict):
    action: Literal["resumed", "skipped"]
    reason: str


class ResumeNodeAnswer(TypedDict):
    code: Literal[200]
    data: Resumed
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class RetryRunAnswer(TypedDict):
    code: Literal[200]
    data: StartedRun
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class RunGraphWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: StartedRun
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class ListRunsOfWorkflowAnswer(TypedDict):
    code: Literal[200]
    data: GraphRunPage
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class CostTable(TypedDict):
    costs: dict[str, int]
    """Node type, or action of a step, → units."""
    default: int
    """Of an action that is not in the table."""


class ListCostsAnswer(TypedDict):
    code: Literal[200]
    data: CostTable
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class WorkflowUsage(TypedDict):
    workflowId: str | None
    """Null: runs that belong to no workflow."""
    cu: int


class MonthUsage(TypedDict):
    month: str
    cu: int
    workflows: list[WorkflowUsage]


class UnitsDetail(TypedDict):
    organizationId: str
    month: str
    allowance: int | None
    """Units a month; null: any number."""
    used: int
    """In this month."""
    balance: int | None
    """What is left of this month's allowance."""
    usage: list[MonthUsage]
    """Newest first; months without runs are left out."""


class GetUnitsAnswer(TypedDict):
    code: Literal[200]
    data: UnitsDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class SetAllowanceAnswer(TypedDict):
    code: Literal[200]
    data: UnitsDetail
    message: Literal["success"]
    requestId: str
    """As in `X-Request-Id`."""


class ValidConfig(TypedDict):
    """`config_path` or `format` is repeated where it was given."""

    valid: Literal[True]
    config: dict[str, Any]
    """A summary."""


class SwarmLine(TypedDict):
    name: str
    status: Literal["starting", "running", "paused", "stopped", "error"]
    started_at: str
    agent_count: int
    object_count: int


class SwarmList(TypedDict):
    swarms: list[SwarmLine]


class CreatedSwarm(TypedDict):
    status: Literal["created"]
    swarm_name: str


class CleanedSwarms(TypedDict):
    status: Literal["cleaned"]
    swarms_removed: int
    events_cleared: bool


class StoppedSwarm(TypedDict):
    status: Literal["stopped", "purged"]
    swarm_name: str
    config_path: str | None


class SwarmAgentDetail(TypedDict):
    """An agent in the detail of its swarm."""

    name: str
    swarm_name: str
    state: Literal["initializing", "idle", "working", "error", "stopped"]
    backend: str
    """`mock`, `local`, `bwrap`, `bedrock`, `http`, `lambda` …"""
    inbox_size: int
    """Mail that waits."""
    message_count: int
    """Mail handled since the agent was started."""
    skills: list[str]
    started_at: str | None
    last_activity: str | None
    backend_type: str
    model: str | None
    skills_paths: list[str]
    container_name: str
    container_status: str
    """As a container's: `created`, `running`, `paused`, `exited` or `dead`."""


class SwarmObjectDetail(TypedDict):
    name: str
    state: Literal["initializing", "idle", "working", "error", "stopped"]
    handler: str | None
    handler_module: str | None
    source_file: str | None
    """Where its code is."""


class SwarmSize(TypedDict):
    agent_count: int
    object_count: int
    topology_edges: int


OutgoingEdges = TypedDict("OutgoingEdges", {"from": "str", "targets": "list[str]"})


class SwarmFiles(TypedDict):
    """Where a swarm's things are, as clients name it."""

    config: str | None
    data_dir: str
    log: str


class SwarmDetails(TypedDict):
    """A swarm with everything in it."""

    name: str
    status: Literal["starting", "running", "paused", "stopped", "error"]
    started_at: str
    config_path: str | None
    agents: list[SwarmAgentDetail]
    objects: list[SwarmObjectDetail]
    agent_counts: dict[str, int]
    """How many agents are in each state."""
    config: SwarmSize
    topology: list[OutgoingEdges]
    file_paths: SwarmFiles


RoutedMessage = TypedDict(
    "RoutedMessage", {"status": "Literal['routed']", "from": "str", "to": "str", "swarm": "str"}
)


SwarmLogEntry = TypedDict(
    "SwarmLogEntry",
    {
        "timestamp": "str",
        "swarm": "str",
        "from": "str",
        "to": "str | list[str]",
        "type": "str",
        "content_preview": "str",
    },
)


class SwarmMessageLog(TypedDict):
    messages: list[SwarmLogEntry]


class ClearedOverlay(TypedDict):
    status: Literal["cleared"]
    swarm: str


class RecordedChange(TypedDict):
    op: str
    payload: dict[str, Any]


class SwarmOverlay(TypedDict):
    swarm: str
    events: list[RecordedChange]


class PausedSwarm(TypedDict):
    status: Literal["paused"]
    swarm_name: str
    containers_paused: int


class RestartedSwarm(TypedDict):
    status: Literal["restarted"]
    swarm_name: str
    delete_data: bool


class ResumedSwarm(TypedDict):
    status: Literal["resumed"]
    swarm_name: str
    containers_resumed: int


class SwarmTopology(TypedDict):
    topology: list[OutgoingEdges]


class ChangedTopology(TypedDict):
    status: Literal["ok"]
    added: int
    removed: int


class SwarmAgent(TypedDict):
    """An agent with its state."""

    name: str
    swarm_name: str
    state: Literal["initializing", "idle", "working", "error", "stopped"]
    backend: str
    """`mock`, `local`, `bwrap`, `bedrock`, `http`, `lambda` …"""
    inbox_size: int
    """Mail that waits."""
    message_count: int
    """Mail handled since the agent was started."""
    skills: list[str]
    started_at: str | None
    last_activity: str | None


class SwarmAgentList(TypedDict):
    agents: list[SwarmAgent]


class AddedNode(TypedDict):
    status: Literal["added"]
    name: str


class RemovedNode(TypedDict):
    status: Literal["removed"]
    name: str


AgentHistoryEntry = TypedDict(
    "AgentHistoryEntry",
    {
        "type": "Literal['task', 'incoming', 'outgoing']",
        "content": "Any",
        "timestamp": "str",
        "from": "NotRequired[str | None]",
        "to": "NotRequired[str | list[str] | None]",
        "message_type": "NotRequired[str | None]",
    },
)


class AgentHistory(TypedDict):
    history: list[AgentHistoryEntry]


class AgentLogLine(TypedDict):
    session_id: str
    timestamp: str
    role: str
    """`system`, `user`, `assistant` or `tool`."""
    content: str


class AgentLogs(TypedDict):
    logs: list[AgentLogLine]


class RestartedAgent(TypedDict):
    status: Literal["restarted"]
    agent: str


class NotScaled(TypedDict):
    name: str
    reason: str


class ScaledAgents(TypedDict):
    added: list[str]
    removed: list[str]
    failed: list[NotScaled]


class ScaledGroup(TypedDict):
    status: Literal["ok"]
    result: ScaledAgents


class SentTask(TypedDict):
    status: Literal["sent"]
    agent: str
    task: str
    run_id: NotRequired[str | None]
    """Given only of a task that is a run."""


class SwarmObject(TypedDict):
    """An object with its state."""

    name: str
    state: Literal["initializing", "idle", "working", "error", "stopped"]
    handler: str | None


class SwarmObjectList(TypedDict):
    objects: list[SwarmObject]


class ObjectState(TypedDict):
    object: str
    state: dict[str, Any]
    """Whatever the handler keeps."""


class ConfiguredObject(TypedDict):
    status: Literal["updated"]
    object: str
    keys: list[str]
    """The members that were set."""


class SwarmEventLine(TypedDict):
    id: str
    timestamp: str
    level: str
    category: str
    swarm: str | None
    agent: str | None
    event_type: str
    message: str
    metadata: dict[str, Any]


class EventPage(TypedDict):
    events: list[SwarmEventLine]
    count: int
    query: dict[str, Any]
    """The filters as they were understood."""


class SwarmEventPage(TypedDict):
    events: list[SwarmEventLine]
    count: int
    swarm: str


class AgentEventPage(TypedDict):
    events: list[SwarmEventLine]
    count: int
    swarm: str
    agent: str


class SkillLine(TypedDict):
    name: str
    path: str
    relative_path: str
    category: str
    """The folder; `default` for a file at the root."""


class SkillList(TypedDict):
    skills: list[SkillLine]
    base_path: str
    count: int


class SkillDetail(TypedDict):
    name: str
    path: str
    content: str
    size: int
    """Of the content in UTF-8, in bytes."""


class AgentSkill(TypedDict):
    name: str
    content: str
    path: str


class AgentSkills(TypedDict):
    skills: list[AgentSkill]
    """With the agent's names filled in."""


class UpdatedSkill(TypedDict):
    status: Literal["updated"]
    skill: str


class ApprovalItem(TypedDict):
    id: str
    run_id: str
    step: str
    gate: str | None
    """The kind of gate; null for a plain approval."""
    message: str
    status: str
    requested_at: str
    expires_at: str
    """From then on it cannot be answered."""
    decided_at: str | None
    decided_by: str | None
    """The name of the token that answered."""
    comment: str | None


class ApprovalList(TypedDict):
    approvals: list[ApprovalItem]
    next_page_token: NotRequired[str | None]
    """Given only when there is more; send it as page_token."""


class ModelDetail(TypedDict):
    name: str
    type: str
    globalArguments: dict[str, Any]
    description: str
    version: int
    methods: list[str]
    updated_at: str


class ModelList(TypedDict):
    models: list[ModelDetail]


class DeletedModel(TypedDict):
    name: str
    status: Literal["deleted"]


class MethodRun(TypedDict):
    execution_id: str
    model: str
    method: str


class Secret(TypedDict):
    name: str
    updated_at: str


class SecretList(TypedDict):
    secrets: list[Secret]


class DeletedSecret(TypedDict):
    name: str
    status: str


class SessionToken(TypedDict):
    """A token for `Authorization: Bearer`; `expires_in` is in seconds."""

    token: str
    token_type: str
    expires_in: int


class LoggedOut(TypedDict):
    status: str


class Me(TypedDict):
    """Who is behind a token: a user, or an API token (`email` is null)."""

    id: str
    kind: Literal["user", "token"]
    name: str
    email: str | None
    org: str
    role: str


class UserLine(TypedDict):
    id: str
    email: str
    role: str
    org: str
    disabled: bool
    created_at: str


class UserPage(TypedDict):
    items: list[UserLine]
    total: int
    limit: int
    offset: int


class CreatedUser(TypedDict):
    id: str
    email: str
    role: str
    org: str
    created_at: str


class CreatedOrganization(TypedDict):
    """`admin_id` is the user's id."""

    id: str
    name: str
    admin_id: str
    admin_email: str
    created_at: str


class Alive(TypedDict):
    status: str
    version: str


class Ready(TypedDict):
    status: str
    checks: dict[str, str]


class SocketEvents(TypedDict):
    client_to_server: list[str]
    server_to_client: list[str]


class SocketAdvice(TypedDict):
    url: str
    channel: str
    events: SocketEvents


class ApiDescriptor(TypedDict):
    """What is here and where to read about it."""

    name: str
    version: str
    description: str
    endpoints: dict[str, str]
    websocket: SocketAdvice
    documentation: dict[str, str]


class ErrorPage(TypedDict):
    """What a problem's `type` leads to."""

    type: str
    title: str
    status: int
    description: str


class TokenLine(TypedDict):
    """`last_used_at` is recorded about every five minutes; null before the first use."""

    id: str
    name: str
    role: str
    created_at: str
    expires_at: str
    last_used_at: str | None


class TokenPage(TypedDict):
    items: list[TokenLine]
    total: int
    limit: int
    offset: int


class CreatedToken(TypedDict):
    """`token` is shown here and never again: to a repeated request with the same `Idempotency-Key`
    it is null.
    """

    id: str
    name: str
    token: str | None
    role: str
    expires_at: str


class RevokedToken(TypedDict):
    id: str
    status: str


class TriggerLine(TypedDict):
    """One trigger; members of the other types are null."""

    type: str
    active: bool
    """Its schedule, rule or path is there."""
    schedule: NotRequired[str | None]
    timezone: NotRequired[str | None]
    next_at: NotRequired[str | None]
    """When the schedule is due next."""
    pattern: NotRequired[dict[str, Any] | None]
    path: NotRequired[str | None]
    secret: NotRequired[str | None]
    """The name of the secret."""


class TriggerList(TypedDict):
    triggers: list[TriggerLine]
