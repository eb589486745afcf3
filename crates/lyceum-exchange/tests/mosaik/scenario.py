"""A scenario of mosaik with the simulator that listens at an address.

    scenario.py HOST:PORT UNTIL

Prints what came of it as JSON.
"""
import json
import sys

import mosaik
import mosaik_api_v3


class Probe(mosaik_api_v3.Simulator):
    """Gives a number to whoever is connected, and notes what it gets."""

    def __init__(self):
        super().__init__({
            'type': 'time-based',
            'models': {'Probe': {'public': True, 'params': [], 'attrs': ['number', 'note']}},
        })
        self.seen = []

    def create(self, num, model):
        return [{'eid': 'probe', 'type': model}]

    def step(self, time, inputs, max_advance):
        self.time = time
        if inputs:
            self.seen.append([time, inputs])
        return time + 1

    def get_data(self, outputs):
        return {'probe': {'number': self.time * 10}}

    def finalize(self):
        SEEN.extend(self.seen)


SEEN = []


def main(address, until):
    world = mosaik.World({
        'Battery': {'connect': address},
        'Probe': {'python': '__main__:Probe'},
    })
    sim = world.start('Battery', capacity=2.5)
    probe = world.start('Probe').Probe()
    batteries = sim.Battery.create(2, charge=0.5)
    world.connect(probe, batteries[0], ('number', 'power'), async_requests=True)
    world.connect(probe, batteries[1], ('number', 'power'), async_requests=True)
    told = {
        'ids': [battery.full_id for battery in batteries],
        'children': [child.full_id for child in batteries[0].children],
        'extra': sim.rename('new', loud=True),
    }
    world.run(until=until, print_progress=False)
    told['seen'] = SEEN
    print(json.dumps(told))


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]))
