"""Many things at once, one at a time: which goes on, and when, is drawn from a seed.

Each actor runs in a greenlet of its own and hands over whenever it pauses. Time is virtual: it passes a little with
each step, and where all wait it goes on to the first that need not any more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from greenlet import getcurrent, greenlet

from tests.proof.simulation.cloud import Cloud, Killed
from tests.proof.simulation.shop import Endless

STEP = 0.02
"""Seconds that a step takes, at the most."""
STILL = 40
"""Steps for which time stands still when it has jumped: what happens at the very instant."""
MOST_STEPS = 50_000


@dataclass(eq=False)
class Actor:
    """Something that goes on beside others."""

    name: str
    does: Callable[[], None]
    wakes: float = 0.0
    serving: bool = False
    """Whether it is inside a function's process now."""
    killed: bool = False
    spared: bool = False
    """Whether no faults happen to it."""
    error: BaseException | None = None
    runs_in: greenlet | None = field(default=None, repr=False)

    def run(self) -> None:
        try:
            self.does()
        except BaseException as error:  # noqa: BLE001 - whoever runs the actors raises it again
            self.error = error


class Scheduler:
    """Runs actors until all are done."""

    def __init__(self, cloud: Cloud, chance: Random) -> None:
        self._cloud = cloud
        self._chance = chance
        self._actors: list[Actor] = []
        self._hub = getcurrent()
        self.running: Actor | None = None
        self.steps = 0
        self._still = 0

    def add(self, name: str, does: Callable[[], None]) -> None:
        actor = Actor(name, does)
        actor.runs_in = greenlet(actor.run, parent=self._hub)
        self._actors.append(actor)

    def run(self) -> None:
        while self._actors:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise Endless(f"{MOST_STEPS} steps, and still busy: {[actor.name for actor in self._actors]}")
            if self._still:
                self._still -= 1
            else:
                self._cloud.let_pass(timedelta(seconds=self._chance.random() * STEP))
            ready = [actor for actor in self._actors if actor.wakes <= self._cloud.seconds()]
            if not ready:
                first = min(actor.wakes for actor in self._actors)
                self._cloud.let_pass(timedelta(seconds=first - self._cloud.seconds()))
                continue
            self.running = self._chance.choice(ready)
            assert self.running.runs_in is not None
            self.running.runs_in.switch()
            if self.running.error:
                raise self.running.error
            if self.running.runs_in.dead:
                self._actors.remove(self.running)
            self.running = None

    def pause(self, seconds: float = 0.0) -> None:
        """Let others go on. Outside of actors nobody waits for anybody."""
        actor = self.running
        if actor is None:
            return
        actor.wakes = self._cloud.seconds() + seconds
        self._hub.switch()
        if actor.killed:
            actor.killed = False
            raise Killed

    def jump(self, time: timedelta) -> None:
        """Let much time pass at once: more than any function is given, so none outlives it."""
        self._cloud.let_pass(time)
        self._still = STILL
        for actor in self._actors:
            actor.killed = actor.serving
