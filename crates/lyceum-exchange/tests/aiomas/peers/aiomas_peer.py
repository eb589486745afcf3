"""An aiomas container that runs what it is told to, one snippet per line of its input.

    aiomas_peer.py CODEC tcp PORT
    aiomas_peer.py CODEC unix PATH
    aiomas_peer.py CODEC tls PORT FOLDER_OF_CERTIFICATES

Each line of the input is a JSON object with an `id`, the body of a coroutine as `code`, and
variables for it as `vars`; of `URL`, `house` is a proxy. Each line of the output is the `id` with a `result` or an `error`.
Snippets run side by side. The first line of the output is the container's URL.
"""
import asyncio
import json
import os
import socket
import sys
import textwrap
import traceback

import aiomas
from aiomas.codecs import JSON


def codec_of(name):
    if name == 'json':
        return JSON
    return {'msgpack': aiomas.MsgPack, 'msgpack-blosc': aiomas.MsgPackBlosc}[name]


@aiomas.codecs.serializable
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Forecast:
    router = aiomas.rpc.Service()

    @router.expose
    def latest(self, hours=1):
        return [21.5] * hours


class Callee(aiomas.Agent):
    router = aiomas.rpc.Service(['forecast', 'rooms'])

    def __init__(self, container):
        self.forecast = Forecast()
        self.rooms = aiomas.rpc.ServiceDict({'kitchen': Forecast()})
        super().__init__(container)
        self.seen = []
        self.kept = None
        self.gate = None

    @aiomas.expose
    def add(self, a, b):
        return a + b

    @aiomas.expose
    def spam(self, times):
        return 'spam' * times

    @aiomas.expose
    def echo(self, value):
        return value

    @aiomas.expose
    def kind(self, value):
        return type(value).__name__

    @aiomas.expose
    def point(self, x, y):
        return Point(x, y)

    @aiomas.expose
    def boom(self):
        raise ValueError('bad: gr\u00fc\u00df')

    @aiomas.expose
    def lookup(self):
        raise LookupError('no such room')

    @aiomas.expose
    def cancelled(self):
        raise asyncio.CancelledError

    @aiomas.expose
    def unserializable(self):
        return {1, 2}

    @aiomas.expose
    def note(self, value):
        self.seen.append(value)

    @aiomas.expose
    def noted(self):
        return self.seen

    @aiomas.expose
    async def wait(self):
        """Waits until `release` is called."""
        if self.gate is None:
            self.gate = asyncio.get_event_loop().create_future()
        await asyncio.shield(self.gate)
        return 'released'

    @aiomas.expose
    def release(self):
        if self.gate is not None:
            self.gate.set_result(None)
            self.gate = None

    @aiomas.expose
    async def callback(self, caller):
        return await caller.hello('x')

    @aiomas.expose
    async def add_by(self, adder, n):
        return await adder.add(n)

    @aiomas.expose
    def keep(self, proxy):
        self.kept = proxy
        return str(proxy)

    @aiomas.expose
    async def ask_kept(self, name):
        return await self.kept.hello(name)

    @aiomas.expose
    def me(self):
        return self

    @aiomas.expose
    def my_forecast(self):
        return self.forecast

    @aiomas.expose
    async def forward(self, url, name):
        other = await self.container.connect(url)
        return await other.hello(name)

    @aiomas.expose
    def hello(self, name):
        return 'hi ' + name

    @aiomas.expose
    def size(self, value):
        return len(value)

    @aiomas.expose
    def big(self, count):
        return 'x' * count

    @aiomas.expose
    def die(self):
        os._exit(1)


async def run(code, names):
    body = textwrap.indent(textwrap.dedent(code), '    ')
    exec('async def snippet():\n' + (body.strip() and body or '    pass'), names)
    return await names['snippet']()


def describe(error):
    text = ''.join(traceback.format_exception(type(error), error, error.__traceback__))
    answer = {'type': type(error).__name__, 'text': str(error), 'trace': text}
    if isinstance(error, aiomas.RemoteException):
        answer['remote'] = error.remote_traceback
    return answer


async def handle(line, names):
    command = json.loads(line)
    answer = {'id': command['id']}
    names = dict(names, **command['vars'])
    try:
        if 'URL' in names:
            names['house'] = await names['container'].connect(names['URL'])
        answer['result'] = await run(command['code'], names)
        json.dumps(answer)
    except BaseException as error:
        answer = {'id': command['id'], 'error': describe(error)}
    say(answer)


def say(answer):
    print(json.dumps(answer), flush=True)


async def main(codec, kind, place, certificates=None):
    loop = asyncio.get_event_loop()
    settings = dict(codec=codec_of(codec), extra_serializers=[Point.__serializer__])
    if kind == 'unix':
        address = place
    elif kind == 'tcp':
        address = ('127.0.0.1', int(place))
    else:
        address = ('localhost', int(place))
        names = ['authority.pem', 'python.certificate.pem', 'python.key.pem']
        settings['ssl'] = aiomas.SSLCerts(*[os.path.join(certificates, name) for name in names])
    container = await aiomas.Container.create(address, as_coro=True, **settings)
    callee = Callee(container)
    names = dict(globals(), container=container, callee=callee)
    say({'url': callee.addr})
    reader = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = set()
    while True:
        line = await reader.readline()
        if not line:
            os._exit(0)
        task = loop.create_task(handle(line, names))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
