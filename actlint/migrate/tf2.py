"""The TensorFlow 2 emitter: GradientTape steps, Keras layers, tf.Variables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

import libcst as cst

from actlint.apis.shape import ANY, Dim
from actlint.migrate.builders import Builder
from actlint.migrate.callables import Call
from actlint.migrate.conditional import conditional
from actlint.migrate.expressed import InBody
from actlint.migrate.expression import Rewriter
from actlint.migrate.filtered import COLLECTIONS
from actlint.migrate.flow import Parameter
from actlint.migrate.repeated import REPEATED, repeated
from actlint.migrate.source import code, parenthesized
from actlint.migrate.statements import bracketed, function, statement
from actlint.migrate.summaries import Summaries
from actlint.migrate.tapes import taped
from actlint.migrate.target import Statements, Target, filled_with, is_framework_import, is_part_import
from actlint.migrate.training import Differentiation, StepWriter
from actlint.migrate.training_tf2 import TapeStep, inner_gradient
from actlint.migrate.units import Unit
from actlint.program.binding import BoundCall, tensor_dtype
from actlint.program.counting import COUNTERS
from actlint.program.moving import is_turned, kept
from actlint.program.options import are_options
from actlint.program.values import Cell, Const, Tensor, Variable

LINE = 100


_COUNTER = 'tf.Variable(0, dtype=tf.int64, trainable=False, name="global_step")'


class TF2(Target):
    """Emits TensorFlow 2."""

    name = "tf2"
    reserved = ("output", "input", "name", "dtype", "variables", "trainable", "losses", "metrics", "layers")
    members = frozenset(
        "build built call compile compiled count_params dtype_policy dynamic evaluate fit get_config get_layer history"
        " inputs loss name_scope non_trainable_variables non_trainable_weights optimizer outputs path predict save"
        " stateful stop_training submodules summary trainable_variables trainable_weights updates weights".split()
    )

    @cached_property
    def loop(self) -> str:
        """The name of a comprehension's variable, none of the user's."""
        return next(
            (name for name in ("value", "tensor", "fetched", "item") if name not in self.emitter.names.taken), "_"
        )

    # -- imports and settings

    def imports(self, node: cst.BaseStatement) -> Statements:
        if not is_framework_import(node):
            return [node]
        if is_part_import(node):
            return []
        assert isinstance(node, cst.SimpleStatementLine)
        small = node.body[0]
        if isinstance(small, cst.Import):
            aliases = [
                (
                    alias.with_changes(name=cst.Name("tensorflow"))
                    if code(alias.name).startswith("tensorflow.compat")
                    else alias
                )
                for alias in small.names
            ]
            return [node.with_changes(body=[small.with_changes(names=aliases)])]
        assert isinstance(small, cst.ImportFrom) and small.module is not None
        if code(small.module).startswith("tensorflow.examples.tutorials.mnist"):
            return self.emitter.data_import(node)
        if code(small.module) in ("tensorflow.compat", "tensorflow.compat.v1"):
            name = small.names[0].evaluated_alias if not isinstance(small.names, cst.ImportStar) else None  # type: ignore[union-attr]
            return [statement(f"import tensorflow as {name or 'tf'}")]
        raise self.emitter.refused("REF103", node, f"from {code(small.module)} import ... isn't carried over")

    def import_lines(self, text: str) -> Statements:
        alias = self.emitter.surroundings.alias
        present = any(
            is_framework_import(s) and not is_part_import(s)
            for s in self.emitter.program.trees[self.emitter.home.file].module.body
            if isinstance(s, cst.SimpleStatementLine)
        )
        found = [] if present or not re.search(r"\btf\.", text) else [statement("import tensorflow as tf")]
        if alias != "tf" and "tf." in "".join(self.emitter.helper_sources()):
            found.append(statement("import tensorflow as tf"))
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
            words = [argument("initial_value") or ""]
            if binding.const("trainable", True) is False:
                words.append("trainable=False")
            words += [f"{p}={argument(p)}" for p in ("name", "dtype") if argument(p) is not None]
            return rewriter.expression(f"tf.Variable({', '.join(words)})")
        if name == "get_variable":
            return rewriter.expression(self._get_variable(rewriter, original, binding, argument))
        if name == "cond":
            return conditional(rewriter, original, updated, binding)
        if name in REPEATED:
            return repeated(rewriter, original, updated, binding)
        if name in COUNTERS:
            return rewriter.expression(
                self.counter(rewriter, original, 'tf.Variable(0, dtype=tf.int64, trainable=False, name="global_step")')
            )
        if name in ("set_random_seed", "random.set_random_seed"):
            return rewriter.expression(f"tf.random.set_seed({', '.join(code(a.value) for a in updated.args)})")
        if name.startswith("logging."):
            method = {"set_verbosity": "setLevel", "warn": "warning"}.get(name[8:], name[8:])
            return rewriter.expression(f"tf.get_logger().{method}({', '.join(code(a.value) for a in updated.args)})")
        if name == "train.Saver":
            return self.emitter.savers.constructor(rewriter, original, binding)
        if name in ("train.latest_checkpoint", "train.get_checkpoint_state"):
            return rewriter.expression(f"tf.{name}({argument('checkpoint_dir')})")
        if name == "train.checkpoint_exists":
            return rewriter.expression(f'tf.io.gfile.exists({argument("checkpoint_prefix")} + ".index")')
        if name == "placeholder_with_default":
            dtype = tensor_dtype(binding.values.get("input")) or "float32"
            return rewriter.expression(f"tf.convert_to_tensor({argument('input')}, dtype=tf.{dtype})")
        if name == "clip_by_global_norm":
            words = [argument("t_list") or "", argument("clip_norm") or ""]
            words += [f"use_norm={argument('use_norm')}"] if binding.given("use_norm") else []
            return rewriter.expression(f"tf.clip_by_global_norm({', '.join(words)})")
        if name in COLLECTIONS:
            return self.emitter.variable_list(rewriter, original)
        if name in ("summary.FileWriter", "train.SummaryWriter"):
            return rewriter.expression(f"tf.summary.create_file_writer({argument('logdir')})")
        return None

    def _get_variable(self, rewriter: Rewriter, original: cst.Call, binding: BoundCall, argument) -> str:  # noqa: ANN001
        variable = next((v for v in rewriter.values(original) if isinstance(v, Variable)), None)
        initializer = binding.values.get("initializer")
        name = f", name={argument('name')}" if argument("name") else ""
        trainable = ", trainable=False" if binding.const("trainable") is False else ""
        if not binding.given("shape"):
            if initializer is None or initializer == Const(None):
                rewriter.refuse("REF102", original, "get_variable has neither a shape nor an initial value")
            return f"tf.Variable({argument('initializer')}{trainable}{name})"
        made = argument("initializer") if binding.given("initializer") else "tf.keras.initializers.GlorotUniform()"
        if variable is None:
            rewriter.refuse("REF102", original, "the variable isn't known")
        filled = filled_with(made or "", "tf.constant_initializer")
        if filled is not None and (variable.dtype or "float32") == "float32":
            shape = argument("shape")
            plain = {0.0: f"tf.zeros({shape})", 1.0: f"tf.ones({shape})"}
            text = plain.get(filled, f"tf.constant({filled}, shape={shape})")
            return f"tf.Variable({text}{trainable}{name})"
        dtype = argument("dtype") or f"tf.{variable.dtype or 'float32'}"
        atom = code(parenthesized(cst.parse_expression(made or "")))
        return f"tf.Variable({atom}({argument('shape')}, dtype={dtype}){trainable}{name})"

    # -- classes and variables

    def base_class(self, builder: Builder) -> str:
        alias = self.emitter.surroundings.alias
        return f"{alias}.keras.Model" if self._keras(builder) else f"{alias}.Module"

    def _keras(self, builder: Builder) -> bool:
        return not builder.own_weights and all(self._keras(b) for b in self.emitter.objects_of(builder))

    def method(self, builder: Builder) -> str:
        return "call" if self._keras(builder) else "__call__"

    def groups(self, ordered: bool) -> list[tuple[str, list[int]]]:
        found: list[tuple[str, list[int]]] = []
        for site, name, variables in self.emitter.object_groups():
            made = [id(v) for v in variables if v.trainable]
            builder = self.emitter.builder(site.node) if site.kind == "builder" else None  # type: ignore[arg-type]
            if site.kind == "weight":
                found.append((name, made))
            elif site.listed and (builder is None or self._keras(builder)):
                found.append((f"(v for layer in {name} for v in layer.trainable_variables)", made))
            elif builder is not None and self._keras(builder):
                found.append((f"{name}.trainable_variables", made))
            elif not ordered and not site.listed and not any(v.layer is not None for v in variables):
                found.append((f"{name}.trainable_variables", made))
            elif not ordered and not site.listed and builder is not None:
                for step in builder.steps:
                    for inner in step.sites:
                        cells = any(isinstance(m.value, Cell) for m in inner.made)
                        if inner.kind == "weight" and inner.listed and not cells:
                            held = {id(v) for m in inner.made for v in m.weights} & set(made)
                            found.append((f"{name}.{inner.name}", list(held)))
        for layer in self.emitter.program.layers:
            place = self.emitter.weights.place(layer.variables[0])
            held = [v for v in layer.variables if v not in kept(layer)]
            if all(v.trainable for v in held):
                owner = self.emitter.weights.seen(place.layer, place.home, layer.node)
                found.append((f"{owner}.trainable_variables", [id(v) for v in held]))
        turned = {id(v) for layer in self.emitter.program.layers if is_turned(layer) for v in layer.variables}
        return [group for group in found if group[1] and not (ordered and turned & set(group[1]))]

    def array(self, text: str) -> str:
        return f"{text}.numpy()"

    def variable_value(self, variable: Variable) -> str:
        return f"{self.emitter.weights.path(variable)}.numpy()"

    # -- runs

    def fetched(self, applied: str) -> str:
        return f"{applied}.numpy()"

    def fetched_several(self, applied: str) -> str:
        return f"({self.loop}.numpy() for {self.loop} in {applied})"

    def fetched_list(self, applied: str, count: int, trained: int, kind: str) -> str:
        values = f"[{self.loop}.numpy() for {self.loop} in {applied}]" if count > 1 else f"[{applied}.numpy()]"
        if trained:
            values = f"[{'None, ' * trained}*{values}]"
        return f"tuple({values})" if kind == "tuple" else values

    def variable_values(self, variables: list[Variable], kind: str) -> str:
        text = self.emitter.weights.list_text(variables)
        values = f"[variable.numpy() for variable in {self.emitter.hoist('variables', text)}]"
        return f"tuple({values})" if kind == "tuple" else values

    def callable(self, call: Call) -> Statements:
        names = [p.name for p in call.parameters]
        wanted = self.emitter.wanted_names(call.leaves)
        returned = [self.emitter.leaf(leaf) for leaf in call.returned]
        head: Statements = []
        for parameter in call.parameters:
            if (kept := self.shape_kept(parameter)) is not None:
                text = code(kept.visit(Rewriter(self.emitter.surroundings)))  # type: ignore[arg-type]
                text = self.emitter.promotion.elsewhere(text, parameter.unit.home, call.home, kept)
                alias = self.emitter.surroundings.alias
                head.append(statement(f"{parameter.name} = {alias}.ensure_shape({parameter.name}, {text})"))
        if StepWriter.wanted(call):
            body = TapeStep(self, call).body()
        else:
            body = self.emitter.compose(call.items, call.home, wanted=wanted)
        body += self.emitter.effects(call.leaves)
        if returned:
            body.append(statement(f"return {', '.join(call.structure(returned))}"))
        return [self.emitter.function(call.name, names, [*head, *body], call.home, [self._decorator(call)])]

    def _decorator(self, call: Call) -> str:
        """`tf.function` with the placeholders' shapes and dtypes: it casts and checks what is passed, as they did."""
        alias = self.emitter.surroundings.alias
        if not call.parameters:
            return f"{alias}.function"
        specs = [self._spec(p) for p in call.parameters]
        return bracketed(f"{alias}.function(input_signature=[", specs, "])", LINE - 1)

    def shape_kept(self, parameter: Parameter) -> cst.BaseExpression | None:
        """A placeholder's shape that a method's signature can't give, because the class has its sizes in attributes."""
        binding = self.emitter.program.bindings.get(parameter.tensor.op.node)
        known_here = not parameter.unit.home.is_class or bool(parameter.members)
        if known_here or not isinstance(binding, BoundCall) or not parameter.placeholder:
            return None
        known = parameter.tensor.shape or ()
        return binding.nodes.get("shape") if self._dimensions(parameter) != list(known) else None

    def _dimensions(self, parameter: Parameter) -> list[Dim]:
        """The dimensions of a parameter, unknown where only the method's object could tell them."""
        shape = list(parameter.tensor.shape or ())
        if not parameter.unit.home.is_class:
            return shape
        binding = self.emitter.program.bindings.get(parameter.tensor.op.node)
        node = binding.nodes.get("shape") if isinstance(binding, BoundCall) else None
        elements = [e.value for e in node.elements] if isinstance(node, (cst.List, cst.Tuple)) else [None] * len(shape)
        return [
            dim if self._is_global(dim) or isinstance(element, cst.Integer) else ANY
            for dim, element in zip(shape, elements, strict=True)
        ]

    def _is_global(self, dim: Dim) -> bool:
        """Whether the file has a size where a class is defined, when the command line isn't read yet."""
        if dim.source is None or dim.formula is not None:
            return False
        program = self.emitter.program
        return not are_options(program.scopes[program.entry].names.get(dim.source.partition(".")[0]))

    def _spec(self, parameter: Parameter) -> str:
        specs = [self._tensor_spec(parameter, tensor) for tensor in parameter.members]
        if specs and len(set(specs)) == 1:
            return f"[{specs[0]}] * {len(specs)}"
        return f"[{', '.join(specs)}]" if specs else self._tensor_spec(parameter, parameter.tensor)

    def _tensor_spec(self, parameter: Parameter, tensor: Tensor) -> str:
        alias = self.emitter.surroundings.alias
        dtype = f"{alias}.{tensor.dtype or 'float32'}"
        if tensor.shape is None and self.emitter.regions.steps.is_scalar(tensor):
            return f"{alias}.TensorSpec((), {dtype})"
        if tensor.shape is None:
            return f"{alias}.TensorSpec(None, {dtype})"
        known = [ANY if dim.formula else Dim(dim.value) for dim in tensor.shape] if parameter.members else None
        dims = [self._dimension(dim, parameter) for dim in known or self._dimensions(parameter)]
        shape = f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"
        return f"{alias}.TensorSpec({shape}, {dtype})"

    def _dimension(self, dim: Dim, parameter: Parameter) -> str:
        """A dimension as the program has it where the placeholder was made; any size, where it has nothing for it."""
        op, text = parameter.tensor.op, dim.source
        if not parameter.unit.home.is_class:
            place = InBody(self.emitter, Rewriter(self.emitter.surroundings), op.calls, op.turns, op.node)
            text = place.size(dim)
        if text is None and dim.formula is None and dim.value is not None:
            return str(dim.value)
        return text or "None"

    def fetched_structure(self, applied: str) -> str:
        return f"tf.nest.map_structure(lambda value: value.numpy(), {applied})"

    def summary_writer(self, summaries: Summaries) -> Statements:
        alias = self.emitter.surroundings.alias
        lines = [
            f'{alias}.summary.{kind}("{name}", {value}{", max_outputs=" + outputs if outputs else ""})'
            for kind, name, value, outputs in summaries.rows()
        ] or [
            "for name, value in summaries.items():",
            "    if value.shape == ():",
            f"        {alias}.summary.scalar(name, value)",
            "    else:",
            f"        {alias}.summary.histogram(name, value)",
        ]
        text = "with writer.as_default(step=step):\n" + "".join(f"    {line}\n" for line in lines)
        return [function(summaries.function_name(), ["writer", "summaries", "step"], [cst.parse_statement(text)])]

    # -- training

    def inner_gradient(self, call: Differentiation, rewriter: Rewriter, first: bool) -> str:
        return inner_gradient(self.emitter, call, rewriter, first)

    def taped(self, body: Statements, parameters: Iterable[str], wanted: str) -> Statements:
        return taped(body, self.emitter.surroundings.alias, parameters, wanted)

    def count(self, path: str) -> str:
        return f"{path}.assign_add(1)"

    def parameters(self, variables: list[Variable], unit: Unit | None) -> str:
        self.emitter.built(variables, unit)
        return self.emitter.weights.list_text(variables, ordered=False, before=unit)

    def training(self, unit: Unit) -> Statements:
        training = unit.trainings[0]
        name = self.optimizer_name(unit)
        owner = training.node.func.value  # type: ignore[attr-defined]
        if isinstance(owner, (cst.Name, cst.Attribute)):
            return self._built(unit, name)
        binding = self.emitter.program.bindings.get(owner)
        if not isinstance(binding, BoundCall):
            raise self.emitter.refused(
                "REF109", training.node, "the optimizer isn't made where it is used, nor bound to a name"
            )
        rewriter = Rewriter(self.emitter.surroundings)
        updated = owner.with_changes(args=[a.visit(rewriter) for a in owner.args])
        extra = self.emitter.lookups.options(binding.entry, owner)
        extra["parameters"] = lambda: self.emitter.parameters(owner)
        made = rewriter.formed(owner, updated, binding, extra)
        lines = getattr(unit.node, "leading_lines", ())
        return [statement(f"{name} = {code(made)}").with_changes(leading_lines=lines)]  # type: ignore[call-arg]

    def _built(self, unit: Unit, name: str) -> Statements:
        """An optimizer that several training operations share is told all of its variables at the last of them."""
        training = unit.trainings[0]
        shared = self.emitter.regions.steps.shared(training)
        made_by = self.emitter.optimizer_call(training)
        if len(shared) == 1 or shared[-1] is not training or made_by is None:
            return []
        lines = getattr(unit.node, "leading_lines", ())
        return [statement(f"{name}.build({self.emitter.parameters(made_by)})").with_changes(leading_lines=lines)]  # type: ignore[call-arg]
