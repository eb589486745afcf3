"""The rules by which Fusil's agents exchange events, and nothing else of it.

    fusil_rules.py own_event|fan_out|idle AGENTS STEPS

Written from a description of the rules: an event is for all active agents that have a method for it,
the sender included; what is sent in a step is handed out at the beginning of the next one, in the
order in which it was sent; in each step every active agent reads its mailbox and then lives, and those
of the system, which hand messages out and watch over the run, are agents before all others. Says one
line of JSON.
"""
import json
import sys
import time


class AgentError(Exception):
    pass


class Post:
    """What was sent in this step, and who listens to what."""

    def __init__(self):
        self.sent = []
        self.listeners = {}


class Agent:
    def __init__(self, post):
        self.post = post
        self.mailbox = []
        self.is_active = False
        self.handlers = {}
        for name in dir(self):
            if name.startswith('on_'):
                event = name[3:]
                self.handlers[event] = getattr(self, name)
                post.listeners.setdefault(event, []).append(self)

    def activate(self):
        if self.is_active:
            raise AgentError('it is active already')
        self.mailbox.clear()
        self.is_active = True
        self.init()

    def send(self, event, *arguments):
        if not self.is_active:
            raise AgentError('who is not active does not send')
        self.post.sent.append((event, arguments))

    def read_mailbox(self):
        if not self.mailbox:
            return
        mailbox, self.mailbox = self.mailbox, []
        for event, arguments in mailbox:
            self.handlers[event](*arguments)

    def init(self):
        pass

    def live(self):
        pass


class Carrier(Agent):
    """Hands out what was sent in the step before."""

    def live(self):
        post = self.post
        sent, post.sent = post.sent, []
        for event, arguments in sent:
            for agent in post.listeners.get(event, ()):
                if agent.is_active:
                    agent.mailbox.append((event, arguments))


class Univers(Agent):
    """Ends the run."""

    is_done = False

    def on_univers_stop(self):
        self.is_done = True


class Project(Agent):
    """Counts the steps."""

    step = 0

    def live(self):
        self.step += 1

    def on_project_stop(self):
        self.send('univers_stop')


class Echo(Agent):
    """Sends itself an event when it gets one."""

    def init(self):
        self.send('tick')

    def on_tick(self):
        self.send('tick')


class Caller(Agent):
    """Sends an event in each step."""

    def live(self):
        self.send('tick')


class Listener(Agent):
    heard = 0

    def on_tick(self):
        self.heard += 1


class Idle(Agent):
    def live(self):
        pass


class Silent(Agent):
    def on_never(self):
        pass


def run(post, agents, steps):
    """Returns the seconds that so many steps take."""
    univers = Univers(post)
    agents = [Carrier(post), univers, Project(post), *agents]
    for agent in agents:
        agent.activate()
    start = time.perf_counter()
    for _ in range(steps):
        for agent in agents:
            if agent.is_active:
                agent.read_mailbox()
                agent.live()
        if univers.is_done:
            break
    return time.perf_counter() - start


def own_event(agents, steps):
    post = Post()
    return [steps / run(post, [Echo(post)], steps) / 1e6]


def fan_out(agents, steps):
    post = Post()
    listeners = [Listener(post) for _ in range(agents)]
    took = run(post, [Caller(post), *listeners], steps)
    # What is sent in the last step is not handed out.
    assert all(listener.heard == steps - 1 for listener in listeners)
    return [(steps - 1) * agents / took / 1e6]


def idle(agents, steps):
    def cost(kind):
        post = Post()
        return run(post, [kind(post) for _ in range(agents)], steps) / steps / agents * 1e9

    return [cost(Idle), cost(Silent)]


case, agents, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
measure = {'own_event': own_event, 'fan_out': fan_out, 'idle': idle}[case]
print(json.dumps({'figures': measure(agents, steps)}))
