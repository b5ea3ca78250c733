"""Who calls the ledger, and how they try again: storefronts, SQS, the scheduler."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from loyalty.entry.events.invoking import Failed
from tests.function.api.cloud import Answer
from tests.proof.simulation.cloud import Cloud, Killed, Message, Process
from tests.proof.simulation.functions import Ask, ask, deliver, start

TRIES = 40
"""Nobody gives up before: whoever needs more does not end."""
BATCH = 10
"""How many messages a queue hands out at once."""


class Endless(AssertionError):
    """What should have ended went on."""


def waits(answer: Answer) -> bool:
    """Whether it says that a day has to be closed before."""
    return answer.status == 503 and answer.body["code"] == "day_being_closed"


@dataclass
class Caller:
    """Calls functions in a process that it keeps as long as it lives."""

    cloud: Cloud
    process: Process
    pause: Callable[[], None] = lambda: None
    """Between one try and the next."""

    @classmethod
    def of(cls, cloud: Cloud) -> "Caller":
        return cls(cloud, cloud.process())

    def again[T](
        self, attempt: Callable[[Process], T], done: Callable[[T], bool] = lambda result: True, tries: int = TRIES
    ) -> T:
        """Try until it is `done`; in a new process where the old one died. Raises Endless when it never is."""
        for _ in range(tries):
            try:
                result = attempt(self.process)
            except Killed:
                self.process = self.cloud.process()
            except Failed as failed:
                if str(failed) != "busy":
                    raise
            else:
                if done(result):
                    return result
            self.pause()
        raise Endless("a caller would try for ever")

    def ask(self, what: Ask) -> Answer:
        """Send a request until it is answered, as a storefront does; or until it is told to wait for an hour."""

        def answered(answer: Answer) -> bool:
            return answer.status != 503 or waits(answer)

        return self.again(lambda process: ask(process, what), answered)

    def schedule(self, function: str, event: dict[str, Any]) -> Any:
        """Invoke a function until it does not fail, as EventBridge Scheduler does."""
        return self.again(lambda process: start(process, function, event))

    def work_off(self, only: Sequence[Message] | None = None) -> None:
        """Have every message of every queue done, or `only` these, as SQS does: what fails is handed out again."""

        def hand_out(process: Process) -> bool:
            waiting = [message for queue in self.cloud.queues.values() for message in queue]
            wanted = waiting if only is None else only
            for name, queue in self.cloud.queues.items():
                batch = [message for message in queue if message in wanted][:BATCH]
                for message in batch:
                    message.received += 1
                if batch:
                    left = deliver(process, name, [message.body for message in batch])
                    done = [message for place, message in enumerate(batch) if place not in left]
                    queue[:] = [message for message in queue if message not in done]
            if only is None:
                return not any(self.cloud.queues.values())
            return not any(message in only for queue in self.cloud.queues.values() for message in queue)

        self.again(hand_out, bool)

    def send(self, name: str, body: str) -> None:
        """What EventBridge puts into a queue."""
        self.cloud.queues[name].append(Message(body))
