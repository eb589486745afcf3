"""Unmodified academy-py 1.0.0 beside nodes that are on the link of the same server."""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid

from academy.exception import AgentTerminatedError
from academy.exchange import HttpExchangeFactory
from academy.handle import Handle
from academy.identifier import AgentId
from academy.manager import Manager
from academy.serialize import SerializationStrategy
from counter import Counter

URL, ROLE, UID = sys.argv[1:4]


async def user() -> None:
    """Calls an agent of Lyceum's with the defaults, pickles, and with JSON."""
    async with await HttpExchangeFactory(URL).create_user_client() as client:
        agent = AgentId(uid=uuid.UUID(UID), name='clerk')
        handle = Handle(agent, exchange=client, ignore_context=True)
        assert await handle.ping() > 0
        assert await handle.add(2) == 2
        assert await handle.echo('grüß\n\u2028') == 'grüß\n\u2028'
        plain = Handle(
            agent,
            exchange=client,
            ignore_context=True,
            request_serializer=SerializationStrategy.JSON,
        )
        assert await plain.add(3) == 5
        many = await asyncio.gather(*(handle.add(1) for _ in range(200)))
        assert sorted(many) == list(range(6, 206))
        await handle.shutdown()
        try:
            while True:
                await handle.ping()
        except AgentTerminatedError:
            pass


async def agent() -> None:
    """Runs an agent until it is shut down from the other side."""
    async with await Manager.from_exchange_factory(HttpExchangeFactory(URL)) as manager:
        handle = await manager.launch(Counter, name='counter')
        print(handle.agent_id.uid, flush=True)
        await manager.wait([handle])


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(asyncio.wait_for(globals()[ROLE](), 50))
    print('all is well')


main()
