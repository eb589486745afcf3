"""Writes what aiomas 2.0.1 puts on the wire into the text files beside this script.

    python3.8 -m venv venv
    venv/bin/pip install "aiomas==2.0.1" "arrow<0.14" "msgpack<1" "blosc==1.11.1"
    venv/bin/python capture.py

Each line of `json.txt` and `msgpack.txt` is the name of a value and the value's bytes in
hexadecimal digits. The lines of `blosc.txt` are the name of some data and the chunk that
MsgPackBlosc makes of them; of a chunk that is not compressed, the header alone is kept. The lines
of the sessions are the direction and one frame. The values, the data and the session are written
down once more in the tests that read the files.
"""
import asyncio
import pathlib
import socket
import struct

import aiomas
import arrow
import blosc
import msgpack
from aiomas.codecs import JSON, MsgPack, MsgPackBlosc

HERE = pathlib.Path(__file__).parent
CODECS = {'json': JSON, 'msgpack': MsgPack, 'msgpack-blosc': MsgPackBlosc}


def write(name, lines):
    text = ''.join('%s %s\n' % (key, data.hex()) for key, data in lines)
    (HERE / (name + '.txt')).write_text(text)
    print('%-24s %6d bytes' % (name, len(text)))


# Values

class Agent:
    """Stands for an agent: whatever has no serializer of its own is sent as a proxy."""


@aiomas.codecs.serializable
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


VALUES = {
    'null': None,
    'true': True,
    'false': False,
    'zero': 0,
    'small-integers': [0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32],
    'negative-integers': [-1, -32, -33, -128, -129, -32768, -32769, -2**31, -2**31 - 1],
    'wide-integers': [2**63 - 1, 2**63, 2**64 - 1, -2**63],
    'huge-integers': [2**64, -2**63 - 1, 2**127, 2**128, -2**200, 10**100],
    'floats': [0.0, -0.0, 1.0, 0.1, 1 / 3, 100000.0, 1e15, 1e16, 123456789012345680.0, 1e22],
    'small-floats': [1e-4, 1.5e-4, 1e-5, 1.5e-7, 5e-324, -2.5e-10],
    'even-floats': [1854423233242097.25, 82687244300476.625, -236264748350690.125, 2.0**-44],
    'large-floats': [1.7976931348623157e308, -1e300, 9007199254740993.0],
    'infinities': [float('inf'), float('-inf')],
    'nan': float('nan'),
    'empty-text': '',
    'ascii': ''.join(map(chr, range(128))),
    'unicode': 'gr\u00fc\u00df \u20ac \u65e5\u672c \U0001f600 \U0010ffff \u0080 \ufffd',
    'text-31': 'x' * 31,
    'text-32': 'x' * 32,
    'text-256': 'x' * 256,
    'bytes': bytes(range(256)),
    'empty-bytes': b'',
    'empty-list': [],
    'tuple': (1, 2),
    'list-15': [None] * 15,
    'list-16': [None] * 16,
    'nested-list': [[[[]]], [[1]]],
    'empty-map': {},
    'map': {'a': 1, 'b': [2.5, None], 'c': {'d': 'e'}},
    'map-16': {'key%d' % i: i for i in range(16)},
    'integer-keys': {1: 'one', -7: 'minus seven'},
    'other-keys': {1.5: 1, None: 2, True: 3, float('inf'): 4},
    'byte-keys': {b'k': 1, (1, 2): 2},
    'date': arrow.get('2016-01-01T00:00:00+00:00'),
    'date-with-offset': arrow.get('2016-06-01T12:34:56.120000-05:30'),
    'dates': [arrow.get('0001-01-01T00:00:00+00:00'), arrow.get('9999-12-31T23:59:59.999999Z')],
    'extra': Point(1, [2.5, 'y']),
    'proxy': Agent(),
    'proxy-inside': {'who': [Agent(), Agent()]},
}


def codec(cls):
    """Makes a codec with the serializers of a container that has one more for `Point`."""
    made = cls()
    made.add_serializer(*aiomas.util.arrow_serializer())
    made.add_serializer(*Point.__serializer__())
    made.add_serializer(object, proxy_path, None)
    return made


def proxy_path(value):
    if not isinstance(value, Agent):
        raise TypeError(type(value))
    return 'agents/0'


def encoded_values(cls):
    made = codec(cls)
    for name, value in VALUES.items():
        try:
            data = made.encode(value)
        except Exception as error:
            print('    %s has no %s: %s' % (cls.__name__, name, type(error).__name__))
        else:
            yield name, data


# Data

def random(count, seed=1):
    data = bytearray()
    for _ in range(count):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        data.append(seed >> 56)
    return bytes(data)


def text(count):
    return (b'the quick brown fox jumps over the lazy dog. ' * (count // 45 + 1))[:count]


def counter(count):
    return b''.join(struct.pack('<Q', i) for i in range(count // 8 + 1))[:count]


def floats(count):
    return b''.join(struct.pack('<d', (i % 500) * 0.1) for i in range(count // 8 + 1))[:count]


def far(count):
    """Elements of eight bytes, the first of which repeats after 9,000 of them."""
    period = bytes(6000) + random(3000)
    return b''.join(struct.pack('<Q', period[i % 9000]) for i in range(count // 8 + 1))[:count]


def mixed(count):
    """Random pieces between repeated ones."""
    pieces = b''.join(random(60, seed) + text(600) for seed in range(count // 660 + 1))
    return pieces[:count]


DATA = {
    'zeros': (bytes, [0, 1, 15, 100, 127, 200, 380, 638, 1000, 4096, 16384, 300001, 2100000]),
    'text': (text, [64, 128, 300, 1000, 4096, 100000, 2**20 + 13]),
    'counter': (counter, [128, 1000, 4096, 65536, 300001]),
    'floats': (floats, [1000, 20000, 300001]),
    'far': (far, [144000]),
    'mixed': (mixed, [2000, 10000]),
    'random': (random, [100, 1000, 5000, 2**20 + 13]),
}

# Element size, shuffle, level, block size: what the reader takes beyond what aiomas sends.
SETTINGS = [
    (1, 0, 9, 0), (1, 1, 9, 0), (2, 1, 1, 0), (3, 1, 5, 0), (4, 0, 5, 0), (4, 1, 9, 1024),
    (8, 0, 9, 0), (8, 1, 1, 512), (8, 1, 5, 4096), (8, 1, 0, 0), (16, 1, 9, 0), (17, 1, 9, 0),
    (17, 0, 9, 3400), (64, 1, 9, 0), (255, 1, 9, 0),
]


def chunks():
    made = codec(MsgPackBlosc)
    for name, (make, counts) in DATA.items():
        for count in counts:
            yield 'aiomas %s %d' % (name, count), without_data(made.encode(make(count)))
    for size, shuffle, level, block in SETTINGS:
        blosc.set_blocksize(block)
        packed = msgpack.packb(mixed(3000), use_bin_type=True)
        chunk = blosc.compress(packed, size, clevel=level, shuffle=shuffle)
        yield 'size-%d-%d-%d-%d mixed 3000' % (size, shuffle, level, block), without_data(chunk)
    blosc.set_blocksize(0)


def without_data(chunk):
    stored = chunk[2] & 2
    return chunk[:16] if stored else chunk


# Sessions

class Caller(aiomas.Agent):
    @aiomas.expose
    def hello(self, name):
        return 'hi ' + name


class Callee(aiomas.Agent):
    @aiomas.expose
    def add(self, a, b):
        return a + b

    @aiomas.expose
    def echo(self, value):
        return value

    @aiomas.expose
    def boom(self):
        raise ValueError('bad: gr\u00fc\u00df')

    @aiomas.expose
    async def callback(self, caller):
        return await caller.hello('x')

    @aiomas.expose
    def me(self):
        return self


async def attempt(call):
    try:
        await call
    except aiomas.RemoteException:
        pass


async def talk(caller, url, codec):
    callee = await caller.container.connect(url)
    await callee.add(3, b=4)
    for value in ['gr\u00fc\u00df \U0001f600', arrow.get('2016-01-01T01:00:00+01:00'), Point(1, 2)]:
        await callee.echo(value)
    await callee.echo(2**70 if codec is JSON else b'\x00\xff')
    await callee.callback(caller)
    await callee.me()
    await attempt(callee.boom())
    await attempt(callee.nope.there())
    try:
        await caller.container.connect(url[:-1] + '7')
    except ConnectionError:
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


async def record(reader, writer, direction, frames):
    """Passes frames on and keeps them."""
    try:
        while True:
            header = await reader.readexactly(4)
            frame = header + await reader.readexactly(struct.unpack('!L', header)[0])
            frames.append((direction, frame))
            writer.write(frame)
    except asyncio.IncompleteReadError:
        writer.close()


async def session(cls):
    frames = []
    server, door = free_port(), free_port()

    async def connected(reader, writer):
        other_reader, other_writer = await asyncio.open_connection('127.0.0.1', server)
        await asyncio.gather(record(reader, other_writer, 'C>S', frames),
                             record(other_reader, writer, 'S>C', frames))

    settings = dict(codec=cls, extra_serializers=[Point.__serializer__], as_coro=True)
    theirs = await aiomas.Container.create(('127.0.0.1', server), **settings)
    ours = await aiomas.Container.create(('127.0.0.1', free_port()), **settings)
    recorder = await asyncio.start_server(connected, '127.0.0.1', door)
    Callee(theirs)
    await talk(Caller(ours), 'tcp://127.0.0.1:%d/0' % door, cls)
    await ours.shutdown(as_coro=True)
    await theirs.shutdown(as_coro=True)
    recorder.close()
    return frames


if __name__ == '__main__':
    write('json', encoded_values(JSON))
    write('msgpack', encoded_values(MsgPack))
    write('blosc', chunks())
    for name, cls in CODECS.items():
        write('session-' + name, asyncio.get_event_loop().run_until_complete(session(cls)))
