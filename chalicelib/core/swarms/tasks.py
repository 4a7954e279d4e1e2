"""What is given to agents from outside: tasks, messages, a new session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.core.errors import BadRequest, NotFound, Unavailable
from chalicelib.core.ids import new_id
from chalicelib.core.swarms.model import (
    MOST_CONTENT_BYTES,
    MOST_INBOX,
    Mail,
    NodeKind,
    NodeLife,
    NodeState,
    Outgoing,
    SwarmEvent,
)
from chalicelib.core.swarms.routing import preview
from chalicelib.core.swarms.settle import Settler

RELEASE: Final = "release"
"""The task that lets a mock go which holds on."""
_MOST_RACES: Final = 50


@dataclass(frozen=True, slots=True)
class Tasks(Settler):
    """Everywhere: NotFound for an unknown swarm or agent, BadRequest for a stopped swarm."""

    def task(self, org: str, name: str, agent: str, task: str, *, principal: str) -> None:
        """Put a task into an agent's mailbox. Raises BadRequest `inbox_full` too."""
        _check_size(task)
        head = self.settled(self.living(org, name))
        id = new_id("mail", self.clock())
        for _ in range(_MOST_RACES):
            life = self._agent(org, name, agent)
            if life.held and task == RELEASE:
                if self._released(org, name, agent):
                    self.ring(head, [agent])
                    return
                continue
            self._check_room(org, name, life)
            now = self.now
            mail = Mail(life.received + 1, id, "task", "direct", None, task, now)
            more = {"task": preview(task), "by": principal}
            told = self.event("task_sent", name, f"task for {agent}", agent=agent, metadata=more)
            if self.mail.put_task(org, name, life, mail, [told]):
                return
        raise Unavailable("the agent's inbox is busy")

    def check_task(self, org: str, name: str, agent: str, task: str) -> None:
        """Refuse, as `task` would, what cannot be sent now."""
        _check_size(task)
        self.settled(self.living(org, name))
        life = self._agent(org, name, agent)
        if not (life.held and task == RELEASE):
            self._check_room(org, name, life)

    def hand_in(
        self, org: str, name: str, agent: str, mail: Mail, *, principal: str, run_id: str
    ) -> int:
        """Put a run's task into an agent's mailbox, once for the mail's id; its number there.

        Raises BadRequest `inbox_full` too. Whoever calls has a swarm that was settled, or tries again.
        """
        number = self.mail.number_of(org, name, agent, mail.id)
        if number is not None:
            return number
        self.living(org, name)
        life = self._agent(org, name, agent)
        # Of a mock that holds on, the task is the next one's, which does not hold.
        if not (life.held and mail.content == RELEASE and self._released(org, name, agent)):
            self._check_room(org, name, life)
        more = {"task": preview(mail.content), "by": principal, "run_id": run_id}
        told = self.event("task_sent", name, f"task for {agent}", agent=agent, metadata=more)
        new = self.mail.deliver(org, name, agent, [(mail, told)])
        if new is None:
            raise NotFound("Agent not found")
        number = new[0].number if new else self.mail.number_of(org, name, agent, mail.id)
        if number is None:
            raise Unavailable("a task was put and cannot be found")
        return number

    def route(self, org: str, name: str, sender: str, to: str, content: str) -> None:
        """Say something in a node's name. Where no edge leads, only an event tells of it."""
        _check_size(content)
        self.living(org, name)
        self.mail.post(org, name, sender, [Outgoing(to, content)])

    def restart_agent(self, org: str, name: str, agent: str, *, replay: bool) -> None:
        """Begin a new session, without memory. Mail that waits stays; `replay` puts mail that had
        failed for good behind it."""
        head = self.settled(self.living(org, name))
        self._agent(org, name, agent)
        node = self.store.node(org, name, agent)
        if node is None:
            raise NotFound("Agent not found")
        self.mail.begin_lives(org, name, [self.fresh_life(head, node)])
        self._tell(org, self.event("agent_restarted", name, f"{agent} restarted", agent=agent))
        if replay:
            count = self.mail.replay(org, name, agent)
            if count:
                more = {"count": count}
                self._tell(
                    org,
                    self.event(
                        "mail_replayed", name, f"{count} put back", agent=agent, metadata=more
                    ),
                )
        self.ring(head, [agent])

    def _released(self, org: str, name: str, agent: str) -> bool:
        """End a mock's hold; False when it held nothing."""
        if not self.mail.release(org, name, agent):
            return False
        self._tell(org, self.event("agent_released", name, f"{agent} released", agent=agent))
        return True

    def _check_room(self, org: str, name: str, life: NodeLife) -> None:
        if life.inbox < MOST_INBOX:
            return
        message, full = f"{life.name}: inbox full", {"inbox_size": life.inbox}
        self._tell(org, self.event("inbox_full", name, message, agent=life.name, metadata=full))
        raise BadRequest("inbox_full")

    def _tell(self, org: str, told: SwarmEvent) -> None:
        """Record an event that belongs to no other write."""
        self.events.record(org, [told])

    def _agent(self, org: str, name: str, agent: str) -> NodeLife:
        life = self.mail.life(org, name, agent)
        if life is None or life.kind is not NodeKind.AGENT or life.state is NodeState.STOPPED:
            raise NotFound("Agent not found")
        return life


def _check_size(content: str) -> None:
    if len(content.encode()) > MOST_CONTENT_BYTES:
        raise BadRequest(f"a task or a message has at most {MOST_CONTENT_BYTES:,} bytes")
