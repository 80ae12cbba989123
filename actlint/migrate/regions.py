"""Regions: which forward items form one function, and what each function takes and returns."""

from __future__ import annotations

import libcst as cst

from actlint.migrate.bodies import Home, name_of
from actlint.migrate.callables import Call, Region, effect_word, shape_of, word
from actlint.migrate.flow import Flow, Item, Leaf, Parameter
from actlint.migrate.names import Names, training_word
from actlint.migrate.refusals import Reason
from actlint.migrate.source import walk
from actlint.migrate.steps import Stage, Steps
from actlint.migrate.twins import Alike
from actlint.program.model import uses_weights
from actlint.program.values import Run, Tensor, Training, Value, Variable, tensors_in

LONGEST = 40
"""The length of a name that is put together from those of results."""
_HINTS = (("enc", "encode"), ("dec", "decode"), ("gen", "generate"), ("disc", "discriminate"))


class Regions:
    """The functions of the rewritten program."""

    def __init__(self, flow: Flow, names: Names) -> None:
        self.flow = flow
        self.names = names
        self.building = flow.building
        self.program = flow.program
        self.alike = Alike(self.building)
        self.calls: list[Call] = []
        self.region_of: dict[Item, Region] = {}
        self.regions: list[Region] = []
        self.read: set[Item] = set()
        self.steps = Steps(flow)
        self._needed()
        self._available()
        self._group()
        self._calls()
        self._name_regions()
        self._widen()

    def _widen(self) -> None:
        """A callable that uses a region's function needs all that the function takes, also for what it doesn't
        return."""
        for call in self.calls:
            fed = {p.name for p in call.parameters if not p.placeholder}
            deep = [r for r in self.regions if r.name and r.inner != set(r.items) and set(r.items) & call.items]
            within = {item for region in deep for item in region.inner}
            direct = call.items - within
            while True:
                used = [r for r in self.regions if r.name and set(r.items) & direct]
                more = {
                    item for region in used for item in self.closure({f"{i.order}": i for i in region.items}, fed)
                } - within
                if more <= direct:
                    break
                direct |= more
            call.items = direct | within
            names = {name for item in call.items for name, d in item.uses.items() if isinstance(d, Parameter)}
            present = {p.name for p in call.parameters}
            for parameter in dict.fromkeys(self.flow.parameters.values()):
                if parameter.name in names - present and parameter.placeholder:
                    if all(parameter.name in self.flow.feeds[run] for run in call.runs):
                        call.parameters.append(parameter)
            call.parameters.sort(key=lambda p: (p.unit.order, p.tensor.op.index))
            missing = sorted(names - {p.name for p in call.parameters})
            if missing:
                self.flow.reasons.append(
                    self.building.reason(
                        "REF110",
                        call.runs[0].node,
                        f"the run doesn't feed {', '.join(missing)}, which the function that computes what it fetches"
                        " takes",
                        "Compute what needs the other inputs in a function of its own, or feed them here too.",
                    )
                )

    def trainings(self, run: Run) -> list[Training]:
        """The training operations that a run executes, in the order in which they were made."""
        return sorted(run.trained, key=lambda training: training.index)

    # -- what each run needs

    def closure(self, start: dict[str, Item | Parameter], fed: set[str]) -> set[Item]:
        """The items that compute these names, when `fed` are given."""
        found: set[Item] = set()
        todo = [d for name, d in start.items() if not (name in fed and self._cut(name, d))]
        while todo:
            item = todo.pop()
            if isinstance(item, Parameter) or item in found:
                continue
            found.add(item)
            todo.extend(d for name, d in item.uses.items() if not (name in fed and self._cut(name, d)))
        return found

    def _cut(self, name: str, definition: Item | Parameter) -> bool:
        return isinstance(definition, Parameter) or any(
            p.name == name and p.unit is definition.unit for p in self.flow.parameters.values()
        )

    def _starts(self, run: Run) -> dict[str, Item | Parameter]:
        starts: dict[str, Item | Parameter] = {}
        for leaf in self.flow.leaves[run]:
            starts.update(leaf.uses)
        for training in self.trainings(run):
            starts.update(self.steps.uses(training))
            starts.update(self.flow.awaited([training]))
        return starts

    def _needed(self) -> None:
        self.items_of: dict[Run, set[Item]] = {}
        for run in self.flow.leaves:
            self.items_of[run] = self.closure(self._starts(run), set(self.flow.feeds[run]))
            for item in self.items_of[run]:
                item.runs.add(run)
        self.items = [item for item in self.flow.items.values() if item.runs]

    def _available(self) -> None:
        """For each item, the runs that feed all that it depends on."""
        everyone = {run.index: run for run in self.flow.leaves}

        def of(name: str, definition: Item | Parameter) -> set[int]:
            fed = {
                run.index for run in everyone.values() if name in self.flow.feeds[run] and self._cut(name, definition)
            }
            return (
                fed
                if isinstance(definition, Parameter) and definition.placeholder
                else fed | (set(definition.available) if isinstance(definition, Item) else set())
            )

        for item in self.items:
            found = set(everyone)
            for name, definition in item.uses.items():
                found &= of(name, definition)
            item.available = frozenset(found)
        losses = {op for training in self.program.trainings for op in self.program.ancestors(tensors_in(training.loss))}
        modelled = {
            name
            for item in self.items
            if _applies_weights(item)
            for name, d in item.uses.items()
            if isinstance(d, Parameter)
        }
        for item in self.items:
            ops = [op for op in item.unit.ops if self.building.forward(op)]
            deep = any(
                op in self.program.hidden or uses_weights(op) and any(not isinstance(t, Variable) for t in op.inputs)
                for op in ops
            )
            scalar = any(isinstance(v, Tensor) and v.shape == () for v in item.defs.values())
            inputs = list(item.uses.values())
            judges = (
                scalar
                or any(_reduces(op) for op in ops)
                or any(self.flow.collected.reads(part) for part in walk(item.unit.node))
                or any(isinstance(d, Item) and d.head for d in inputs)
                or any(isinstance(d, Parameter) and d.name not in modelled for d in inputs)
            )
            item.head = (
                self.steps.stage(item) is Stage.FORWARD
                and not deep
                and not any(other.updates for other in self.steps.closure({"": item}))
                and judges
                and (scalar or any(op in losses for op in ops))
                and not _feeds_model(item, self.items, self.program)
            )
        for item in self.items:
            item.head = item.head or any(other.head for other in self._same(item))

    def _same(self, item: Item) -> list[Item]:
        """The items of all objects of one class that are the same one in the file."""
        found = [self.flow.items.get(unit) for unit in self.alike.units(item.unit)]
        return [other for other in found if other is not None and other.runs]

    def _images(self, items: set[Item]) -> list[set[Item]]:
        """Items of one object, and the same ones of each other object."""
        found: dict[Home, set[Item]] = {}
        for item in items:
            for other in self._same(item):
                found.setdefault(other.unit.home, set()).add(other)
        return list(found.values())

    def _group(self) -> None:
        groups: dict[tuple, list[Item]] = {}
        heads = {run.index for item in self.items if item.head for run in item.runs}
        replaced = {p.unit for run in self.flow.leaves for p in self._fed_inner(run)}
        keys: dict[Item, tuple] = {}
        for item in self.items:
            runs = item.available & heads if item.head else item.available
            keys[item] = (
                self.steps.stage(item),
                frozenset(runs),
                frozenset(r.index for r in item.runs) if item.random else None,
                item.order if item.updates else -1,
                self._epoch(item),
                self._draws(item),
                item.order if item.unit in replaced else None,
            )
        for item in self.items:
            key = (item.unit.home, item.head, *(keys[other] for other in self._same(item)))
            groups.setdefault(key, []).append(item)
        inputs = {run: self._inputs(items) for run, items in self.items_of.items()}
        users: dict[Item, set[int]] = {item: {run.index for run in item.runs} for item in self.items}
        for group in groups.values():
            runs = {run.index for item in group for run in item.runs}
            for needed in {d for item in group for d in item.uses.values() if isinstance(d, Item) and d not in group}:
                users.setdefault(needed, set()).update(runs)
        self.regions = [
            Region(items, key[1], home=key[0])
            for key, group in groups.items()
            for fitting in self._fitting(group, inputs)
            for items in self._apart(fitting, users)
        ]
        self._split_cycles()
        for region in self.regions:
            for item in region.items:
                self.region_of[item] = region

    def _inputs(self, items: set[Item]) -> set[Parameter]:
        return {d for item in items for d in item.uses.values() if isinstance(d, Parameter)}

    def _fitting(self, group: list[Item], inputs: dict[Run, set[Parameter]]) -> list[list[Item]]:
        """Parts of a group in which no run has to compute something from inputs that it doesn't need otherwise."""
        parts: list[list[Item]] = []
        for item in group:
            for part in parts:
                if all(self._fits(joined, inputs) for joined in self._images({*part, item})):
                    part.append(item)
                    break
            else:
                parts.append([item])
        return parts

    def _apart(self, items: list[Item], users: dict[Item, set[int]]) -> list[list[Item]]:
        """Parts that apply weights, don't need each other, and are needed by different runs: no run has to compute
        all of them for the sake of one. `users` are the runs of all that is grouped with what needs an item."""
        if any(len(self._same(item)) > 1 for item in items):
            return [items]
        part_of: dict[Item, list[Item]] = {}
        for item in items:
            joined = [item]
            for needed in item.uses.values():
                if isinstance(needed, Item) and needed in part_of and part_of[needed] is not joined:
                    joined = [*part_of[needed], *joined]
            for member in joined:
                part_of[member] = joined
        parts = [list(part) for part in {id(part): part for part in part_of.values()}.values()]
        needing = {frozenset(index for item in part for index in users.get(item, ())) for part in parts}
        if len(needing) == 1 or not all(any(_applies_weights(item) for item in part) for part in parts):
            return [items]
        return [sorted(part, key=lambda item: item.order) for part in parts]

    def _fits(self, joined: set[Item], inputs: dict[Run, set[Parameter]]) -> bool:
        needs = self._inputs(self.closure({str(i.order): i for i in joined}, set()))
        runs = {run for item in joined for run in item.runs}
        fed = {p for run in runs for p in self._fed_inner(run)}
        return bool(fed) or all(needs <= inputs[run] for run in runs)

    def _fed_inner(self, run: Run) -> set[Parameter]:
        return {p for p, _ in self.flow.feeds[run].values() if not p.placeholder}

    def _draws(self, item: Item) -> frozenset[int]:
        """The random draws that an item depends on: what needs them is kept apart from what doesn't."""
        return frozenset(i.order for i in self.closure(item.uses, set()) if i.random)

    def _epoch(self, item: Item) -> int:
        """How many statements that run the session stand before an item: later items can't be part of what runs
        earlier."""
        return sum(1 for unit in self.building.units if unit.runs and unit.kind == "host" and unit.order < item.order)

    def _split_cycles(self) -> None:
        """Regions that depend on each other both ways are cut at the place where the other one comes in between."""
        changed = True
        while changed:
            changed = False
            place = {item: region for region in self.regions for item in region.items}
            for region in list(self.regions):
                outside: set[Item] = set()
                kept: list[Item] = []
                for item in region.items:
                    inputs = [d for d in item.uses.values() if isinstance(d, Item)]
                    if any(
                        place.get(d) is not region and d in place and self._reaches(d, region, place) or d in outside
                        for d in inputs
                    ):
                        outside.add(item)
                    else:
                        kept.append(item)
                if outside and kept:
                    region.items = kept
                    self.regions.append(Region([i for i in self.items if i in outside], region.head, home=region.home))
                    changed = True
                    break
        self.regions.sort(key=lambda region: region.items[0].order)

    def _reaches(self, item: Item, region: Region, place: dict[Item, Region]) -> bool:
        """Whether an item depends on a region."""
        seen: set[Item] = set()
        todo = [item]
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            if place.get(current) is region:
                return True
            todo.extend(d for d in current.uses.values() if isinstance(d, Item))
        return False

    # -- callables

    def _calls(self) -> None:
        by_key: dict[tuple, Call] = {}
        for run, leaves in self.flow.leaves.items():
            trainings = self.trainings(run)
            used = self._used_parameters(run)
            unpacked = run in self.flow.fed.unpacked
            wanted = [
                p
                for p, node in self.flow.feeds[run].values()
                if p.name in used
                or unpacked
                or node is not None
                and any(isinstance(part, cst.Call) for part in walk(node))
            ]
            self._check_optional(run, [p for p in wanted if p.name not in used or not p.placeholder])
            wanted.sort(key=lambda p: p.unit.order * 1000 + p.tensor.op.index)
            key = (
                shape_of(run.fetches),
                tuple(self._leaf_key(leaf) for leaf in leaves),
                tuple(p.name for p in wanted),
                tuple(t.index for t in trainings),
            )
            if key in by_key:
                by_key[key].runs.append(run)
                continue
            items = self.items_of[run]
            order = max(
                [item.order for item in items]
                + [self.building.unit_of[t.node].order for t in trainings]
                + [p.unit.order for p in wanted]
                + [-1]
            )
            home = self._home(run, items, trainings, wanted)
            call = Call(
                self._call_name(leaves, trainings, home, self._call_key(run, leaves, wanted, trainings)),
                [run],
                leaves,
                wanted,
                items,
                trainings,
                order,
                home,
            )
            by_key[key] = call
            self.calls.append(call)
            self.flow.reasons += self.steps.races(run, trainings)

    def _call_key(
        self, run: Run, leaves: list[Leaf], wanted: list[Parameter], trainings: list[Training]
    ) -> tuple[object, ...]:
        """What a callable has in common with those of other objects of its class."""
        values = [leaf.value for leaf in leaves]
        return (
            shape_of(run.fetches),
            *((self.alike.op(v.op), v.index) if isinstance(v, Tensor) else id(v) for v in values),
            *(self.alike.op(p.tensor.op) for p in wanted),
            *(self.alike.op(t) for t in trainings),
        )

    def _fresh(self, home: Home, wanted: str, key: object) -> str:
        """A free name for a function of a home."""
        return self.alike.fresh(home, wanted, key) if home.is_class else self.names.fresh(wanted)

    def _home(self, run: Run, items: set[Item], trainings: list[Training], wanted: list[Parameter]) -> Home:
        """Where the callable of a run is defined: where the training operation was made, else what is computed last;
        outside of a class of which it needs several objects."""
        homes = list(dict.fromkeys(item.unit.home for item in items))
        several = {home for home in homes for other in self.alike.homes(home) if other is not home and other in homes}
        made = self.building.unit_of[trainings[0].node].home if trainings else None
        if several and (made is None or made in several):
            return self._around(run, several)
        if made is not None:
            return made
        last = max(items, key=lambda item: item.order, default=None)
        if last is not None:
            return last.unit.home
        return wanted[-1].unit.home if wanted else self.building.units[-1].home

    def _around(self, run: Run, inner: set[Home]) -> Home:
        """The innermost home around a run that is none of these."""
        bodies = self.building.bodies
        found = [bodies.home_of(frame.function.bound) for frame in reversed(run.calls)]
        outside = next((home for home in found if home is not None and home not in inner), None)
        return outside or bodies.of_node[self.building.tree.module].home

    def _used_parameters(self, run: Run) -> set[str]:
        names = {name for name, d in self._starts(run).items() if name in self.flow.feeds[run] and self._cut(name, d)}
        for item in self.items_of[run]:
            names |= {name for name, d in item.uses.items() if name in self.flow.feeds[run] and self._cut(name, d)}
        return names

    def _check_optional(self, run: Run, unused: list[Parameter]) -> None:
        """A function can't take what a dict only sometimes holds."""
        for parameter in unused if run in self.flow.fed.unpacked else ():
            if self.flow.fed.optional(run, parameter):
                self.flow.reasons.append(
                    self.building.reason(
                        "REF110",
                        run.node,
                        f"{parameter.name} is fed on a condition, and the run works without it",
                        "Feed it always, or in a run of its own.",
                    )
                )

    def _leaf_key(self, leaf: Leaf) -> tuple:
        op = leaf.value.op if isinstance(leaf.value, Tensor) else None
        if op is not None and op.symbol == "summary.merge":
            return ("summaries", tuple(t.op.index for t in op.inputs))
        return (
            op.index if op is not None else id(leaf.value),
            leaf.value.index if isinstance(leaf.value, Tensor) else 0,
            leaf.unread,
        )

    def _call_name(self, leaves: list[Leaf], trainings: list[Training], home: Home, key: object) -> str:
        if trainings:
            made = {self.alike.op(training) for training in trainings}
            if len(made) == len({self.alike.op(training) for training in self.program.trainings}):
                return self._fresh(home, "train_step", key)
            return self._fresh(home, f"{'_and_'.join(map(self.training_name, trainings))}_step", key)
        effects = {effect_word(leaf) for leaf in leaves}
        if 0 < len(effects) <= 2 and all(effects):
            name = "_and_".join(sorted(effects))
            (home.names if home.is_class else self.names).release(name)
            return self._fresh(home, name, key)
        words = [word(leaf, leaf.node in self.program.bindings) for leaf in leaves if not leaf.trains]
        known = 0 < len(words) <= 2 and all(words)
        return self._fresh(home, "compute_" + "_and_".join(words) if known else "evaluate", key)

    def training_name(self, training: Training) -> str:
        """A short name for a training operation, from the user's."""
        small = self.building.unit_of[training.node].small
        name = name_of(small.targets[0].target) if isinstance(small, cst.Assign) else ""
        return training_word(name) or "train"

    def _name_regions(self) -> None:
        users: dict[Region, set[object]] = {region: set() for region in self.regions}
        for call in self.calls:
            for item in call.items:
                users[self.region_of[item]].add(call)
        for region in self.regions:
            region.inner = set(region.items)
        for region in self.regions:
            self._interface(region)
        self._align_outputs()
        for region in self.regions:
            if len(self._images(set(region.items))) > 1:
                continue
            if region.head and len(region.items) > (2 if len(users[region]) == 1 else 1):
                self._deepen(region, users)
        named: list[Region] = []
        for region in self.regions:
            if self.steps.stage(region.items[0]) is not Stage.FORWARD or self.steps.differentiates(region.items):
                if self._is_used_elsewhere(region, users[region]):
                    self.flow.reasons.append(self._gradients_elsewhere(region))
            elif any(self._has_function(other, users[other]) for other in self._alike(region)):
                named.append(region)
        models = [region for region in named if not region.head]
        self._heads = [region for region in named if region.head and len(region.items) > 1]
        for region in named:
            region.name = self._region_name(region, models)

    def _gradients_elsewhere(self, region: Region) -> Reason:
        return self.building.reason(
            "REF109",
            region.items[0].unit.node,
            "gradients are taken here and used by another function",
            "Take and apply them in one function.",
        )

    def _is_used_elsewhere(self, region: Region, users: set[object]) -> bool:
        return any(self._user_home(user) is not region.home for user in users)

    def _has_function(self, region: Region, users: set[object]) -> bool:
        """Whether a region's statements stand in a function of their own."""
        if self._is_used_elsewhere(region, users):
            return True
        if len(region.items) == 1 and (len(users) < 2 or not region.head or _one_call(region.items[0])):
            return False
        return len(users) > 1 or len(region.items) > (2 if region.head else 1)

    def _alike(self, region: Region) -> list[Region]:
        """The regions of all objects of one class that are the same statements in the file."""
        found = [self.region_of.get(other) for item in region.items for other in self._same(item)]
        return [other for other in dict.fromkeys(found) if other is not None]

    def _align_outputs(self) -> None:
        """What the function of one object's region returns, those of the others return as well."""
        for region in self.regions:
            others = self._alike(region)
            if len(others) < 2:
                continue
            read = {
                (unit, list(item.defs).index(name))
                for other in others
                for name, item in other.sources.items()
                for unit in self.alike.units(item.unit)
            }
            for item in region.items:
                for place, name in enumerate(item.defs):
                    if (item.unit, place) in read and name not in region.outputs:
                        region.outputs.append(name)
                        region.sources[name] = item
            order = {name: place for place, name in enumerate(n for item in region.items for n in item.defs)}
            region.outputs.sort(key=order.__getitem__)

    def _user_home(self, user: object) -> Home | None:
        return user.home if isinstance(user, (Call, Region)) else None

    def _deepen(self, region: Region, users: dict[Region, set[object]]) -> None:
        """Let a loss region compute the forward pass itself, where its users need nothing else of it and feed no
        inner tensor."""
        own = set(region.items)
        closure = self.closure({name: d for item in region.items for name, d in item.uses.items()}, set()) | own
        if any(item.unit.home is not region.home for item in closure):
            return
        calls = [call for call in users[region] if isinstance(call, Call)]
        if len(calls) != len(users[region]):
            return
        needed = {d for item in closure for d in item.uses.values() if isinstance(d, Parameter)}
        inputs = {p.name for p in needed}
        for call in calls:
            if any(not p.placeholder for p in call.parameters) or not inputs <= {p.name for p in call.parameters}:
                return
            outside = [leaf.uses for leaf in call.leaves] + [item.uses for item in call.items - closure]
            outside += [self.steps.uses(training) for training in call.trainings]
            if any(d in closure - own for uses in outside for d in uses.values()):
                return
        region.inner = closure
        region.inputs = [p.name for p in sorted(needed, key=lambda p: (p.unit.order, p.tensor.op.index))]
        for other in self.regions:
            if other is not region and set(other.items) <= closure and users[other] <= set(calls):
                users[other] = {region}
            elif other is not region and set(other.items) & closure:
                users[other] = (users[other] - set(calls)) | {region}

    def _region_name(self, region: Region, models: list[Region]) -> str:
        first = min(self.alike.units(region.items[0].unit), key=lambda unit: unit.order)
        if region.head and len(region.items) == 1:
            word = next(iter(region.items[0].defs), "loss")
            word = self.flow.keys.plain.get(word, word)
            taken = (region.home.names if region.home.is_class else self.names).taken
            known = f"compute_{word}" in taken and not self.alike.knows(region.home, first)
            return self._fresh(region.home, f"{word}_fn" if known else f"compute_{word}", first)
        models = [r for r in models if r is region or r not in self._alike(region)]
        return self._fresh(region.home, self._region_word(region, models), first)

    def _losses_word(self, region: Region) -> str:
        """A name for one of several functions of losses: what it returns, or what it starts from."""
        taken = (region.home.names if region.home.is_class else self.names).taken
        names = [self.flow.keys.plain.get(name, name) for name in region.outputs]
        word = "compute_" + "_and_".join(names)
        if 0 < len(names) < 3 and len(word) <= LONGEST and word not in taken:
            return word
        if len(names) == 1:
            return f"{names[0]}_fn"
        return (
            f"losses_of_{self.flow.keys.plain.get(region.inputs[0], region.inputs[0])}" if region.inputs else "losses"
        )

    def _region_word(self, region: Region, models: list[Region]) -> str:
        if region.head:
            several = [r for r in self._heads if r not in self._alike(region)]
            return self._losses_word(region) if several else "losses"
        if len(models) == 1:
            return "forward"
        words = [word for item in region.items for name in item.defs for word in name.lower().split("_")]
        for start, verb in _HINTS:
            if any(word.startswith(start) for word in words):
                return verb
        return f"forward_{next(iter(region.items[-1].defs), 'pass')}"

    def _interface(self, region: Region) -> None:
        """What a region's function takes, and which of its names are read elsewhere."""
        inside = set(region.items)
        for item in region.items:
            for name, definition in item.uses.items():
                if definition not in inside:
                    if name not in region.inputs:
                        region.inputs.append(name)
        readers = [i.uses for i in self.items if i not in inside] + [
            leaf.uses for call in self.calls for leaf in call.leaves
        ]
        readers += [self.steps.uses(t) for t in self.program.trainings]
        last: dict[str, Item] = {}
        for item in region.items:
            for name in item.defs:
                last[name] = item
        for item in region.items:
            for name in item.defs:
                if any(uses.get(name) is item for uses in readers):
                    if last[name] is not item:
                        self.flow.reasons.append(
                            self.building.reason(
                                "REF103",
                                item.unit.node,
                                f"{name} is rebound later, and its earlier value is read by a run or a loss",
                            )
                        )
                    elif name not in region.outputs:
                        region.outputs.append(name)
                        region.sources[name] = item

    def order_of(self, items: set[Item], inside: Region | None = None) -> list[Item | Region]:
        """Items and calls of named regions, in the order in which a function must evaluate them; `inside` is the
        region being written."""
        found: list[Item | Region] = []
        placed: set[object] = set()
        covered = {
            item
            for region in self.regions
            if region.name and region is not inside and set(region.items) & items
            for item in region.inner - set(region.items)
            if region.inner <= items
        }

        def key(item: Item) -> Item | Region:
            region = self.region_of[item]
            return region if region.name and region is not inside else item

        def place(item: Item) -> None:
            part = key(item)
            if part in placed:
                return
            placed.add(part)
            inner = part.inner if isinstance(part, Region) else {item}
            for member in sorted(inner & items, key=lambda i: i.order):
                for definition in member.uses.values():
                    if isinstance(definition, Item) and definition in items and definition not in inner:
                        place(definition)
            found.append(part)

        for item in sorted(items - covered, key=lambda i: i.order):
            place(item)
        return found


def _feeds_model(item: Item, items: list[Item], program) -> bool:  # noqa: ANN001
    """Whether a later layer reads what the item computes."""
    seen: set[Item] = {item}
    for other in items:
        if any(d in seen for d in other.uses.values()):
            seen.add(other)
            if _applies_weights(other):
                return True
    return False


def _applies_weights(item: Item) -> bool:
    """Whether the item applies a layer to a tensor."""
    return any(uses_weights(op) and any(not isinstance(t, Variable) for t in op.inputs) for op in item.unit.ops)


def _reduces(op) -> bool:  # noqa: ANN001
    """Whether an operation measures something: a reduction or a loss."""
    return op.symbol.startswith(("reduce_", "losses.")) or "cross_entropy" in op.symbol or op.symbol == "nn.l2_loss"


def _one_call(item: Item) -> bool:
    """Whether an item is just one call of a function or object of the user's."""
    small = item.unit.small
    return (
        isinstance(small, cst.Assign) and isinstance(small.value, cst.Call) and isinstance(small.value.func, cst.Name)
    )


__all__ = ["Call", "Region", "Regions", "Value"]
