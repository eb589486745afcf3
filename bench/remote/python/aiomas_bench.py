"""Both ends of aiomas, for `bench remote`.

    aiomas_bench.py serve
    aiomas_bench.py drive CASE URL SECONDS_OF_WARM_UP SECONDS SLEEPERS STEPS

Each prints one line of JSON: the address, or the figures. `serve` ends with its input.
"""
import asyncio
import json
import os
import socket
import sys
import time

import aiomas


class Counter(aiomas.Agent):
    def __init__(self, container):
        super().__init__(container)
        self.value = 0

    @aiomas.expose
    def add(self, n):
        self.value += n
        return self.value


def say(what):
    print(json.dumps(what), flush=True)


def free_port():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


async def container():
    address = ('127.0.0.1', free_port())
    return await aiomas.Container.create(address, codec=aiomas.MsgPack, as_coro=True)


async def serve():
    counter = Counter(await container())
    say({'address': counter.addr})
    loop = asyncio.get_event_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    os._exit(0)


async def call(counter, until):
    calls = 0
    while time.perf_counter() < until:
        await counter.add(1)
        calls += 1
    return calls


async def rate(counter, callers, seconds):
    start = time.perf_counter()
    until = start + seconds
    calls = await asyncio.gather(*[call(counter, until) for _ in range(callers)])
    return sum(calls) / (time.perf_counter() - start)


async def calls(url, callers, warm_up, seconds):
    counter = await (await container()).connect(url)
    await rate(counter, callers, warm_up)
    return await rate(counter, callers, seconds)


async def clock(sleepers, steps):
    clock = aiomas.ExternalClock('2030-01-01T00:00:00Z', init_time=0)
    woken = 0

    async def sleep(due):
        nonlocal woken
        await clock.sleep(due)
        woken += 1

    tasks = [asyncio.ensure_future(sleep(1 + index % steps)) for index in range(sleepers)]
    await asyncio.sleep(0)
    start = time.perf_counter()
    for step in range(1, steps + 1):
        clock.set_time(step)
        # The sleepers go on in the next turn of the loop.
        while woken < sleepers * step // steps:
            await asyncio.sleep(0)
    elapsed = time.perf_counter() - start
    assert woken == sleepers and len(tasks) == sleepers
    return sleepers / elapsed


async def drive(case, url, warm_up, seconds, sleepers, steps):
    if case == 'clock':
        figure = await clock(int(sleepers), int(steps))
    else:
        callers = {'aiomas_call': 1, 'aiomas_flight': 100}[case]
        figure = await calls(url, callers, float(warm_up), float(seconds))
    say({'figures': [figure / 1e3]})
    # Nobody waits for connections to close in good order.
    os._exit(0)


if __name__ == '__main__':
    verbs = {'serve': serve, 'drive': drive}
    asyncio.get_event_loop().run_until_complete(verbs[sys.argv[1]](*sys.argv[2:]))
