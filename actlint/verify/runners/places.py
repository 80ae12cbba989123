"""Tells a TF1 program's runs apart without a plan of its source: by line, fetches and feeds."""

from __future__ import annotations

import json
import sys

from .graph_tf import elements, leaves

INTERNAL = ("saver.py", "session_manager.py", "supervisor.py", "queue_runner_impl.py", "basic_session_run_hooks.py")


class Places:
    """Names the run that is being made.

    Args:
        user: the `Program`.
    """

    def __init__(self, user):
        self.relative, self.is_own = user.relative, user.is_own
        self.existing = []

    def frames(self):
        """The program's frames that led here, innermost first; none for a run that the framework makes by itself."""
        frame, out = sys._getframe(1), []
        while frame is not None:
            path = frame.f_code.co_filename
            if self.relative(path) is not None:
                out.append(frame)
            elif not out and path.endswith(INTERNAL):
                return []
            frame = frame.f_back
        return out

    def key(self, frame, graph, fetches, feed_dict):
        """What is the same whenever this run is made again, as text."""
        place = self.relative(frame.f_code.co_filename), frame.f_lineno
        old = self._existing(graph, place)
        fetched = [self._name(e, old) for leaf in leaves(fetches) for e in elements(graph, leaf)]
        fed = [self._name(e, old) for leaf in (feed_dict or {}) for e in elements(graph, leaf)]
        return json.dumps([place[0], place[1], fetched, sorted(fed)])

    def _existing(self, graph, place):
        """The operations that were there when a line made its first run: later ones are made anew each time."""
        for own, at, names in self.existing:
            if own is graph and at == place:
                return names
        names = {op.name for op in graph.get_operations()}
        self.existing.append((graph, place, names))
        return names

    @staticmethod
    def _name(element, old):
        op = element.op if hasattr(element, "op") else element
        return element.name if op.name in old else "new " + op.type
