"""Academy, unmodified: its server, an agent, a user who measures, and its launches.

    academy_bench.py server
    academy_bench.py agent KIND ADDRESS
    academy_bench.py user CASE KIND ADDRESS AGENT WARM_UP MEASURED
    academy_bench.py launch CASE

KIND is http, redis or hybrid; ADDRESS is HOST:PORT. Each says one line of JSON; `server` and `agent`
say where they are, and go on until their input is closed.
"""
import asyncio
import json
import logging
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ProcessPoolExecutor

from academy.agent import Agent, action
from academy.exchange.cloud.client import HttpExchangeFactory
from academy.exchange.hybrid import HybridExchangeFactory
from academy.exchange.local import LocalExchangeFactory
from academy.exchange.redis import RedisExchangeFactory
from academy.handle import Handle
from academy.identifier import AgentId
from academy.manager import Manager

CALLERS = 64
BODY = 'x' * (1 << 20)
LOCAL_AGENTS = 1000
PROCESSES = 8


class Echo(Agent):
    """Answers what it is asked."""

    @action
    async def echo(self, n):
        """Returns what it is given."""
        return n


def say(**said):
    print(json.dumps(said), flush=True)


def factory(kind, address):
    host, port = address.rsplit(':', 1)
    if kind == 'http':
        return HttpExchangeFactory(f'http://{address}')
    if kind == 'redis':
        return RedisExchangeFactory(host, int(port))
    return HybridExchangeFactory(host, int(port), interface='lo')


async def input_is_closed():
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def free_port():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


def server():
    """Runs Academy's own server as its users do."""
    port = free_port()
    with tempfile.NamedTemporaryFile('w', suffix='.toml') as config:
        config.write(f'host = "127.0.0.1"\nport = {port}\n')
        config.flush()
        command = [sys.executable, '-m', 'academy.exchange.cloud', '--config', config.name]
        quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
        child = subprocess.Popen(command, **quiet)
        try:
            answers(port)
            say(address=f'127.0.0.1:{port}', process=child.pid)
            sys.stdin.read()
        finally:
            child.terminate()
            child.wait()


def answers(port):
    for _ in range(300):
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit('the server does not answer')


async def agent(kind, address):
    async with await Manager.from_exchange_factory(factory(kind, address)) as manager:
        handle = await manager.launch(Echo)
        await handle.ping()
        say(address=str(handle.agent_id.uid))
        await input_is_closed()


async def user(case, kind, address, agent, warm_up, measured):
    warm_up, measured = float(warm_up), float(measured)
    async with await factory(kind, address).create_user_client() as client:
        handle = Handle(AgentId(uid=uuid.UUID(agent)), exchange=client, ignore_context=True)
        value = BODY if case.endswith('echo') else 7
        callers = CALLERS if case.endswith('crowd') else 1
        _, warm = await together(handle, value, callers, warm_up)
        times, rate = await together(handle, value, callers, measured)
        calls = warm * warm_up + rate * measured
        median = statistics.median(times)
        figures = {'call': [median * 1e6], 'echo': [median * 1e3], 'crowd': [rate / 1e3]}
        say(figures=figures[case.rsplit('_', 1)[-1]], counts=[int(calls)])


async def together(handle, value, callers, seconds):
    """Returns how long each call took, and how many there were in a second."""
    times = []
    start = time.perf_counter()

    async def call():
        while not times or time.perf_counter() - start < seconds:
            begun = time.perf_counter()
            assert await handle.echo(value) == value
            times.append(time.perf_counter() - begun)

    await asyncio.gather(*(call() for _ in range(callers)))
    return times, len(times) / (time.perf_counter() - start)


async def launch_local():
    async with await Manager.from_exchange_factory(LocalExchangeFactory()) as manager:
        start = time.perf_counter()
        handles = [await manager.launch(Echo) for _ in range(LOCAL_AGENTS)]
        await asyncio.gather(*(handle.ping() for handle in handles))
        say(figures=[LOCAL_AGENTS / (time.perf_counter() - start) / 1e3])


async def launch_processes(address):
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        made = Manager.from_exchange_factory(factory('http', address), executors=pool)
        async with await made as manager:
            start = time.perf_counter()
            handles = [await manager.launch(Echo) for _ in range(PROCESSES)]
            await asyncio.gather(*(handle.ping() for handle in handles))
            say(figures=[PROCESSES / (time.perf_counter() - start) / 1e3])


def main():
    logging.disable(logging.CRITICAL)
    verb, *arguments = sys.argv[1:]
    if verb == 'server':
        server()
    elif verb == 'agent':
        asyncio.run(agent(*arguments))
    elif verb == 'user':
        asyncio.run(user(*arguments))
    elif arguments[0] == 'launch_node':
        asyncio.run(launch_local())
    else:
        asyncio.run(launch_processes(arguments[1]))


if __name__ == '__main__':
    main()
