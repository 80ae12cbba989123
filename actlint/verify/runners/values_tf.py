"""The values of a TF1 program's weights before its first run, and where they come from."""

from __future__ import annotations

import numpy as np

from .graph_tf import assignments, is_deterministic, needed

ENOUGH, DRAWS = 4096, 64


class InitialValues:
    """Values that the other side must be given, captured before the first run that comes after their making.

    Attributes:
        captured: indices of the weights whose values have been captured.
        draws: by index, as text, draws of a random initialiser.

    Args:
        count: number of weights.
        keep: takes an array, and answers a reference to it.
        notes: what is to be said of the recording.
    """

    def __init__(self, count, keep, notes):
        self.captured, self.draws = set(), {}
        self._pending, self._assigned, self._checks = set(range(count)), {}, {}
        self._keep, self._notes = keep, notes

    def notice_assignments(self, weights, operations, fed):
        """Note which weights a run's operations assign a value, and whether it is a determined one."""
        by_name = {variable.op.name: (index, variable) for index, variable in weights.items()}
        for name, op, determined in assignments(operations, fed):
            if name in by_name:
                index, variable = by_name[name]
                if op is variable.initializer and op.inputs[1].name not in fed:
                    self._assigned.pop(index, None)
                else:
                    self._assigned[index] = determined

    def notice_initialisation(self, weights, fetched):
        """Note which weights the fetched operations initialise again."""
        operations = [element for element in fetched if not hasattr(element, "op")]
        if not operations or not self.captured:
            return
        reached = needed(operations)
        for index, variable in weights.items():
            if index in self.captured and variable.initializer in reached:
                self._pending.add(index)

    def capture(self, session, weights, by_name, run):
        """Values of weights that the other side must be given now.

        Args:
            session: the session.
            weights: its graph's variables, by index.
            by_name: the program's variables by their operation's name.
            run: the session's own ``run``, not watched.
        """
        weights = {index: variable for index, variable in weights.items() if index in self._pending}
        if not weights:
            return {}
        known = run(session, {index: self.check(variable) for index, variable in weights.items()})
        ready = {index: variable for index, variable in weights.items() if known[index]}
        out = {}
        for index, value in run(session, ready).items():
            self._pending.discard(index)
            self.captured.add(index)
            deterministic = self._assigned.get(index, is_deterministic(ready[index], by_name))
            out[str(index)] = {"value": self._keep(value), "deterministic": deterministic}
            if not deterministic and index in self._assigned:
                self._notes.append(
                    f"the value that '{ready[index].name}' is assigned before the first run isn't compared"
                )
            elif not deterministic and value.dtype.kind == "f" and value.size:
                self.draws.setdefault(str(index), self._draw(session, ready[index], value, run))
        return out

    def _draw(self, session, variable, value, run):
        """Values of a variable's initialiser, drawn until there are enough."""
        drawn, count = [value], min(DRAWS, 1 + ENOUGH // value.size)
        try:
            drawn += [run(session, variable.initial_value) for _ in range(count)]
        except (ValueError, TypeError, RuntimeError):
            pass
        return self._keep(np.concatenate([np.ravel(one) for one in drawn]))

    def check(self, variable):
        """A tensor that says whether a variable is initialised."""
        from tensorflow.python.ops import state_ops

        if variable not in self._checks:
            graph = variable.graph
            finalized = graph.finalized
            if finalized:
                graph._unsafe_unfinalize()
            with graph.as_default(), graph.name_scope("actlint/"), graph.control_dependencies(None):
                self._checks[variable] = state_ops.is_variable_initialized(variable)
            if finalized:
                graph.finalize()
        return self._checks[variable]
