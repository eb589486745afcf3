"""Scenarios with unmodified academy-py 1.0.0 on an exchange server."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
import uuid

from academy.agent import Agent
from academy.agent import action
from academy.agent import loop
from academy.exception import ActionCancelledError
from academy.exception import AgentTerminatedError
from academy.exception import BadEntityIdError
from academy.exception import MailboxTerminatedError
from academy.exception import AcademyRemoteError
from academy.exception import ForbiddenError
from academy.exception import UnauthorizedError
from academy.exchange import HttpExchangeFactory
from academy.exchange.cloud.client import HttpAgentRegistration
from academy.exchange.mailbox_status import MailboxStatus
from academy.handle import Handle
from academy.identifier import AgentId
from academy.manager import Manager
from academy.message import Message, PingRequest, SuccessResponse, Header
from academy.runtime import Runtime, RuntimeConfig
from academy.serialize import SerializationStrategy
from counter import Counter as Plain

URL = sys.argv[1]


class Counter(Plain):
    """Counts, and does what takes long."""

    @action
    async def sleep(self) -> None:
        """Takes long."""
        await asyncio.sleep(1000)

    @action
    async def long(self, size: int) -> str:
        """Returns much."""
        return 'x' * size


class Special(Counter):
    pass


class Outer:
    class Inner(Counter):
        pass


class Caller(Agent):
    def __init__(self, other: Handle[Counter]) -> None:
        self.other = other

    @action
    async def through(self, n: int) -> int:
        """Calls another agent."""
        return await self.other.add(n)


class Ticker(Agent):
    def __init__(self) -> None:
        self.ticks = 0

    @loop
    async def tick(self, shutdown: asyncio.Event) -> None:
        while not shutdown.is_set():
            self.ticks += 1
            await asyncio.sleep(0.001)

    @action
    async def count(self) -> int:
        """Returns how often it ticked."""
        return self.ticks


def factory(token: str | None = None, **more) -> HttpExchangeFactory:
    headers = {'Authorization': f'Bearer {token}'} if token else None
    return HttpExchangeFactory(URL, additional_headers=headers, **more)


async def managers_launch_agents_and_users_call_them() -> None:
    async with await Manager.from_exchange_factory(factory()) as manager:
        handle = await manager.launch(Counter, name='counter')
        assert await handle.ping() > 0
        assert await handle.add(2) == 2
        assert await handle.add(3) == 5
        for value in (b'\x00\xff', {'a': [1, 2.5, None]}, {1, 2}, (1, 'zwölf \u2028 \n'), 'x' * 200_000):
            assert await handle.echo(value) == value
        plain = Handle(handle.agent_id, request_serializer=SerializationStrategy.JSON)
        assert await plain.echo({'a': [1, 2]}) == {'a': [1, 2]}
        ticker = await manager.launch(Ticker)
        first = await ticker.count()
        while await ticker.count() <= first:
            pass
        described = await handle.agent_describe()
        assert 'add' in described.actions
        await manager.shutdown(handle, blocking=True)
        assert await manager.exchange_client.status(handle.agent_id) == MailboxStatus.TERMINATED


async def exceptions_come_back_as_they_were_raised() -> None:
    async with await Manager.from_exchange_factory(factory()) as manager:
        handle = await manager.launch(Counter)
        try:
            await handle.fail()
            raise AssertionError('it did not raise')
        except ValueError as error:
            assert str(error) == 'on purpose'
        plain = Handle(handle.agent_id, request_serializer=SerializationStrategy.JSON)
        try:
            await plain.fail()
            raise AssertionError('it did not raise')
        except AcademyRemoteError as error:
            assert 'on purpose' in str(error)


async def actions_are_cancelled() -> None:
    async with await Manager.from_exchange_factory(factory()) as manager:
        handle = await manager.launch(Counter)
        task = asyncio.create_task(handle.sleep())
        while (await handle.agent_stats()).in_progress != 1:
            await asyncio.sleep(0.01)
        task.cancel()
        try:
            await task
            raise AssertionError('it was not cancelled')
        except asyncio.CancelledError:
            pass
        while (await handle.agent_stats()).in_progress != 0:
            await asyncio.sleep(0.01)
        assert await handle.add(1) == 1


async def agents_are_found_with_subclasses_and_nested_classes() -> None:
    async with await Manager.from_exchange_factory(factory()) as manager:
        counter = await manager.launch(Counter)
        special = await manager.launch(Special)
        nested = await manager.launch(Outer.Inner)
        client = manager.exchange_client

        async def found(agent, **more):
            return {one.uid for one in await client.discover(agent, **more)}

        every = {one.agent_id.uid for one in (counter, special, nested)}
        assert await found(Counter) == every
        assert await found(Counter, allow_subclasses=False) == {counter.agent_id.uid}
        assert await found('academy.agent.Agent') == every
        # Academy registers the qualified name and asks for the plain one, and never finds it.
        assert await found(Outer.Inner) == {nested.agent_id.uid}
        assert await found(Ticker) == set()
        await manager.shutdown(special, blocking=True)
        assert special.agent_id.uid not in await found(Counter)


async def status_and_statistics_follow_an_agent() -> None:
    async with await factory().create_user_client(name='ada') as client:
        registration = await client.register_agent(Counter)
        agent = registration.agent_id
        assert await client.status(AgentId.new()) == MailboxStatus.MISSING
        assert await client.status(agent) == MailboxStatus.INACTIVE
        async with Runtime(
            Counter(), exchange_factory=factory(), registration=registration
        ):
            handle = Handle(agent, exchange=client, ignore_context=True)
            assert await handle.add(1) == 1
            assert await client.status(agent) == MailboxStatus.ACTIVE
            stats = await client.agent_stats(agent)
            assert (stats.incoming, stats.completed, stats.queued) == (1, 1, 0), stats
            assert (await client.agent_stats(client.client_id)).outgoing == 1
        assert await client.status(agent) == MailboxStatus.TERMINATED


async def terminated_mailboxes_refuse_and_fail_their_callers() -> None:
    async with await factory().create_user_client() as client:
        registration = await client.register_agent(Counter)
        handle = Handle(registration.agent_id)
        waiting = asyncio.create_task(handle.add(1))
        while (await client.agent_stats(registration.agent_id)).queued != 1:
            await asyncio.sleep(0.01)
        await client.terminate(registration.agent_id)
        try:
            await waiting
            raise AssertionError('it did not fail')
        except AgentTerminatedError:
            pass
        try:
            await handle.add(1)
            raise AssertionError('it did not fail')
        except AgentTerminatedError:
            pass
        try:
            await Handle(AgentId.new()).add(1)
            raise AssertionError('it did not fail')
        except BadEntityIdError:
            pass


async def messages_wait_for_an_agent_that_starts_later() -> None:
    async with await factory().create_user_client() as client:
        registration = await client.register_agent(Counter)
        handle = Handle(registration.agent_id)
        calls = [asyncio.create_task(handle.add(1)) for _ in range(20)]
        while (await client.agent_stats(registration.agent_id)).queued != 20:
            await asyncio.sleep(0.01)
        config = RuntimeConfig(terminate_on_success=False)
        runtime = Runtime(
            Counter(), config=config, exchange_factory=factory(), registration=registration
        )
        async with runtime:
            assert sorted(await asyncio.gather(*calls)) == list(range(1, 21))
            runtime.signal_shutdown(expected=True)
        late = asyncio.create_task(handle.add(5))
        while (await client.agent_stats(registration.agent_id)).queued != 1:
            await asyncio.sleep(0.01)
        # The same registration goes on with what waited.
        async with Runtime(Counter(), exchange_factory=factory(), registration=registration):
            assert await late == 5


async def batches_know_each_other() -> None:
    async with await Manager.from_exchange_factory(factory()) as manager:
        async with manager.launch_batch() as batch:
            counter = await batch.queue(Counter)
            caller = await batch.queue(Caller, args=(counter,))
        assert await caller.through(4) == 4
        assert await counter.add(1) == 5


async def agents_call_agents() -> None:
    async with await Manager.from_exchange_factory(factory()) as manager:
        counter = await manager.launch(Counter)
        callers = [await manager.launch(Caller, args=(counter,)) for _ in range(3)]
        results = await asyncio.gather(*(caller.through(1) for caller in callers for _ in range(5)))
        assert sorted(results) == list(range(1, 16))


async def long_poll_works_as_the_stream_does() -> None:
    import aiohttp

    async with await factory().create_user_client(start_listener=False) as client:
        registration = await client.register_agent(Counter)
        agent = registration.agent_id
        header = Header(src=client.client_id, dest=agent, tag=uuid.uuid4(), kind='request')
        request = Message(header=header, body=PingRequest())
        await client.send(request)
        async with aiohttp.ClientSession() as session:
            body = {'mailbox': agent.model_dump_json(), 'timeout': 5}
            async with session.get(f'{URL}/message', json=body) as response:
                assert response.status == 200
                text = (await response.json())['message']
            got = Message.model_validate_json(text)
            assert got == request, got
            body['timeout'] = 0.01
            async with session.get(f'{URL}/message', json=body) as response:
                assert response.status == 408
        await client.send(Message(header=header.create_response_header(), body=SuccessResponse()))
        async for message in client._transport.listen(timeout=5):
            assert message.tag == header.tag
            break


async def a_stream_that_ends_is_taken_up_without_a_pause() -> None:
    # The server ends a stream after this time without a message.
    async with await factory(request_timeout_s=0.05).create_user_client() as client:
        registration = await client.register_agent(Counter)
        async with Runtime(
            Counter(), exchange_factory=factory(request_timeout_s=0.05), registration=registration
        ):
            handle = Handle(registration.agent_id)
            for _ in range(20):
                await asyncio.sleep(0.06)
                await handle.add(1)
            assert client._transport._retry_time_ms == 1, 'Academy waits for a second'


async def answers_that_are_too_long_fail_their_caller() -> None:
    # On Academy's server the caller waits forever.
    async with await Manager.from_exchange_factory(factory()) as manager:
        handle = await manager.launch(Counter)
        try:
            await handle.long(600_000)
            raise AssertionError('it did not fail')
        except AcademyRemoteError as error:
            assert 'takes messages of' in str(error), error


def child(registration, role: str) -> subprocess.Popen:
    arguments = [sys.executable, __file__, URL, role, registration.model_dump_json()]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE)


async def run_agent(agent: Agent) -> None:
    registration = HttpAgentRegistration.model_validate_json(sys.argv[3])
    async with Runtime(agent, exchange_factory=factory(), registration=registration) as runtime:
        print('runs', flush=True)
        await runtime.wait_shutdown()


async def an_agent_that_is_killed_leaves_no_caller_hanging() -> None:
    # Academy's callers wait forever.
    async with await factory().create_user_client() as client:
        registration = await client.register_agent(Counter)
        first = child(registration, 'counter')
        first.stdout.readline()
        handle = Handle(registration.agent_id)
        assert await handle.add(1) == 1
        call = asyncio.create_task(handle.sleep())
        while (await client.agent_stats(registration.agent_id)).in_progress != 1:
            await asyncio.sleep(0.01)
        first.kill()
        first.wait()
        waiting = asyncio.create_task(handle.add(2))
        second = child(registration, 'counter')
        try:
            await call
            raise AssertionError('it did not fail')
        except AcademyRemoteError as error:
            assert 'has ended or was replaced' in str(error), error
        assert await waiting == 2
        await handle.shutdown()
        second.wait()


class Slow(Agent):
    @action
    async def work(self, path: str) -> int:
        """Notes that it ran, and ends in time only at the second try."""
        with open(path, 'a') as file:
            file.write('ran\n')
        with open(path) as file:
            runs = len(file.readlines())
        await asyncio.sleep(1000 if runs == 1 else 0)
        return runs


async def a_durable_action_of_a_killed_agent_runs_again() -> None:
    import tempfile

    async with await factory().create_user_client() as client:
        registration = await client.register_agent(Slow)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'log')
            first = child(registration, 'slow')
            handle = Handle(registration.agent_id)
            call = asyncio.create_task(handle.work(path))
            while not os.path.exists(path):
                await asyncio.sleep(0.01)
            first.kill()
            first.wait()
            second = child(registration, 'slow')
            assert await call == 2
            await handle.shutdown()
            second.wait()


async def many_calls_at_once_are_all_answered() -> None:
    async with await Manager.from_exchange_factory(factory()) as manager:
        handle = await manager.launch(Counter)
        calls = [handle.echo(number) for number in range(400)]
        assert await asyncio.gather(*calls) == list(range(400))


async def tokens_let_in_and_keep_out() -> None:
    from academy.exchange.cloud.client import HttpExchangeConsole

    ada, bob = sys.argv[3:5]
    group = uuid.UUID('9f1f4cd6-7e3c-4c0c-8b4b-0d1f3ed2ab6e')
    for token, error in ((None, UnauthorizedError), ('lyc_00_00', ForbiddenError)):
        try:
            await factory(token).create_user_client()
            raise AssertionError('it was let in')
        except error:
            pass
    async with await Manager.from_exchange_factory(factory(ada)) as manager:
        handle = await manager.launch(Counter)
        assert await handle.add(1) == 1
        async with await factory(bob).create_user_client() as stranger:
            other = Handle(handle.agent_id, exchange=stranger, ignore_context=True)
            try:
                await other.add(1)
                raise AssertionError('it was let in')
            except BadEntityIdError:
                pass
            assert await stranger.discover(Counter) == ()
            console = await factory(ada).console()
            await console.share_mailbox(handle.agent_id, group)
            assert await console.get_shared_groups(handle.agent_id) == [group]
            # Answers go to who asked, without any sharing of his mailbox.
            assert await other.add(1) == 2
            await console.remove_shared_group(handle.agent_id, group)
            await console.close()


async def a_certificate_of_strangers_is_refused() -> None:
    import aiohttp

    try:
        await factory(retries=0).create_user_client()
        raise AssertionError('it was believed')
    except aiohttp.ClientConnectorCertificateError:
        pass
    # Who asks for it may talk with anybody.
    async with await factory(ssl_verify=False).create_user_client() as client:
        registration = await client.register_agent(Counter)
        assert await client.status(registration.agent_id) == MailboxStatus.INACTIVE


async def tokens_of_an_issuer_let_in_and_keep_out() -> None:
    import json
    import urllib.request

    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    issuer = sys.argv[3]
    signers = {
        'RS256': rsa.generate_private_key(65537, 2048),
        'PS384': rsa.generate_private_key(65537, 3072),
        'ES384': ec.generate_private_key(ec.SECP384R1()),
    }
    published = []
    for algorithm, key in signers.items():
        family = ECAlgorithm if algorithm == 'ES384' else RSAAlgorithm
        public = family.to_jwk(key.public_key(), as_dict=True)
        published.append({**public, 'kid': algorithm, 'use': 'sig'})
    request = urllib.request.Request(
        f'{issuer}/keys',
        data=json.dumps({'keys': published}).encode(),
        headers={'Content-Type': 'application/json'},
        method='PUT',
    )
    urllib.request.urlopen(request).close()
    claims = {
        'iss': issuer,
        'sub': 'ada',
        'aud': 'lyceum',
        'exp': 2000,
        'scope': 'lyceum:read lyceum:write lyceum:administer',
    }

    def token(algorithm: str, **more) -> str:
        # One key of RSA signs by two algorithms, and so does not say which.
        headers = {'kid': algorithm}
        return jwt.encode({**claims, **more}, signers[algorithm], algorithm, headers)

    for algorithm in signers:
        async with await Manager.from_exchange_factory(factory(token(algorithm))) as manager:
            handle = await manager.launch(Counter)
            assert await handle.add(1) == 1
    for wrong in (
        token('RS256', aud='another'),
        token('RS256', exp=900),
        jwt.encode(claims, 'x' * 32, 'HS256', {'kid': 'RS256'}),
        jwt.encode(claims, None, 'none'),
    ):
        try:
            await factory(wrong).create_user_client()
            raise AssertionError('it was let in')
        except ForbiddenError:
            pass


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    role = sys.argv[2]
    if role == 'counter':
        asyncio.run(run_agent(Counter()))
    elif role == 'slow':
        asyncio.run(run_agent(Slow()))
    else:
        asyncio.run(asyncio.wait_for(globals()[role](), 50))
        print('all is well')


main()
