"""What a work is: one function that makes one tool do one job and says how it went.

To add a work, write `def name(bench, tool)` in one of the modules of works and put @work above it. It returns a Sample, None
when the tool cannot do the job, or raises Failed.
"""

import dataclasses
import operator


@dataclasses.dataclass
class Sample:
    """How one run went. `amount` is what the CPU time is divided by."""

    value: float
    cpu: float | None = None
    amount: float = 1.0
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Bar:
    """What netverb should reach: a ratio to the best peer, or a value of its own."""

    sign: str
    limit: float
    absolute: bool = False

    def is_met(self, value, ratio):
        measured = value if self.absolute else ratio
        compare = {"≥": operator.ge, "≤": operator.le}[self.sign]
        return None if measured is None else compare(round(measured, 2), self.limit)


@dataclasses.dataclass
class Work:
    """A work and how to read its numbers."""

    run: object
    group: str
    title: str
    unit: str
    more_is_better: bool = True
    bar: Bar | None = None
    cpu_unit: str = ""
    cpu_scale: float = 1.0


WORKS = []


def work(group, title, unit, **more):
    """Registers a function as a work of a group, which is what --only names."""

    def register(function):
        WORKS.append(Work(function, group, title, unit, **more))
        return function

    return register
