"""A day of a feeder whose households are agents of Lyceum.

    pip install mosaik matplotlib
    cargo build -p examples --bin feeder
    python examples/mosaik/feeder.py target/debug/feeder feeder.png

The loads come from a simulator in Python, the households and their feeder from the program, and a
third simulator records what flows. The last line of the output is a summary as JSON.
"""
import json
import math
import random
import shlex
import sys

import mosaik
import mosaik_api_v3

STEP = 900
HOUSEHOLDS = 300
BATTERIES = 150
LIMIT = 450.0


class Profiles(mosaik_api_v3.Simulator):
    """Loads of households: more in the morning and the evening, and never twice the same."""

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'Profile': {'public': True, 'params': [], 'attrs': ['load']}},
        })
        self.random = random.Random(7)
        self.scales = {}
        self.time = 0

    def create(self, num, model):
        new = ['profile_%d' % (len(self.scales) + i) for i in range(num)]
        self.scales.update((eid, self.random.uniform(0.7, 1.3)) for eid in new)
        return [{'eid': eid, 'type': model} for eid in new]

    def step(self, time, inputs, max_advance):
        self.time = time
        return time + STEP

    def get_data(self, outputs):
        hour = self.time / 3600 % 24

        def peak(center, width):
            return math.exp(-((hour - center) / width) ** 2)

        usual = 0.3 + 0.8 * peak(7.5, 1.2) + 1.6 * peak(19.0, 2.0)
        return {eid: {'load': usual * self.scales[eid] * self.random.uniform(0.8, 1.2)}
                for eid in outputs}


class Recorder(mosaik_api_v3.Simulator):
    """Keeps what it is given."""

    rows = []

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'Recorder': {'public': True, 'any_inputs': True, 'params': [],
                                    'attrs': []}},
        })

    def create(self, num, model):
        return [{'eid': 'recorder', 'type': model}]

    def step(self, time, inputs, max_advance):
        given = inputs['recorder']
        row = {name: sum(values.values()) for name, values in given.items()}
        self.rows.append(dict(row, hour=time / 3600))
        return time + STEP

    def get_data(self, outputs):
        return {}


def simulate(simulator, hours):
    world = mosaik.World({
        'Feeders': {'cmd': '%s %%(addr)s' % shlex.quote(simulator)},
        'Profiles': {'python': '__main__:Profiles'},
        'Recorder': {'python': '__main__:Recorder'},
    })
    feeder = world.start('Feeders').Feeder(
        limit=LIMIT, households=HOUSEHOLDS, batteries=BATTERIES)
    profiles = world.start('Profiles').Profile.create(HOUSEHOLDS)
    recorder = world.start('Recorder').Recorder()
    for profile, house in zip(profiles, feeder.children):
        world.connect(profile, house, 'load')
        world.connect(house, recorder, 'charge')
    world.connect(feeder, recorder, 'load', 'power', 'price')
    world.run(until=hours * 3600, print_progress=False)
    return Recorder.rows


def plot(rows, png):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt

    hours = [row['hour'] for row in rows]
    figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(9, 6))
    top.step(hours, [row['load'] for row in rows], where='post', label='wanted')
    top.step(hours, [row['power'] for row in rows], where='post', label='with batteries')
    top.axhline(LIMIT, color='black', linestyle='--', label='limit')
    top.set_ylabel('kW')
    top.legend()
    bottom.step(hours, [row['charge'] for row in rows], where='post', label='in batteries')
    bottom.set_ylabel('kWh')
    bottom.set_xlabel('hour')
    bottom.legend()
    figure.savefig(png, dpi=120)


def main(simulator, png=None, hours=24):
    rows = simulate(simulator, int(hours))
    if png:
        plot(rows, png)
    print(json.dumps({
        'steps': len(rows),
        'wanted': max(row['load'] for row in rows),
        'flowed': max(row['power'] for row in rows),
        'paid': sum(row['price'] > 0 for row in rows),
    }))


if __name__ == '__main__':
    main(*sys.argv[1:])
