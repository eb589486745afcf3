"""Academy's own exchange, its users and its agents, as it is told to, one snippet per line.

    academy_peer.py PORT [redis|hybrid]

Starts Academy's server at the port, in a process of its own, or uses the Redis there; a user, and
a manager with the agent `sensor` of the class `academy_peer.Sensor`. Each line of the input is a JSON object with an `id`,
the body of a coroutine as `code`, and variables for it as `vars`; of `UID`, `clerk` is a handle.
Each line of the output is the `id` with a `result` or an `error`. Snippets run side by side. The
first line of the output is the URL of the server and the number of the agent. It ends with its
input.
"""
import asyncio
import collections
import contextlib
import dataclasses
import datetime
import enum
import json
import logging
import multiprocessing
import pathlib
import sys
import textwrap
import traceback
import uuid

from academy.agent import Agent, action
from academy.exchange.client_config import ExchangeClientConfig
from academy.exchange.cloud.client import HttpExchangeFactory, spawn_http_exchange
from academy.exchange.hybrid import HybridExchangeFactory
from academy.exchange.redis import RedisExchangeFactory
from academy.handle import Handle
from academy.identifier import AgentId, UserId
from academy.manager import Manager
from academy.message import (
    ActionRequest, CancelRequest, Header, Message, PingRequest, ShutdownRequest)
from academy.serialize import SerializationStrategy

PICKLE, JSON = SerializationStrategy.PICKLE, SerializationStrategy.JSON
HOST = '127.0.0.1'


class Color(enum.Enum):
    RED = 'red'


@dataclasses.dataclass
class Point:
    x: int
    y: int


class OwnError(Exception):
    pass


class Device(Agent):
    """Something that measures."""

    @action
    async def unit(self) -> str:
        """Returns the unit."""
        return 'K'


class Sensor(Device):
    """Measures."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.cancelled = 0
        self.gate = asyncio.Event()

    @action
    async def add(self, a: int, b: int = 100) -> int:
        """Adds."""
        return a + b

    @action
    async def echo(self, value):
        """Returns the value."""
        return value

    @action
    async def kind(self, value) -> str:
        """Returns the name of the value's type."""
        return type(value).__name__

    @action
    async def values(self):
        """Returns what only a pickle can have."""
        return [b'ab', {1}, (1, 2), datetime.datetime(2024, 1, 2), uuid.UUID(int=7), Color.RED,
                Point(1, 2), pathlib.PurePosixPath('/a'), 2**70]

    @action
    async def boom(self):
        """Raises."""
        raise ValueError('bad: gr\u00fc\u00df')

    @action
    async def own(self):
        """Raises an exception of its own."""
        raise OwnError('own')

    @action
    async def unserializable(self):
        """Returns what nothing can write."""
        return lambda: None

    @action
    async def note(self, value):
        """Keeps a value."""
        self.seen.append(value)

    @action
    async def noted(self):
        """Returns what was kept."""
        return self.seen

    @action
    async def wait(self):
        """Waits until `release` is called."""
        self.gate.clear()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return 'released'

    @action
    async def release(self):
        """Ends all waiting."""
        self.gate.set()

    @action
    async def cancellations(self) -> int:
        """Returns how often `wait` was cancelled."""
        return self.cancelled

    @action
    async def callback(self, clerk):
        """Calls an agent that it was given."""
        if not isinstance(clerk, Handle):
            clerk = Handle(AgentId.model_validate(clerk))
        return await clerk.hello('x')

    @action(context=True)
    async def who(self, *, context) -> list:
        """Returns who asks."""
        return [context.source_id.role, str(context.source_id.uid)]

    @action
    async def big(self, count: int) -> str:
        """Returns a long text."""
        return 'x' * count


class Outer:
    class Inner(Device):
        """Is within another class."""


# Pickles name the module by which others would import it.
for kind in (Color, Point, OwnError, Device, Sensor, Outer, Outer.Inner):
    kind.__module__ = 'academy_peer'
sys.modules['academy_peer'] = sys.modules['__main__']


async def run(code, names):
    body = textwrap.indent(textwrap.dedent(code), '    ')
    exec('async def snippet():\n' + (body.strip() and body or '    pass'), names)
    return await names['snippet']()


def describe(error):
    text = ''.join(traceback.format_exception(type(error), error, error.__traceback__))
    return {'type': type(error).__name__, 'text': str(error), 'trace': text}


async def handle(line, names):
    command = json.loads(line)
    names = dict(names, **command['vars'])
    try:
        if 'UID' in names:
            names['clerk'] = Handle(AgentId(uid=uuid.UUID(names['UID'])))
        answer = {'id': command['id'], 'result': await run(command['code'], names)}
        json.dumps(answer)
    except BaseException as error:
        answer = {'id': command['id'], 'error': describe(error)}
    say(answer)


def say(answer):
    print(json.dumps(answer), flush=True)


class Redis:
    """A Redis that runs already, which is used as Academy's Redis exchange or as its hybrid one."""

    def __init__(self, port, kind):
        self.port = port
        self.kind = kind
        self.url = f'{kind}://{HOST}:{port}'

    def start(self):
        if self.kind == 'hybrid':
            return HybridExchangeFactory(HOST, self.port, interface='lo')
        return RedisExchangeFactory(HOST, self.port)

    def stop(self):
        pass


class Server:
    """Academy's server, in a process of its own."""

    def __init__(self, port):
        self.port = port
        self.stack = contextlib.ExitStack()

    def start(self):
        context = spawn_http_exchange(HOST, self.port, level=logging.CRITICAL, timeout=30)
        factory = self.stack.enter_context(context)
        self.url = f'academy+{factory._info.url}'
        return factory

    def stop(self):
        self.stack.close()
        self.stack = contextlib.ExitStack()


async def raw(client, uid, **header):
    """Returns a message to an agent with a header of one's own, and waits for the answer."""
    body = header.pop('body', PingRequest())
    tag = uuid.uuid4()
    fields = dict(
        src=client.client_id, dest=AgentId(uid=uuid.UUID(uid)), tag=tag, label=None,
        kind='request')
    message = Message(header=Header(**dict(fields, **header)), body=body)
    async with bare_user() as other:
        message.header = message.header.model_copy(update={'src': other.mailbox_id})
        await other.send(message)
        async for answer in other.listen(timeout=20):
            if answer.tag == tag:
                return json.loads(answer.model_dump_json())


@contextlib.asynccontextmanager
async def bare_user():
    transport = await FACTORY._create_transport(name='bare')
    try:
        yield transport
    finally:
        await transport.terminate(transport.mailbox_id)
        await transport.close()


async def main(port, kind=None):
    global FACTORY
    logging.disable(logging.CRITICAL)
    server = Redis(port, kind) if kind else Server(port)
    FACTORY = server.start()
    try:
        async with await Manager.from_exchange_factory(FACTORY) as manager:
            sensor = await manager.launch(Sensor(), name='sensor')
            await sensor.ping()
            client = manager.exchange_client
            say({'url': server.url, 'sensor': str(sensor.agent_id.uid)})
            names = dict(
                globals(), server=server, client=client, manager=manager, sensor=sensor,
                factory=FACTORY)
            loop = asyncio.get_running_loop()
            running = set()
            while line := await loop.run_in_executor(None, sys.stdin.readline):
                task = asyncio.create_task(handle(line, names))
                running.add(task)
                task.add_done_callback(running.discard)
            await manager.shutdown(sensor, blocking=False)
    finally:
        server.stop()


if __name__ == '__main__':
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
