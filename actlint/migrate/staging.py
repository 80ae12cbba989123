"""Two stages of one body: the constructor makes the weights, the forward pass computes. Loops and branches stay."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.bodies import name_of
from actlint.migrate.expression import Rewriter
from actlint.migrate.headers import header
from actlint.migrate.names import attribute_name, snake
from actlint.migrate.parts import Branch, Loop, Part, Reader, Step, leaves, names_read, steps_in
from actlint.migrate.sites import Site
from actlint.migrate.sizes import Sizes, Track
from actlint.migrate.source import code, walk
from actlint.migrate.statements import replaced_targets, statement
from actlint.program.calls import OF_LAYER, assigned_names

if TYPE_CHECKING:
    from actlint.migrate.builders import Builder
    from actlint.migrate.emit import Emitter

Statements = list[cst.BaseStatement]
SHORT = {"dense": "dense", "conv2d": "conv", "conv2d_transpose": "deconv", "batch_normalization": "norm"}


class Staging:
    """The statements of a builder, or of one compound statement of the building scope, for both stages."""

    def __init__(
        self,
        emitter: Emitter,
        owner: Builder | None,
        nodes: cst.CSTNode,
        free: Callable[[str, cst.BaseExpression | None], str],
        earlier: list[Site] | None = None,
        tracks: list[Track] | None = None,
    ) -> None:
        self.emitter, self.owner, self.free = emitter, owner, free
        self.prefix = "self." if owner is not None else ""
        self.parts = Reader(emitter, owner).block(nodes)
        self.steps = list(steps_in(self.parts))
        self.earlier = earlier if earlier is not None else []
        self.renames: dict[str, str] = {}
        """Names of the body that are attributes in the forward pass, beside weights."""
        self.variables: dict[Site, str] = {}
        """The names that stand for one object of a list, inside a loop."""
        self.iterators: dict[Site, str] = {}
        self.containers: dict[str, str] = {}
        self._weights: dict[str, str] = {}
        self._collected: set[Step] = set()
        self._present: set[Site] = set()
        """Sites whose list the program makes in a statement of its own."""
        self.sizes = Sizes(self, tracks if tracks is not None else [])

    # -- names of objects

    def name_sites(self) -> None:
        """One attribute per object, or per list of objects, named after what it computes."""
        self._collect()
        for step in self.steps:
            if step.kind == "weight" and step not in self._collected and step.sites and not step.sites[0].name:
                (site,) = step.sites
                site.name = self.free(_plural(step.name) if site.listed else step.name, None)
            elif step.kind == "weight" and not step.sites:
                self.containers[step.name] = self.free(step.name, None)
            elif step.kind in ("forward", "return"):
                for site in step.sites:
                    self.emitter.sites.share(site, self.earlier)
                    if site.shares is None and site.kind != "weight":
                        self.earlier.append(site)
                    if site.shares is None:
                        site.name = self.free(
                            self._object_name(site, step), _binds(step) if site.kind == "layer" else None
                        )
        for site in (site for step in self.steps for site in step.sites):
            self._apply(site, self.reference(site))

    def _object_name(self, site: Site, step: Step) -> str:
        assert isinstance(site.node, cst.Call)
        called = code(site.node.func).rpartition(".")[2]
        if site.kind == "weight":
            return _plural("weight") if site.listed else "weight"
        target = _binds(step)
        name = name_of(target) if target is not None else ""
        builder = self.emitter.builder(site.node)
        if builder is not None:
            base, told = snake(builder.name), self._usable(builder.scope_of(site.node))
            if site.listed:
                return _plural(base if self.owner is None or self._is_chained(site, name) else step.name or base)
            if self.owner is not None:
                return told or step.name or base
            return told if told and self.is_free(told) else f"{name}_{base}" if name and builder.is_several else base
        if site.listed:
            return f"{name or 'hidden'}_layers"
        layers = self.emitter.program.layers
        own = self._own_name(site)
        if own and (self.owner is not None or self.is_free(own)):
            return own
        kind = "norm" if any(layer.node is site.node and layer.entry.applied for layer in layers) else "layer"
        return f"{name or ('hidden' if self.owner is None else called)}_{kind}"

    def _is_chained(self, site: Site, name: str) -> bool:
        """Whether a call takes what its result replaces, as `h = conv(h)` does."""
        return any(read.value == name for arg in site.node.args for read in names_read(arg.value))

    def _own_name(self, site: Site) -> str:
        """The name that the program gives a layer."""
        layers = [layer for layer in self.emitter.program.layers if layer.node is site.node]
        names = {layer.call.const(layer.entry.label) for layer in layers}
        if any(isinstance(name, str) and name.startswith(OF_LAYER) for name in names):
            scopes = {layer.variables[0].name.split("/")[-3] for layer in layers}
            made = {layer.call.nodes[layer.entry.input] for layer in layers}
            inner = {o.call.const(o.entry.label) for o in self.emitter.program.layers if o.node in made}
            names = {f"{scopes.pop()}_norm"} if len(scopes) == 1 and None not in inner else {"norm"}
        return self._usable(attribute_name(names.pop())) if len(names) == 1 else ""

    def _usable(self, name: str) -> str:
        """A name that an attribute of a module can have; empty where it can't."""
        target = self.emitter.target
        return "" if name in target.members or name in target.reserved or hasattr(builtins, name) else name

    def is_free(self, name: str) -> bool:
        """Whether a name means nothing yet where objects of the building scope are kept."""
        home = self.emitter.home
        if not home.is_class:
            return name not in self.emitter.names.taken
        return name not in home.names.taken and name not in self.emitter.inherited(home)

    def _collect(self) -> None:
        """Variables made in a loop that only fill a list of the user's are kept in that list."""
        for step in self.steps:
            small = step.small
            if step.kind != "grow" or not isinstance(small, cst.Expr) or not step.loops:
                continue
            call = small.value
            if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or len(call.args) != 1:
                continue
            name, element = call.func.value, call.args[0].value
            if not isinstance(name, cst.Name) or not isinstance(element, cst.Name) or call.func.attr.value != "append":
                continue
            maker = [s for s in self.steps if s.kind == "weight" and s.name == element.value and s.loops == step.loops]
            starts = [s for s in self.steps if s.kind == "weight" and not s.sites and s.name == name.value]
            grows = [s for s in self.steps if s.kind == "grow" and s is not step and _root_name(s) == name.value]
            if len(maker) == 1 and len(starts) == 1 and not grows and maker[0].sites[0].listed:
                maker[0].sites[0].name = self.containers[name.value] = self.free(name.value, None)
                self._collected |= {step, starts[0]}
            elif len(maker) == 1 and self.owner is None and not grows and maker[0].sites[0].listed:
                maker[0].sites[0].name = name.value
                self._collected.add(step)
                self._present.add(maker[0].sites[0])

    def reference(self, site: Site) -> str:
        """The object in the forward pass, outside of loops."""
        return self.prefix + site.origin.name

    def _apply(self, site: Site, text: str) -> None:
        if site.kind == "weight":
            self.emitter.surroundings.hoisted[site.node] = text
        else:
            self.emitter.surroundings.applied[site.node] = text  # type: ignore[index]

    def assignments(self, name: str, node: cst.CSTNode) -> int | None:
        """How many assignments to a name the forward pass has in front of the one of this value; None in a loop."""
        count = 0
        for step in self.steps:
            if step.kind != "forward" or name not in assigned_names(step.node):
                continue
            if any(part is node for part in walk(step.node)):
                return None if step.loops else count
            count += 1
        return None

    # -- reading

    @cached_property
    def tensor_names(self) -> set[str]:
        """The names that this body's statements give to tensors."""
        return {name for step in self.steps if step.kind == "forward" for name in assigned_names(step.node)}

    @cached_property
    def rebound(self) -> set[str]:
        """Names that don't mean the same everywhere in the body."""
        bound: list[str] = list(self.owner.parameter_names) if self.owner is not None else []
        loops = {loop for step in self.steps for loop in step.loops}
        bound += [name for loop in loops for name in assigned_names(loop.with_changes(body=cst.IndentedBlock([])))]
        bound += [name for step in self.steps if step.kind == "host" for name in assigned_names(step.node)]
        return {name for name in bound if bound.count(name) > 1}

    def read_forward(self) -> set[str]:
        """The names of Python values that the forward pass reads."""
        return {name.value for part in self.forward() for name in names_read(part)}

    def rewriter(self, forward: bool) -> Rewriter:
        own = {name: self.prefix + held for name, held in self.containers.items()} if self.prefix else {}
        return Rewriter(
            self.emitter.surroundings, {**own, **self._weights, **(self.renames if forward else {})}, hoisting=forward
        )

    # -- the constructor

    @cached_property
    def made(self) -> Statements:
        """The constructor of a body of the building scope."""
        return self.constructor()

    def constructor(self) -> Statements:
        """The statements that make the weights."""
        self._weights = {}
        self.sizes.start()
        return self._construct(self.parts)

    def _construct(self, parts: list[Part]) -> Statements:
        made: Statements = []
        for place, part in enumerate(parts):
            if isinstance(part, Step):
                made += self._construct_step(part)
            elif isinstance(part, Loop):
                made += self._construct_loop(part)
            elif not part.orelse and leaves(part.body):
                made += self._construct_branch(part, parts[place + 1 :])
                break
            else:
                made += self._construct_branch(part, part.orelse)
        return made

    def _construct_branch(self, part: Branch, orelse: list[Part]) -> Statements:
        body, rest = self._construct(part.body), self._construct(orelse)
        if not body:
            if not rest or orelse is not part.orelse:
                return rest
            return [_if(f"not ({code(part.node.test.visit(self.rewriter(False)))})", rest, [])]  # type: ignore[union-attr]
        return [_if(code(part.node.test.visit(self.rewriter(False))), body, rest)]  # type: ignore[union-attr]

    def _construct_loop(self, part: Loop) -> Statements:
        inside = [site for step in steps_in(part.body) for site in step.sites]
        outermost = not any(part.node in step.loops[1:] for step in steps_in(part.body))
        made: Statements = []
        if outermost:
            lists = [site for site in inside if site.listed and site.shares is None and site not in self._present]
            made += [self._list(site) for site in lists]
            for step in steps_in(part.body):
                for site in step.sites:
                    if not site.listed and site.shares is None:
                        made += self._construct_site(step, site)
        body = self._construct(part.body)
        made += self.sizes.before(part.node)
        if not body:
            return made if outermost else []
        used = {name.value for node in body for name in names_read(node)}
        rewritten = part.node.iter.visit(self.rewriter(False))
        target, iterable = header(part.node.target, rewritten, used, [])  # type: ignore[arg-type]
        return [*made, _for(target, iterable, body)]

    def _list(self, site: Site) -> cst.BaseStatement:
        return statement(f"{self.prefix}{site.name} = {self.emitter.target.object_list(site)}")

    def _construct_step(self, step: Step) -> Statements:
        if step in self._collected:
            return []
        if step.kind == "host":
            return [step.node.visit(self.rewriter(False))] if self._wanted(step) else []  # type: ignore[list-item]
        if step.kind == "shape":
            return self.sizes.statement(step)
        if step.kind == "grow":
            return [step.node.visit(self.rewriter(False))]  # type: ignore[list-item]
        if step.kind == "weight" and not step.sites:
            made = self.emitter.target.container(step.small.value)  # type: ignore[union-attr]
            self._weights[step.name] = f"{self.prefix}{self.containers[step.name]}"
            return [statement(f"{self._weights[step.name]} = {made}")]
        made: Statements = []
        for site in step.sites:
            if site.shares is None and (site.listed or not step.loops):
                made += self._construct_site(step, site)
        return made + self.sizes.after(step)

    def _wanted(self, step: Step) -> bool:
        """Whether the constructor runs a statement of plain Python: in a loop, only what it reads itself."""
        if not step.loops:
            return step not in self.late
        return bool(assigned_names(step.node) & self._read_by_constructor())

    late: frozenset[Step] = frozenset()
    """Statements of plain Python that belong to the forward pass."""

    def _read_by_constructor(self) -> set[str]:
        found: set[str] = set()
        for step in self.steps:
            if step.kind == "weight":
                found |= {name.value for name in names_read(step.node)}
            for site in step.sites if step.kind != "weight" else ():
                found |= {name.value for name in names_read(site.node)}
        for step in reversed(self.steps):
            if step.kind == "host" and assigned_names(step.node) & found:
                found |= {name.value for name in names_read(step.node)}
        return found

    def _construct_site(self, step: Step, site: Site) -> Statements:
        attribute = f"{self.prefix}{site.name}"
        if site.kind != "weight":
            text = self.emitter.construct(site.node, self, step)  # type: ignore[arg-type]
            return [statement(f"{attribute}.append({text})" if site.listed else f"{attribute} = {text}")]
        self.emitter.cells.within(site.node, self.sizes, step)
        if step.kind != "weight":
            self.sizes.within(site.node, step)
            text = code(site.node.visit(self.rewriter(False)))  # type: ignore[arg-type]
            return [statement(f"{attribute}.append({text})" if site.listed else f"{attribute} = {text}")]
        self.sizes.within(step.small.value, step)  # type: ignore[union-attr]
        rewritten = step.node.visit(self.rewriter(False))
        assert isinstance(rewritten, cst.SimpleStatementLine)
        value = self.emitter.target.kept(rewritten.body[0].value, site)  # type: ignore[attr-defined,arg-type]
        if site.listed:
            line = statement(f"{attribute}.append({code(value)})")
            return [line.with_changes(leading_lines=_comments(step.node))]  # type: ignore[call-arg]
        self._weights[step.name] = attribute
        rewritten = rewritten.with_changes(body=[rewritten.body[0].with_changes(value=value)])  # type: ignore[call-arg]
        return [replaced_targets(rewritten, {step.name: attribute})]

    # -- the forward pass

    def forward(self) -> Statements:
        """The statements that compute."""
        self._weights = {}
        return self._compute(self.parts)

    def _compute(self, parts: list[Part]) -> Statements:
        return [node for part in parts for node in self._compute_part(part)]

    def _compute_part(self, part: Part) -> Statements:
        if isinstance(part, Step):
            return self._compute_step(part)
        if isinstance(part, Loop):
            return self._compute_loop(part)
        body, rest = self._compute(part.body), self._compute(part.orelse)
        test = part.node.test.visit(self.rewriter(True))
        if not body and not rest:
            return []
        if not body:
            return [_if(f"not ({code(test)})", rest, [])]  # type: ignore[arg-type]
        made = part.node.with_changes(test=test, body=cst.IndentedBlock(body))
        orelse: cst.If | cst.Else | None = cst.Else(cst.IndentedBlock(rest)) if rest else None
        if len(rest) == 1 and isinstance(rest[0], cst.If) and isinstance(part.node.orelse, cst.If):
            orelse = rest[0].with_changes(leading_lines=[])
        return [made.with_changes(orelse=orelse)]

    def _compute_step(self, step: Step) -> Statements:
        if step.kind == "weight" and step not in self._collected:
            self._weights[step.name] = (
                f"{self.prefix}{self.containers[step.name]}" if not step.sites else self.prefix + step.sites[0].name
            )
            if step.sites and step.sites[0].listed:
                self._weights.pop(step.name)
                if step.sites[0] in self.iterators:
                    return [statement(f"{step.name} = next({self.iterators[step.sites[0]]})")]
        if step.kind == "host":
            late = step in self.late or step.loops and self._read_later(step)
            return [step.node.visit(self.rewriter(True))] if late else []  # type: ignore[list-item]
        if step.kind == "return":
            returned = self.owner.returned(step, self.rewriter(True)) if self.owner is not None else step.node
            return [returned] if returned is not None else []
        if step.kind == "forward" or step.kind == "shape" and self.sizes.computes(step):
            rewritten = step.node.visit(self.rewriter(True))
            for name in assigned_names(step.node):
                self._weights.pop(name, None)
            return [rewritten] if isinstance(rewritten, cst.BaseStatement) else []
        return []

    def _read_later(self, step: Step) -> bool:
        """Whether the forward pass reads what a statement of plain Python inside a loop makes."""
        bound = assigned_names(step.node)
        for other in self.steps:
            if other is step or other.kind not in ("forward", "return"):
                continue
            inside = {id(part) for site in other.sites for part in self._constructed(site)}
            if any(name.value in bound and id(name) not in inside for name in names_read(other.node)):
                return True
        return False

    def _constructed(self, site: Site) -> Iterable[cst.CSTNode]:
        """The parts of an object's call that go to its constructor."""
        if site.kind == "weight":
            yield from walk(site.node)
            return
        assert isinstance(site.node, cst.Call)
        for argument in site.node.args:
            if not self.emitter.is_forward_argument(site.node, argument):
                yield from walk(argument)

    def _compute_loop(self, part: Loop) -> Statements:
        direct = [site for step in part.body if isinstance(step, Step) for site in step.sites if site.origin.listed]
        nested = [s for step in steps_in(part.body) for s in step.sites if s.origin.listed and s not in direct]
        outermost = not any(part.node in step.loops[1:] for step in steps_in(part.body))
        made: Statements = []
        if outermost:
            for site in nested:
                if site not in self.iterators:
                    free = site.origin.name if self.owner is not None else self.emitter.names.fresh(f"next_{site.name}")
                    self.iterators[site] = free
                made.append(statement(f"{self.iterators[site]} = iter({self.reference(site)})"))
                self._apply(site, f"next({self.iterators[site]})")
            extra = [(self._variable(site, direct), self.reference(site)) for site in direct]
        else:
            extra = []
        body = self._compute(part.body)
        if not body:
            return []
        used = {name.value for node in body for name in names_read(node)}
        rewritten = part.node.iter.visit(self.rewriter(True))
        target, iterable = header(part.node.target, rewritten, used, extra)  # type: ignore[arg-type]
        loop = _for(target, iterable, body)
        return [*made, loop.with_changes(leading_lines=part.node.leading_lines)]  # type: ignore[call-arg]

    def _variable(self, site: Site, beside: list[Site]) -> str:
        """The name of one object of a list inside a loop."""
        if site not in self.variables:
            step = next(step for step in self.steps if site in step.sites)
            if step.kind == "weight":
                self.variables[site] = step.name
            else:
                assert isinstance(site.node, cst.Call)
                builder = self.emitter.builder(site.node) if site.kind == "builder" else None
                called = code(site.node.func).rpartition(".")[2]
                word = snake(builder.name) if builder is not None else SHORT.get(called, called)
                if builder is None and len(beside) == 1:
                    word = "layer"
                if site.kind == "weight":
                    word = "weight"
                self.variables[site] = self.local(word)
        if site.kind != "weight" or next(s for s in self.steps if site in s.sites).kind != "weight":
            self._apply(site, self.variables[site])
        return self.variables[site]

    def local(self, word: str) -> str:
        """A name that nothing else in the body has."""
        if self.owner is None:
            return self.emitter.names.fresh(word)
        taken = {name.value for step in self.steps for name in names_read(step.node)} | set(self.variables.values())
        taken -= {builder.node.name.value for builder in self.emitter.builders.values()}
        taken |= self.owner.parameter_names
        return next(name for name in (word, *(f"{word}_{i}" for i in range(2, 99))) if name not in taken)


def _binds(step: Step) -> cst.BaseExpression | None:
    """The first target of an assignment."""
    return step.small.targets[0].target if isinstance(step.small, cst.Assign) else None


def _plural(name: str) -> str:
    return name if name.endswith("s") else name + "s"


def _root_name(step: Step) -> str:
    small = step.small
    node: cst.CSTNode | None = None
    if (
        isinstance(small, cst.Expr)
        and isinstance(small.value, cst.Call)
        and isinstance(small.value.func, cst.Attribute)
    ):
        node = small.value.func.value
    elif isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Subscript):
        node = small.targets[0].target.value
    return node.value if isinstance(node, cst.Name) else ""


def _comments(node: cst.CSTNode) -> list[cst.EmptyLine]:
    return [line for line in getattr(node, "leading_lines", ()) if line.comment is not None]


def _if(test: str, body: Statements, orelse: Statements) -> cst.If:
    made = cst.ensure_type(cst.parse_statement(f"if {test}:\n    pass\n"), cst.If)
    other = cst.Else(cst.IndentedBlock(orelse)) if orelse else None
    return made.with_changes(body=cst.IndentedBlock(body), orelse=other)


def _for(target: str, iterable: str, body: Statements) -> cst.For:
    made = cst.ensure_type(cst.parse_statement(f"for {target} in {iterable}:\n    pass\n"), cst.For)
    return made.with_changes(body=cst.IndentedBlock(body))
