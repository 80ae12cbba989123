"""The PyTorch emitter: modules, forward hooks for hidden tensors, steps with zero_grad, backward, step."""

from __future__ import annotations

import re

import libcst as cst

from actlint.apis.helpers import Helper
from actlint.apis.infer import INTEGERS
from actlint.migrate.arguments import DTYPES
from actlint.migrate.bodies import Home
from actlint.migrate.builders import Builder
from actlint.migrate.callables import Call, Region
from actlint.migrate.conditional import conditional
from actlint.migrate.expression import Rewriter
from actlint.migrate.filtered import COLLECTIONS
from actlint.migrate.flow import Item, Parameter
from actlint.migrate.parts import Step
from actlint.migrate.repeated import REPEATED, repeated
from actlint.migrate.sites import Site
from actlint.migrate.source import code, parenthesized
from actlint.migrate.standard import standard_imports
from actlint.migrate.statements import function, statement, tidy
from actlint.migrate.summaries import Summaries, is_merged
from actlint.migrate.target import Statements, Target, filled_with, is_framework_import, is_part_import
from actlint.migrate.training import Differentiation, StepWriter
from actlint.migrate.training_torch import BackwardStep, inner_gradient
from actlint.migrate.units import Unit
from actlint.program.binding import BoundCall, dtype_of, is_host, tensor_dtype
from actlint.program.counting import COUNTERS
from actlint.program.model import uses_weights
from actlint.program.moving import is_turned, kept
from actlint.program.values import Cell, Const, Mapping, Op, Sequence, Tensor, Value, Variable

_LAYOUTS = {"same": "{}", "T": "{}.t()", "HWIO": "{}.permute(2, 3, 1, 0)"}


_HELPERS = (
    Helper(
        "to_numpy",
        '''\
def to_numpy(tensor):
    """A copy that later steps don't change; a scalar comes as a NumPy scalar."""
    return tensor.detach().cpu().numpy().copy()[()]
''',
    ),
    Helper(
        "capture",
        '''\
def capture(store, name):
    """A forward hook that keeps a layer's output of the current step in `store`, with its graph."""

    def hook(module, inputs, output):
        store[name] = output

    return hook
''',
    ),
)


def _registered(value: Value | None, kind: type[Value] = Variable) -> bool:
    """Whether a container of variables can be a `ParameterDict` or `ParameterList`, or one of cells a `ModuleList`."""
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and isinstance(v, kind) for k, v in value.items.items())
    return isinstance(value, Sequence) and value.kind == "list" and all(isinstance(v, kind) for v in value.items)


def _holder(values: list[Value | None]) -> str | None:
    """What a class keeps containers of variables, or of recurrent cells, in so that torch finds them."""
    for kind, name in ((Variable, "Parameter"), (Cell, "Module")):
        if values and all(_registered(value, kind) for value in values):
            return f"nn.{name}{'Dict' if isinstance(values[0], Mapping) else 'List'}"
    return None


class Torch(Target):
    """Emits PyTorch. `hidden` says how hidden tensors leave a function: by a forward "hook", or by "return"."""

    name = "torch"
    moves_optimizer = True
    reserved = (
        "forward",
        "train",
        "eval",
        "training",
        "type",
        "float",
        "double",
        "half",
        "parameters",
        "buffers",
        "modules",
        "children",
        "apply",
    )

    members = frozenset("add_module bfloat16 compile cpu cuda state_dict to zero_grad share_memory".split())
    settled = frozenset({"padding", "data_format", "activation", "activation_fn"})

    def __init__(self, hidden: str) -> None:
        super().__init__()
        self.hidden = hidden
        self.traced = False
        """Whether what is written is differentiated."""
        self.stores: dict[Home, str] = {}
        self.hooked: dict[Item, list[str]] = {}

    def helpers(self) -> dict[str, Helper]:
        return {**super().helpers(), **{helper.name: helper for helper in _HELPERS}}

    def clashes(self) -> dict[str, str]:
        building = self.emitter.building
        module = self.emitter.program.trees[self.emitter.home.file].module
        if "torch" in self.emitter.names.taken - self.emitter.surroundings.imported:
            raise self.emitter.refused(
                "REF103",
                module,
                f"line {building.first_line('torch')} uses the name torch for something else",
                "Rename it.",
            )
        return {
            short: full
            for short, full in (("F", "torch.nn.functional"), ("nn", "torch.nn"))
            if short in self.emitter.names.taken
        }

    # -- hooks

    def prepare(self) -> None:
        """Choose the hidden tensors that a hook captures, and place the registration."""
        if self.hidden != "hook":
            return
        self._explain_returns()
        registrations: dict[Home, list[tuple[int, str, str]]] = {}
        for region in self.emitter.regions.regions:
            for item in region.items if region.name else ():
                for name in item.defs:
                    layer = self._layer_of(item, name)
                    if layer is not None and region.sources.get(name) is item:
                        self.hooked.setdefault(item, []).append(name)
                        registrations.setdefault(region.home, []).append((region.order, layer, name))
        for item, layer, name in self._builder_hooks():
            registrations.setdefault(item.unit.home, []).append((item.order, layer, name))
        for home, rows in registrations.items():
            with self.emitter.writing(home):
                self._register(home, rows)

    def _register(self, home: Home, registrations: list[tuple[int, str, str]]) -> None:
        """The store of a home's hooked tensors, and the hooks, behind the layers."""
        self.stores[home] = store = self.emitter.attribute("captured", None, home)
        hooks = self.emitter.attribute("hooks", None, home)
        capture = self.emitter.surroundings.ask_helper("capture")
        rows = [f'{layer}.register_forward_hook({capture}({store}, "{name}"))' for _, layer, name in registrations]
        text = f"{hooks} = [\n" + "".join(f"    {row},\n" for row in rows) + "]"
        place = (
            min(order for order, _, _ in registrations)
            if len(registrations) == 1
            else max(order for order, _, _ in registrations)
        )
        first = statement(f"{store} = {{}}").with_changes(leading_lines=[cst.EmptyLine(indent=False)])  # type: ignore[call-arg]
        self.emitter.before_functions(place, [first, cst.parse_statement(text)])

    def _explain_returns(self) -> None:
        """Say which hidden tensors of a loss no hook can read, because no module produces them."""
        names = {
            value.op: name
            for item in self.emitter.regions.items
            for name, value in item.defs.items()
            if isinstance(value, Tensor)
        }
        hidden = [tensor.op for term in self.emitter.program.loss_terms for tensor in term.hidden]
        returned = dict.fromkeys(names[op] for op in hidden if op in names and op.layer is None)
        if returned:
            self.emitter.notes.append(
                f"{', '.join(returned)}: computed from weights made by hand, so functions return it instead of a hook"
            )

    def _layer_of(self, item: Item, name: str) -> str | None:
        """The layer object whose output a name is, when the item is just its application."""
        small = item.unit.small
        if (
            not isinstance(small, cst.Assign)
            or not isinstance(small.targets[0].target, (cst.Name, cst.Attribute))
            or not isinstance(small.value, cst.Call)
        ):
            return None
        value = item.defs.get(name)
        applied = self.emitter.surroundings.applied.get(small.value)
        if applied is None or small.value in self.emitter.surroundings.builders:
            return None
        return applied if isinstance(value, Tensor) and self._inner(value.op) else None

    def _inner(self, op: Op) -> bool:
        """Whether a layer's output feeds another layer of the same function, and the layer runs once: only then a
        hook reads it."""
        program = self.emitter.program
        if (
            op not in program.hidden
            or op.layer is None
            or sum(other.layer is not None and other.node is op.node for other in program.ops) > 1
        ):
            return False
        depth = self.emitter.building.bodies.depth(op.calls)
        seen, todo = {op}, list(program.consumers.get(op, []))
        while todo:
            consumer = todo.pop()
            if consumer in seen:
                continue
            seen.add(consumer)
            if uses_weights(consumer) and consumer.calls[depth : depth + 1] == op.calls[depth : depth + 1]:
                return True
            todo.extend(program.consumers.get(consumer, []))
        return False

    def _builder_hooks(self) -> list[tuple[Item, str, str]]:
        """Hidden tensors that a builder returned beside its output."""
        found: list[tuple[Item, str, str]] = []
        for item in self.emitter.regions.items:
            small = item.unit.small
            if (
                not isinstance(small, cst.Assign)
                or not isinstance(small.value, cst.Call)
                or not isinstance(small.targets[0].target, cst.Tuple)
            ):
                continue
            builder = self.emitter.surroundings.builders.get(small.value)
            if builder is None or len(self.emitter.program.calls[builder.node]) != 1:
                continue
            returned = builder.returned_node()
            if not isinstance(returned, cst.Tuple) or len(returned.elements) != len(small.targets[0].target.elements):
                continue
            for element, target in zip(returned.elements, small.targets[0].target.elements, strict=False):
                layer = self._builder_layer(builder, element.value)
                if layer is None or not isinstance(target.value, cst.Name) or target.value.value not in item.defs:
                    continue
                name = target.value.value
                assert isinstance(element.value, cst.Name)
                builder.captured[element.value.value] = name
                self.hooked.setdefault(item, []).append(name)
                found.append((item, self.emitter.surroundings.applied[small.value] + layer[4:], name))
            if builder.captured:
                builder.definition = None
                builder.write()
        return found

    def _builder_layer(self, builder: Builder, returned: cst.BaseExpression) -> str | None:
        """The attribute whose output a returned name is."""
        if not isinstance(returned, cst.Name):
            return None
        steps = [s for s in builder.steps if s.kind == "forward" and s.name == returned.value]
        if len(steps) != 1 or steps[0].loops or steps[0].branches:
            return None
        value = steps[0].node.body[0].value  # type: ignore[attr-defined]
        applied = self.emitter.surroundings.applied.get(value)
        tensors = [v for v in self.emitter.program.values(value) if isinstance(v, Tensor)]
        hidden = bool(tensors) and all(self._inner(t.op) for t in tensors)
        return applied if applied is not None and hidden and value not in self.emitter.surroundings.builders else None

    def returned(self, region: Region) -> list[str]:
        hooked = {name for item in region.items for name in self.hooked.get(item, []) if not self._from_builder(item)}
        return [name for name in region.outputs if name not in hooked]

    def _from_builder(self, item: Item) -> bool:
        small = item.unit.small
        return isinstance(small, cst.Assign) and small.value in self.emitter.surroundings.builders

    def captured_outputs(self, region: Region, read: set[str]) -> Statements:
        return [
            statement(f'{name} = {self._stored(region.home)}["{name}"]')
            for item in region.items
            if not self._from_builder(item)
            for name in self.hooked.get(item, [])
            if name in read
        ]

    def captured_after(self, item: Item) -> Statements:
        if not self._from_builder(item):
            return []
        return [statement(f'{name} = {self._stored(item.unit.home)}["{name}"]') for name in self.hooked.get(item, [])]

    def _stored(self, home: Home) -> str:
        """The store of a home's hooked tensors, in the code that is being written."""
        return self.emitter.weights.seen(self.stores[home], home, home.node)

    # -- imports and settings

    def imports(self, node: cst.BaseStatement) -> Statements:
        if not is_framework_import(node):
            return [node]
        if is_part_import(node):
            return []
        assert isinstance(node, cst.SimpleStatementLine)
        small = node.body[0]
        if (
            isinstance(small, cst.ImportFrom)
            and small.module is not None
            and code(small.module).startswith("tensorflow.examples.tutorials.mnist")
        ):
            return self.emitter.data_import(node)
        if (
            isinstance(small, cst.Import)
            and len(small.names) == 1
            or isinstance(small, cst.ImportFrom)
            and code(small.module) == "tensorflow.compat"
        ):  # type: ignore[arg-type]
            return [statement("import torch").with_changes(leading_lines=node.leading_lines)]  # type: ignore[call-arg]
        raise self.emitter.refused("REF103", node, "this import of TensorFlow isn't carried over")

    def import_lines(self, text: str) -> Statements:
        found = []
        clashes = self.emitter.surroundings.clashes
        if re.search(r"\bF\.", text) and "F" not in clashes:
            found.append(statement("import torch.nn.functional as F"))
        if "nn" not in clashes and re.search(r"(?<!torch\.)\bnn\.", text):
            found.append(statement("from torch import nn"))
        if re.search(r"^\s*logging\.\w+\(", text, re.M) and "logging" not in self.emitter.surroundings.imported:
            found.insert(0, statement("import logging"))
        found[0:0] = standard_imports(self.emitter, text)
        if "SummaryWriter(" in text:
            found.append(statement("from torch.utils.tensorboard import SummaryWriter"))
        present = any(
            is_framework_import(s) and not is_part_import(s)
            for s in self.emitter.program.trees[self.emitter.home.file].module.body
            if isinstance(s, cst.SimpleStatementLine)
        )
        if not present and re.search(r"\btorch\.", text):
            found.insert(0, statement("import torch"))
        return found

    def structural(
        self, rewriter: Rewriter, name: str, original: cst.Call, updated: cst.Call, binding: BoundCall
    ) -> cst.BaseExpression | None:
        argument = lambda p: next(  # noqa: E731
            (
                code(u.value)
                for o, u in zip(original.args, updated.args, strict=False)
                if o.value is binding.nodes.get(p)
            ),
            None,
        )  # noqa: E731
        if name == "Variable":
            made = self._initial(rewriter, original, binding, argument("initial_value") or "", argument("dtype"))
            plain = binding.const("trainable", True) is False or _is_counter(rewriter.values(original))
            return rewriter.expression(made if plain else f"nn.Parameter({made})")
        if name == "get_variable":
            made = self._get_variable(rewriter, original, binding, argument)
            plain = binding.const("trainable") is False or _is_counter(rewriter.values(original))
            return rewriter.expression(made if plain else f"nn.Parameter({made})")
        if name == "cond":
            return conditional(rewriter, original, updated, binding)
        if name in REPEATED:
            return repeated(rewriter, original, updated, binding)
        if name in COUNTERS:
            return rewriter.expression(self.counter(rewriter, original, "torch.tensor(0)"))
        if name in ("set_random_seed", "random.set_random_seed"):
            return rewriter.expression(f"torch.manual_seed({', '.join(code(a.value) for a in updated.args)})")
        if name == "logging.set_verbosity":
            return rewriter.expression(f"logging.basicConfig(level={argument('v')})")
        if name.startswith("logging."):
            method = name.replace("warn", "warning") if name.endswith("warn") else name
            return rewriter.expression(f"{method}({', '.join(code(a.value) for a in updated.args)})")
        if name == "train.Saver":
            return self.emitter.savers.constructor(rewriter, original, binding)
        if name in ("train.latest_checkpoint", "train.get_checkpoint_state"):
            helper = rewriter.at.ask_helper(name[6:])
            return rewriter.expression(f"{helper}({argument('checkpoint_dir')})")
        if name == "train.checkpoint_exists":
            return rewriter.expression(f"os.path.exists({argument('checkpoint_prefix')})")
        if name == "placeholder_with_default":
            dtype = tensor_dtype(binding.values.get("input")) or "float32"
            return rewriter.expression(f"torch.as_tensor({argument('input')}, dtype=torch.{dtype})")
        if name == "clip_by_global_norm":
            words = [argument("t_list") or "", argument("clip_norm") or ""]
            norm = argument("use_norm") or ""
            words += [norm if binding.is_tensor("use_norm") else f"torch.tensor({norm})"] * binding.given("use_norm")
            rows = self.emitter.lookups.clipped(original)
            return rewriter.expression(f"{rewriter.at.ask_helper(name + '_of_rows' * bool(rows))}({', '.join(words)})")
        if name in COLLECTIONS:
            return self.emitter.variable_list(rewriter, original)
        if name in ("summary.FileWriter", "train.SummaryWriter"):
            return rewriter.expression(f"SummaryWriter({argument('logdir')})")
        return None

    def _initial(self, rewriter: Rewriter, original: cst.Call, binding: BoundCall, text: str, dtype: str | None) -> str:
        """The tensor that a variable starts from."""
        value: Value | None = binding.values.get("initial_value") or binding.values.get("initializer")
        named = dtype_of(binding.values.get("dtype")) if dtype is not None else None
        if dtype is not None and named not in DTYPES:
            rewriter.refuse("REF102", original, "the dtype of the variable isn't known")
        if isinstance(value, Tensor):
            if any(op.kind == "variable" for op in self.emitter.program.ancestors([value])):
                text = f"{code(parenthesized(cst.parse_expression(text)))}.detach().clone()"
            return f"{text}.to(torch.{named})" if named and named != value.dtype else text
        if value is None or not is_host(value):
            rewriter.refuse("REF102", original, "what the variable starts from isn't known")
        if named is None and isinstance(value, Const) and type(value.value) is int:
            named = "int32"
        return f"torch.tensor({text}, dtype=torch.{named})" if named else f"torch.tensor({text})"

    def _get_variable(self, rewriter: Rewriter, original: cst.Call, binding: BoundCall, argument) -> str:  # noqa: ANN001
        if not binding.given("shape"):
            return self._initial(rewriter, original, binding, argument("initializer") or "", argument("dtype"))
        shape = argument("shape")
        initializer = argument("initializer") if binding.given("initializer") else self._glorot(rewriter, binding)
        dtype = (
            f", dtype=torch.{dtype_of(binding.values.get('dtype'))}"
            if argument("dtype") and dtype_of(binding.values.get("dtype")) != "float32"
            else ""
        )
        filled = filled_with(initializer or "", self.emitter.wanted.get("constant", ""))
        if filled is not None:
            maker, value = {0.0: ("zeros", ""), 1.0: ("ones", "")}.get(filled, ("full", f", {filled}"))
            return f"torch.{maker}({shape}{value}{dtype})"
        atom = code(parenthesized(cst.parse_expression(initializer or "")))
        return f"{atom}(torch.empty({shape}{dtype}))"

    def _glorot(self, rewriter: Rewriter, binding: BoundCall) -> str:
        """What variables start from by default; nn.init's own takes the fans of a matrix alone as TF1 does."""
        if len(binding.dimensions("shape") or ()) == 2:
            return "nn.init.xavier_uniform_"
        return f'{rewriter.at.ask_helper("variance_scaling")}(1.0, "fan_avg", "uniform")'

    # -- classes and variables

    def base_class(self, builder: Builder) -> str:
        return self.emitter.surroundings.spelled("nn.Module")

    def method(self, builder: Builder) -> str:
        return "forward"

    def groups(self, ordered: bool) -> list[tuple[str, list[int]]]:
        found: list[tuple[str, list[int]]] = []
        weights = self.emitter.weights
        for site, name, variables in self.emitter.object_groups():
            made = [id(v) for v in variables if v.trainable]
            if site.kind == "weight":
                found.append((name, made))
            elif site.kind == "layer" or self._registers(self.emitter.builder(site.node), ordered):  # type: ignore[arg-type]
                found.append((f"{name}.parameters()", made))
        for layer in self.emitter.program.layers:
            held = [v for v in layer.variables if v not in kept(layer)]
            if all(v.trainable for v in held):
                place = weights.place(layer.variables[0])
                owner = weights.seen(place.layer, place.home, layer.node)
                found.append((f"{owner}.parameters()", [id(v) for v in held]))
        turned = {id(v) for layer in self.emitter.program.layers if is_turned(layer) for v in layer.variables}
        return [group for group in found if group[1] and not (ordered and turned & set(group[1]))]

    def _registers(self, builder: Builder | None, ordered: bool) -> bool:
        """Whether a module's `parameters()` are all its weights, or even in the order in which TF1 made them."""
        assert builder is not None
        sites = [site for step in builder.steps for site in step.sites if site.shares is None]
        own = any(step.kind == "weight" for step in builder.steps)
        if any(step.kind in ("weight", "grow") and not self._plain(step) for step in builder.steps):
            return False
        mixed = own and any(site.kind != "weight" for site in sites) or sum(site.listed for site in sites) > 1
        mixed |= any(isinstance(made.value, Cell) for site in sites for made in site.made)
        inner = [self.emitter.builder(s.node) for s in sites if s.kind == "builder"]  # type: ignore[arg-type]
        return not (ordered and mixed) and all(self._registers(b, ordered) for b in inner)

    def _plain(self, step: Step) -> bool:
        """Whether a statement keeps variables where torch finds them."""
        values = [made.value for site in step.sites for made in site.made]
        return not step.sites or all(isinstance(v, (Variable, Cell)) or _holder([v]) for v in values)

    def object_list(self, site: Site) -> str:
        weights = site.kind == "weight" and not any(isinstance(made.value, Cell) for made in site.made)
        return self.emitter.surroundings.spelled("nn.ParameterList()" if weights else "nn.ModuleList()")

    def container(self, node: cst.BaseExpression) -> str:
        name = _holder(self.emitter.program.values(node))
        name = name or ("nn.ParameterDict" if isinstance(node, cst.Dict) else "nn.ParameterList")
        return self.emitter.surroundings.spelled(f"{name}()")

    def kept(self, value: cst.BaseExpression, site: Site) -> cst.BaseExpression:
        name = _holder([made.value for made in site.made])
        if name is None:
            return value
        return cst.Call(cst.parse_expression(self.emitter.surroundings.spelled(name)), [cst.Arg(value)])

    def laid_out(self, variable: Variable) -> str:
        """The variable in TF1's layout."""
        place = self.emitter.weights.place(variable)
        return _LAYOUTS[place.layout].format(self.emitter.weights.path(variable))

    def array(self, text: str) -> str:
        return f"{self._to_numpy()}({text})"

    def variable_value(self, variable: Variable) -> str:
        return f"{self._to_numpy()}({self.laid_out(variable)})"

    def variable_values(self, variables: list[Variable], kind: str) -> str:
        plain = all(self.emitter.weights.place(v).layout == "same" for v in variables)
        text = (
            self.emitter.weights.list_text(variables)
            if plain
            else f"[{', '.join(self.laid_out(v) for v in variables)}]"
        )
        values = f"[{self._to_numpy()}(variable) for variable in {self.emitter.hoist('variables', text)}]"
        return f"tuple({values})" if kind == "tuple" else values

    def _to_numpy(self) -> str:
        return self.emitter.surroundings.ask_helper("to_numpy")

    # -- runs

    def fetched(self, applied: str) -> str:
        return applied

    def fetched_several(self, applied: str) -> str:
        return applied

    def fetched_list(self, applied: str, count: int, trained: int, kind: str) -> str:
        opening, closing = ("(", ",)") if kind == "tuple" else ("[", "]")
        if not trained and count > 1 and kind == "tuple":
            return applied
        if not trained and count > 1:
            return f"list({applied})"
        star = "*" if count > 1 else ""
        return (
            f"{opening}{'None, ' * trained}{star}{applied}{closing}"
            if count
            else f"{opening}{', '.join(['None'] * trained)}{closing}"
        )

    def callable(self, call: Call) -> Statements:
        to_numpy = self._to_numpy() if call.returned else ""
        wanted = self.emitter.wanted_names(call.leaves)
        step = BackwardStep(self, call) if StepWriter.wanted(call) else None
        traced = step.inputs(inner=True) if step is not None else []
        body: Statements = [statement(f"{p.name} = {self._tensor(p, p.name in traced)}") for p in call.parameters]
        self.traced = step is not None
        body += step.body() if step is not None else self.emitter.compose(call.items, call.home, wanted=wanted)
        self.traced = False
        body += self.emitter.effects(call.leaves)
        returned = [
            self.emitter.leaf(leaf) if is_merged(leaf.value) else f"{to_numpy}({self.emitter.leaf(leaf)})"
            for leaf in call.returned
        ]
        if returned:
            body.append(statement(f"return {', '.join(call.structure(returned))}"))
        return [
            self.emitter.function(
                call.name,
                [p.name for p in call.parameters],
                body,
                call.home,
                [] if step is not None else ["torch.no_grad()"],
            )
        ]

    def _tensor(self, parameter: Parameter, traced: bool) -> str:
        """What is passed as a tensor of the placeholder's dtype."""
        if parameter.members:
            dtype = self._dtype(parameter)
            return f"[torch.as_tensor(value, dtype=torch.{dtype}) for value in {parameter.name}]"
        made = f"torch.as_tensor({parameter.name}, dtype=torch.{self._dtype(parameter)})"
        return f"{made}.requires_grad_()" if traced else made

    def effect(self, made: Statements) -> Statements:
        """Assignments beside a forward pass aren't differentiated."""
        if not self.traced or not made:
            return made
        block = cst.parse_statement("with torch.no_grad():\n    pass\n")
        lines = getattr(made[0], "leading_lines", ())
        inner = [tidy(node, first=place == 0) for place, node in enumerate(made)]
        return [block.with_changes(body=cst.IndentedBlock(inner), leading_lines=lines)]  # type: ignore[call-arg]

    def _dtype(self, parameter: Parameter) -> str:
        dtype = parameter.tensor.dtype
        if dtype not in DTYPES:
            raise self.emitter.refused("REF102", parameter.tensor.op.node, f"the dtype of {parameter.name} isn't known")
        return dtype  # type: ignore[return-value]

    def summary_value(self, text: str) -> str:
        return f"{self._to_numpy()}({text})"

    def summary_writer(self, summaries: Summaries) -> Statements:
        lines = []
        for kind, name, value, outputs in summaries.rows():
            if kind == "image":
                lines.append(f'writer.add_images("{name}", {value}[:{outputs}], step, dataformats="NHWC")')
            else:
                lines.append(f'writer.add_{kind}("{name}", {value}, step)')
        lines = lines or [
            "for name, value in summaries.items():\n"
            "    if value.shape == ():\n"
            "        writer.add_scalar(name, value, step)\n"
            "    else:\n"
            "        writer.add_histogram(name, value, step)"
        ]
        return [
            function(summaries.function_name(), ["writer", "summaries", "step"], [statement(line) for line in lines])
        ]

    # -- training

    def inner_gradient(self, call: Differentiation, rewriter: Rewriter, first: bool) -> str:
        return inner_gradient(self.emitter, call, rewriter, first)

    def count(self, path: str) -> str:
        return f"{path}.add_(1)"

    def parameters(self, variables: list[Variable], unit: Unit | None) -> str:
        elements = self.emitter.weights.listing(variables, ordered=False, before=unit)
        if len(elements) == 1 and elements[0].startswith("*"):
            return elements[0][1:]
        return self.emitter.hoist("parameters", f"[{', '.join(elements)}]")

    def training(self, unit: Unit) -> Statements:
        training = unit.trainings[0]
        if self.emitter.regions.steps.shared(training)[-1] is not training:
            return []
        name = self.optimizer_name(unit)
        lines = getattr(unit.node, "leading_lines", ())
        made_by = self.emitter.optimizer_call(training)
        if made_by is None:
            raise self.emitter.refused(
                "REF109", training.node, "the optimizer isn't made where it is used, nor bound to a name"
            )
        binding = self.emitter.program.bindings[made_by]
        assert isinstance(binding, BoundCall)
        rewriter = Rewriter(self.emitter.surroundings)
        updated = made_by.with_changes(args=[a.visit(rewriter) for a in made_by.args])
        extra = self.emitter.lookups.options(binding.entry, made_by)
        extra["parameters"] = lambda: self.emitter.parameters(made_by)
        if len(self.emitter.regions.steps.shared(training)) > 1:
            extra["shared"] = lambda: "True"
        made = rewriter.formed(made_by, updated, binding, extra)
        return [statement(f"{name} = {code(made)}").with_changes(leading_lines=lines)]  # type: ignore[call-arg]


def _is_counter(values: list[Value]) -> bool:
    """Whether a variable holds whole numbers, which have no gradient."""
    return any(isinstance(v, Variable) and v.dtype in INTEGERS for v in values)
