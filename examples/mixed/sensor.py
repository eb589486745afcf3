"""A sensor in Python, with academy-py 1.0.0: an agent that calls one in Rust, and is called by one.

    pip install academy-py==1.0.0
    cargo run -p examples --bin mixed -- python

The program starts this script, and says where the exchange is and which mailboxes its agents have.
Nothing here knows that they are written in Rust.
"""
import asyncio
import sys
import uuid

from academy.agent import Agent, action
from academy.exchange import HttpExchangeFactory
from academy.handle import Handle
from academy.identifier import AgentId
from academy.manager import Manager

URL, ARCHIVE, STATION = sys.argv[1:4]


def agent_of(uid: str, name: str) -> Handle:
    return Handle(AgentId(uid=uuid.UUID(uid), name=name))


class Sensor(Agent):
    """Measures, and has each reading kept in the archive."""

    def __init__(self) -> None:
        self.reading = 20

    @action
    async def measure(self) -> int:
        self.reading += 1
        await agent_of(ARCHIVE, 'archive').keep('cellar', self.reading)
        return self.reading


async def main() -> None:
    factory = HttpExchangeFactory(URL)
    async with await Manager.from_exchange_factory(factory) as manager:
        sensor = await manager.launch(Sensor, name='sensor')
        station = agent_of(STATION, 'station')
        mean = await station.survey(str(sensor.agent_id.uid), 3)
        print('python: the station says', mean)
        archive = agent_of(ARCHIVE, 'archive')
        print('python: the archive has', await archive.kept())
        try:
            await station.survey(str(sensor.agent_id.uid), 0)
        except Exception as error:
            print('python: it failed:', error)
        await sensor.shutdown()
        await manager.wait([sensor])


asyncio.run(asyncio.wait_for(main(), 50))
