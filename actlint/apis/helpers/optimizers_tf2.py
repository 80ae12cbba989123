"""Optimizers for TensorFlow 2 that Keras doesn't have, or has with other updates of looked-up rows."""

from __future__ import annotations

from actlint.apis.helpers import Helper

_BASE = ("RowOptimizer",)

HELPERS = (
    Helper(
        "dense",
        '''\
def dense(pairs):
    """Gradients of lookups as whole tensors: Keras' optimizers take a row that is looked up twice
    for two rows."""
    return [(None if gradient is None else tf.convert_to_tensor(gradient), variable) for gradient, variable in pairs]
''',
    ),
    Helper(
        "RowOptimizer",
        '''\
class RowOptimizer(tf.keras.optimizers.Optimizer):
    """An optimizer that updates only the rows that were looked up, and sums what a row gets from
    several lookups."""

    def __init__(self, learning_rate, **slots):
        super().__init__(learning_rate=learning_rate)
        self.slots = slots

    def build(self, variables):
        if not self.built:
            super().build(variables)
            for name, value in self.slots.items():
                initializer = tf.keras.initializers.Constant(value)
                setattr(self, name, [self.add_variable_from_reference(v, name, initializer) for v in variables])

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        state = [variable, *(getattr(self, name)[index].value for name in self.slots)]
        rate = tf.cast(learning_rate, variable.dtype)
        if isinstance(gradient, tf.IndexedSlices):
            rows, places = tf.unique(gradient.indices)
            summed = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
            for old, new in zip(state, self.rule(summed, rate, *(tf.gather(old, rows) for old in state))):
                old.scatter_update(tf.IndexedSlices(new, rows))
        else:
            for old, new in zip(state, self.rule(gradient, rate, *state)):
                old.assign(new)
''',
    ),
    Helper(
        "RowMomentum",
        '''\
class RowMomentum(RowOptimizer):
    """Momentum: that of rows which weren't looked up stays as it is."""

    def __init__(self, learning_rate, momentum, nesterov=False):
        super().__init__(learning_rate, momentums=0.0)
        self.momentum, self.nesterov = momentum, nesterov

    def rule(self, gradient, rate, variable, momentum):
        momentum = self.momentum * momentum + gradient
        return variable - rate * (gradient + self.momentum * momentum if self.nesterov else momentum), momentum
''',
        needs=_BASE,
    ),
    Helper(
        "RowRMSProp",
        '''\
class RowRMSProp(RowOptimizer):
    """RMSProp with a mean square that starts at 1; that of rows which weren't looked up stays as it
    is."""

    def __init__(self, learning_rate, rho=0.9, momentum=0.0, epsilon=1e-10, centered=False):
        super().__init__(learning_rate, velocities=1.0, momentums=0.0, average_gradients=0.0)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def rule(self, gradient, rate, variable, velocity, momentum, mean):
        velocity = self.rho * velocity + (1 - self.rho) * tf.square(gradient)
        mean = self.rho * mean + (1 - self.rho) * gradient
        spread = velocity - tf.square(mean) if self.centered else velocity
        momentum = self.momentum * momentum + rate * gradient * tf.math.rsqrt(spread + self.epsilon)
        return variable - momentum, velocity, momentum, mean
''',
        needs=_BASE,
    ),
    Helper(
        "RowAdadelta",
        '''\
class RowAdadelta(RowOptimizer):
    """Adadelta: the averages of rows which weren't looked up stay as they are."""

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-8):
        super().__init__(learning_rate, accumulated_grads=0.0, accumulated_delta_vars=0.0)
        self.rho, self.epsilon = rho, epsilon

    def rule(self, gradient, rate, variable, square, delta):
        square = self.rho * square + (1 - self.rho) * tf.square(gradient)
        update = tf.sqrt(delta + self.epsilon) * tf.math.rsqrt(square + self.epsilon) * gradient
        return variable - rate * update, square, self.rho * delta + (1 - self.rho) * tf.square(update)
''',
        needs=_BASE,
    ),
    Helper(
        "RowAdam",
        '''\
class RowAdam(RowOptimizer):
    """Adam: the averages of rows which weren't looked up stay as they are."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__(learning_rate, momentums=0.0, velocities=0.0)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def rule(self, gradient, rate, variable, momentum, velocity):
        step = tf.cast(self.iterations + 1, variable.dtype)
        momentum = self.beta_1 * momentum + (1 - self.beta_1) * gradient
        velocity = self.beta_2 * velocity + (1 - self.beta_2) * tf.square(gradient)
        rate = rate * tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        return variable - rate * momentum / (tf.sqrt(velocity) + self.epsilon), momentum, velocity
''',
        needs=_BASE,
    ),
    Helper(
        "Nadam",
        '''\
class Nadam(RowOptimizer):
    """Adam with Nesterov's momentum, without the schedule of momentum that Keras' Nadam has."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__(learning_rate, momentums=0.0, velocities=0.0)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def rule(self, gradient, rate, variable, momentum, velocity):
        step = tf.cast(self.iterations + 1, variable.dtype)
        momentum = self.beta_1 * momentum + (1 - self.beta_1) * gradient
        velocity = self.beta_2 * velocity + (1 - self.beta_2) * tf.square(gradient)
        ahead = self.beta_1 * momentum + (1 - self.beta_1) * gradient
        rate = rate * tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        return variable - rate * ahead / (tf.sqrt(velocity) + self.epsilon), momentum, velocity
''',
        needs=_BASE,
    ),
    Helper(
        "RowAdaMax",
        '''\
class RowAdaMax(RowOptimizer):
    """AdaMax: the averages of rows which weren't looked up stay as they are."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__(learning_rate, momentums=0.0, velocities=0.0)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def rule(self, gradient, rate, variable, momentum, velocity):
        step = tf.cast(self.iterations + 1, variable.dtype)
        momentum = self.beta_1 * momentum + (1 - self.beta_1) * gradient
        velocity = tf.maximum(self.beta_2 * velocity, tf.abs(gradient))
        rate = rate / (1 - self.beta_1**step)
        return variable - rate * momentum / (velocity + self.epsilon), momentum, velocity
''',
        needs=_BASE,
    ),
    Helper(
        "Ftrl",
        '''\
class Ftrl(RowOptimizer):
    """FTRL with TensorFlow 1's roots and quotients; tf.keras' class computes other ones where
    gradients are tiny."""

    def __init__(
        self,
        learning_rate,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
    ):
        super().__init__(learning_rate, accumulators=initial_accumulator_value, linears=0.0)
        self.power, self.shrinkage = -learning_rate_power, l2_shrinkage_regularization_strength
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength

    def rule(self, gradient, rate, variable, accumulator, linear):
        total = accumulator + tf.square(gradient)
        root = tf.sqrt if self.power == 0.5 else lambda x: x**self.power
        grown = (root(total) - root(accumulator)) / rate
        linear = linear + gradient + 2 * self.shrinkage * variable - grown * variable
        moved = tf.clip_by_value(linear, -self.l1, self.l1) - linear
        return tf.math.divide_no_nan(moved, root(total) / rate + 2 * self.l2), total, linear
''',
        needs=_BASE,
    ),
    Helper(
        "ProximalGradientDescent",
        '''\
class ProximalGradientDescent(RowOptimizer):
    """Gradient descent that then shrinks the weights by their L1 and L2 penalties."""

    def __init__(self, learning_rate, l1_regularization_strength=0.0, l2_regularization_strength=0.0):
        super().__init__(learning_rate)
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength

    def rule(self, gradient, rate, variable):
        moved = variable - rate * gradient
        return [tf.sign(moved) * tf.nn.relu(tf.abs(moved) - rate * self.l1) / (1 + rate * self.l2)]
''',
        needs=_BASE,
    ),
    Helper(
        "ProximalAdagrad",
        '''\
class ProximalAdagrad(RowOptimizer):
    """Adagrad that then shrinks the weights by their L1 and L2 penalties."""

    def __init__(
        self,
        learning_rate,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
    ):
        super().__init__(learning_rate, accumulators=initial_accumulator_value)
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength

    def rule(self, gradient, rate, variable, accumulator):
        accumulator = accumulator + tf.square(gradient)
        rate = rate * tf.math.rsqrt(accumulator)
        moved = variable - rate * gradient
        shrunk = tf.sign(moved) * tf.nn.relu(tf.abs(moved) - rate * self.l1) / (1 + rate * self.l2)
        return shrunk, accumulator
''',
        needs=_BASE,
    ),
    Helper(
        "AdagradDA",
        '''\
class AdagradDA(RowOptimizer):
    """Adagrad with dual averaging, which computes the weights anew from the sums of all
    gradients."""

    def __init__(
        self,
        learning_rate,
        global_step,
        initial_gradient_squared_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
    ):
        super().__init__(
            learning_rate,
            gradient_accumulator=0.0,
            gradient_squared_accumulator=initial_gradient_squared_accumulator_value,
        )
        self.l1, self.l2 = l1_regularization_strength, l2_regularization_strength
        self.global_step = global_step

    def rule(self, gradient, rate, variable, total, squares):
        step = tf.cast(self.global_step + 1, variable.dtype)
        total, squares = total + gradient, squares + tf.square(gradient)
        shrunk = tf.sign(total) * tf.nn.relu(tf.abs(total) - self.l1 * step)
        return -rate * shrunk / (self.l2 * step * rate + tf.sqrt(squares)), total, squares
''',
        needs=_BASE,
    ),
)
