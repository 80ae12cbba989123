"""Draws whose values a run doesn't need, though it needs what else their statement computes.

TensorFlow 1 leaves them out, the rewritten statement makes them: the original is made to draw, too. In a loop that is
done as the graph is built, elsewhere by a further fetch.
"""

from __future__ import annotations

from .graph_tf import ASSIGNMENTS, COPIES, VARIABLES, is_fetchable, needed

IGNORED = (*VARIABLES, *ASSIGNMENTS, *COPIES, "Const", "NoOp")


def draw_in_every_turn(sources):
    """Let loops make the draws of their bodies in every turn; `sources` answers all random operations so far."""
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import control_flow_ops

    make = control_flow_ops._NextIteration

    def next_iteration(data, name=None):
        graph = ops.get_default_graph()
        context = graph._get_control_flow_context()
        inside = [op for op in sources() if op.graph is graph and op._get_control_flow_context() is context]
        with ops.control_dependencies(inside):
            return make(data, name)

    control_flow_ops._NextIteration = next_iteration


class Companions:
    """Finds such draws.

    Args:
        relative: answers the path of one of the program's own files within it, and None for another file.
    """

    def __init__(self, relative):
        self.relative = relative
        self.stacks, self.found = {}, {}

    def of(self, graph, sources, operations, fed):
        """The tensors of draws that belong to a run of these operations, though it doesn't need them."""
        spare = [op for op in sources if op.graph is graph and op not in operations]
        if not spare:
            return []
        everything = graph.get_operations()
        places = {op: place for place, op in enumerate(everything)}
        return [
            op.outputs[0]
            for op in spare
            if is_fetchable(op.outputs[0])
            and any(other in operations for other in self._statement(op, everything, places))
            and not any(_is_input(other) for other in needed([op], fed))
        ]

    def _statement(self, op, everything, places):
        """The operations that the same statement has made along with a draw; none for an initial value."""
        if op not in self.found:
            stack, found = self._stack(op), []
            for step in (-1, 1):
                place = places[op] + step
                while 0 <= place < len(everything) and self._stack(everything[place]) == stack:
                    found.append(everything[place])
                    place += step
            initial = not stack or _is_assigned(op)
            self.found[op] = [] if initial else [other for other in found if other.type not in IGNORED]
        return self.found[op]

    def _stack(self, op):
        """The program's own lines that led to an operation."""
        if op not in self.stacks:
            frames = [(entry[0], entry[1]) for entry in op.traceback or ()]
            self.stacks[op] = [frame for frame in frames if self.relative(frame[0]) is not None]
        return self.stacks[op]


def _is_input(op):
    return op.type.startswith("Placeholder")


def _is_assigned(op):
    """Whether a value ends up in a variable."""
    seen, todo = set(), [op]
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        if current.type in ASSIGNMENTS:
            return True
        todo.extend(consumer for output in current.outputs for consumer in output.consumers())
    return False
