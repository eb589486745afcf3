"""Schelling's city in Mesa 3, by the rules of our study.

    mesa_schelling.py WIDTH HEIGHT RESIDENTS WANTED WARM_UP STEPS

Residents act in a fixed order, one after the other, and see what those before them did. Says one line
of JSON: milliseconds for a step, millions of turns in a second, bytes for a resident, and how many
moved in each step.
"""
import json
import sys
import time

from mesa import Model
from mesa.discrete_space import CellAgent, OrthogonalMooreGrid


class Resident(CellAgent):
    def __init__(self, model, cell, group):
        super().__init__(model)
        self.cell = cell
        self.group = group

    def step(self):
        alike = taken = 0
        for other in self.cell.neighborhood.agents:
            taken += 1
            if other.group == self.group:
                alike += 1
        if 100 * alike < self.model.wanted * taken:
            self.cell = self.model.grid.select_random_empty_cell()
            self.model.moved += 1


class City(Model):
    def __init__(self, width, height, residents, wanted, seed):
        super().__init__(rng=seed)
        self.wanted = wanted
        self.moved = 0
        self.grid = OrthogonalMooreGrid(
            (width, height), torus=True, capacity=1, random=self.random
        )
        groups = [1 + index % 2 for index in range(residents)]
        groups += [0] * (width * height - residents)
        self.random.shuffle(groups)
        for cell, group in zip(self.grid.all_cells, groups):
            if group:
                Resident(self, cell, group)

    def step(self):
        self.moved = 0
        self.agents.do('step')


def resident_bytes():
    with open('/proc/self/status') as status:
        for line in status:
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) * 1024
    raise RuntimeError('the status names its memory')


def main():
    width, height, residents, wanted, warm_up, steps = map(int, sys.argv[1:])
    before = resident_bytes()
    city = City(width, height, residents, wanted, 1971)
    moved = []

    def step():
        city.step()
        moved.append(city.moved)

    for _ in range(warm_up):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    took = time.perf_counter() - start
    memory = (resident_bytes() - before) / residents
    figures = [took * 1e3 / steps, residents * steps / took / 1e6, memory]
    print(json.dumps({'figures': figures, 'counts': moved}))


main()
