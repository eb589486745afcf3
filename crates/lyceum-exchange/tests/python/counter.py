"""An agent of Academy's that scripts of several tests launch."""

from __future__ import annotations

from academy.agent import Agent
from academy.agent import action


class Counter(Agent):
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    @action
    async def add(self, n: int) -> int:
        """Adds."""
        self.count += n
        return self.count

    @action
    async def echo(self, value):
        """Returns what it is given."""
        return value

    @action
    async def fail(self) -> None:
        """Raises."""
        raise ValueError('on purpose')
