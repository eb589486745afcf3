"""Writes what Python and academy-py 1.0.0 put on the wire into `pickles.txt` and `messages.txt`.

    python3.12 -m venv venv
    venv/bin/pip install academy-py==1.0.0
    venv/bin/python capture.py

A line of `pickles.txt` is the name of a value, the protocol, the JSON that the value is to become,
and the pickle in hexadecimal digits, with tabs between. A line of `messages.txt` is one message.
"""
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import pathlib
import pickle
import sys
import uuid

from academy.agent import ActionDescription, AgentDescription
from academy.handle import Handle
from academy.identifier import AgentId, UserId
from academy.message import (
    AcademyErrorResponse, ActionRequest, ActionResponse, CancelRequest, ErrorCode, Message,
    PingRequest, ShutdownRequest, SuccessResponse, UserErrorResponse)
from academy.serialize import SerializationStrategy

HERE = pathlib.Path(__file__).parent
sys.modules['app'] = sys.modules['__main__']


class Color(enum.Enum):
    RED = 'red'


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: int
    y: float


@dataclasses.dataclass(slots=True)
class Slotted:
    x: int


class OwnError(Exception):
    pass


for kind in (Color, Level, Point, Slotted, OwnError):
    kind.__module__ = 'app'

UID = uuid.UUID('00112233-4455-6677-8899-aabbccddeeff')
AGENT = AgentId(uid=UID, name='sensor')
USER = UserId(uid=UID)
ENTITY = {'uid': str(UID), 'name': 'sensor', 'role': 'agent'}
UTC = datetime.timezone.utc
EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
WEST = datetime.timezone(datetime.timedelta(hours=-3))
shared = ['s']
counts = collections.defaultdict(list)
counts['a'].append(1)

VALUES = [
    ('none', None, None),
    ('truths', [True, False], [True, False]),
    ('integers', [0, 1, 255, 256, 65535, 65536, -1, -128, -32769, 2**31 - 1, 2**31, -2**31,
                  2**63 - 1, -2**63, 2**64 - 1],
     [0, 1, 255, 256, 65535, 65536, -1, -128, -32769, 2**31 - 1, 2**31, -2**31,
      2**63 - 1, -2**63, 2**64 - 1]),
    ('large integer', 2**100, float(2**100)),
    ('huge integer', -10**2000, None),
    ('floats', [0.0, -1.5, 1e300, 5e-324], [0.0, -1.5, 1e300, 5e-324]),
    ('texts', ['', 'plain', 'gr\u00fc\u00df\n\\', '\U0001f600', 'x' * 300],
     ['', 'plain', 'gr\u00fc\u00df\n\\', '\U0001f600', 'x' * 300]),
    ('bytes', [b'', b'\x00\xff', b'y' * 300], [[], [0, 255], [121] * 300]),
    ('bytearray', bytearray(b'ab'), [97, 98]),
    ('list', [[], [1, [2]]], [[], [1, [2]]]),
    ('long list', list(range(1100)), list(range(1100))),
    ('tuples', [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
     [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]),
    ('dict', {'a': {'b': 1}, 'c': None}, {'a': {'b': 1}, 'c': None}),
    ('dict with other keys', {1: 'a', (1, 2): 'b', None: 'c'},
     {'1': 'a', '[1,2]': 'b', 'null': 'c'}),
    ('sets', [set(), {7}, frozenset([8])], [[], [7], [8]]),
    ('shared', [shared, shared], [['s'], ['s']]),
    ('ordered dict', collections.OrderedDict([('z', 1), ('a', 2)]), {'z': 1, 'a': 2}),
    ('default dict', counts, {'a': [1]}),
    ('counter', collections.Counter('aab'), {'a': 2, 'b': 1}),
    ('deque', collections.deque([1, 2]), [1, 2]),
    ('uuid', UID, str(UID)),
    ('dates', [datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
               datetime.datetime(1, 1, 1, tzinfo=UTC),
               datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=EAST),
               datetime.datetime(2024, 1, 2, tzinfo=WEST, fold=1)],
     ['2024-02-29', '2024-01-02T03:04:05.000006', '0001-01-01T00:00:00+00:00',
      '9999-12-31T23:59:59+05:30', '2024-01-02T00:00:00-03:00']),
    ('times', [datetime.time(1, 2, 3), datetime.time(23, 59, 59, 999999, tzinfo=UTC)],
     ['01:02:03', '23:59:59.999999+00:00']),
    ('durations', [datetime.timedelta(1, 2, 3), datetime.timedelta(microseconds=-1),
                   datetime.timedelta()],
     ['PT86402.000003S', '-PT0.000001S', 'PT0S']),
    ('paths', [pathlib.Path('/a/b'), pathlib.PurePosixPath('c/d'),
               pathlib.PureWindowsPath('c:/e/f'), pathlib.Path()],
     ['/a/b', 'c/d', 'c:\\e\\f', '.']),
    ('numbers', [decimal.Decimal('1.50'), fractions.Fraction(1, 3)], ['1.50', '1/3']),
    ('members', [Color.RED, Level.HIGH], ['red', 3]),
    ('dataclass', Point(1, 2.5), {'x': 1, 'y': 2.5}),
    ('agent', AGENT, ENTITY),
    ('user', USER, {'uid': str(UID), 'name': None, 'role': 'user'}),
    ('class', [Point, len], ['app.Point', 'builtins.len']),
    ('exception', ValueError('bad', 2), {'__class__': 'builtins.ValueError', 'args': ['bad', 2]}),
    ('own exception', OwnError('bad'), {'__class__': 'app.OwnError', 'args': ['bad']}),
    ('complex', 1 + 2j, {'__class__': 'builtins.complex', 'args': [1.0, 2.0]}),
]
# What old protocols cannot write, or write otherwise.
NEW = [('slots', Slotted(7), {'x': 7}, 2)]


def lines():
    for name, value, expected in VALUES:
        for protocol in range(6):
            yield name, protocol, expected, pickle.dumps(value, protocol)
    for name, value, expected, first in NEW:
        for protocol in range(first, 6):
            yield name, protocol, expected, pickle.dumps(value, protocol)
    for protocol in range(6):
        yield 'handle', protocol, 'HANDLE', pickle.dumps(Handle(AGENT), protocol)
    description = AgentDescription(description='Counts.', actions={
        'add': ActionDescription(name='add', type_signature={'n': 'int'}, doc='Adds.')})
    expected = description.model_dump()
    yield 'description', 4, expected, pickle.dumps(description, 4)


text = ''
for name, protocol, expected, data in lines():
    # In the 0-protocol, globals of Python 2 have other names: `__builtin__`.
    written = json.dumps(expected).replace('builtins.', '__builtin__.') \
        if protocol < 3 and '"builtins.' in json.dumps(expected) else json.dumps(expected)
    if 'ValueError' in written:
        written = written.replace('__builtin__', 'exceptions')
    text += '\t'.join([name, str(protocol), written, data.hex()]) + '\n'
(HERE / 'pickles.txt').write_text(text)

TAG = uuid.UUID('11111111-2222-3333-4444-555555555555')
PICKLE, JSON = SerializationStrategy.PICKLE, SerializationStrategy.JSON
BODIES = [
    ActionRequest(action='echo', pargs=(b'hi',), kargs={'n': 1}, serialization=PICKLE),
    ActionRequest(action='echo', pargs=(1, 'a'), kargs={}, serialization=JSON,
                  result_serialization=PICKLE, exception_serialization=JSON),
    PingRequest(),
    CancelRequest(target_tag=TAG),
    ShutdownRequest(),
    ShutdownRequest(terminate=True),
    ActionResponse(result=[1, 'two'], serialization=PICKLE),
    ActionResponse(result={'a': float('nan')}, serialization=JSON),
    UserErrorResponse(exception=ValueError('bad'), serialization=PICKLE),
    UserErrorResponse(exception=ValueError('bad'), serialization=JSON),
    AcademyErrorResponse(error_code=ErrorCode.MAILBOX_TERMINATED, mailbox_id=AGENT),
    AcademyErrorResponse(error_code=ErrorCode.ACTION_CANCELLED),
    SuccessResponse(),
]
messages = [Message.create(USER, AGENT, body, label=TAG, tag=TAG) for body in BODIES]
(HERE / 'messages.txt').write_text(''.join(m.model_dump_json() + '\n' for m in messages))
