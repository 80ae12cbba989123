"""A proof's seed changes what seeded and unseeded generators draw; without one, a program's own seeds stay."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actlint.verify import launch

pytest.importorskip("numpy")

DRAWS = """
import json, random, sys
sys.path.insert(0, {folder!r})
import numpy as np
own = np.random.RandomState(7).rand(), np.random.default_rng(7).random()
from runners import seeds
seeds.fix({shift})
drawn = [np.random.RandomState(7).rand(), np.random.default_rng(7).random(), np.random.rand(), random.random()]
for seed in (np.random.seed, random.seed):
    seed(7)
drawn += [np.random.rand(), random.random(), np.random.RandomState().rand()]
print(json.dumps([list(own), drawn]))
"""


def draws(shift: int) -> list[list[float]]:
    program = DRAWS.format(folder=str(Path(launch.__file__).parent), shift=shift)
    return json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


def test_seed_changes_every_draw() -> None:
    (own, plain), (_, again), (_, shifted) = draws(0), draws(0), draws(1)
    assert plain == again
    assert plain[:2] == own
    assert all(one != other for one, other in zip(plain, shifted, strict=True))
