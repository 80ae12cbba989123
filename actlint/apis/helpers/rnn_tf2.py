"""Recurrent cells for TensorFlow 2 code: Keras' own have other weights, and start from other values."""

from __future__ import annotations

from actlint.apis.helpers import Helper

_LSTM = '''\
class {name}(tf.Module):
    """TensorFlow 1's LSTM cell: one kernel for input and output, gates in the order i, j, f, o."""

    def __init__(self, num_units, input_size=None, forget_bias=1.0, activation=tf.tanh, initializer=None):
        super().__init__()
        self.output_size, self.forget_bias = num_units, forget_bias
        self.activation, self.initializer = activation, initializer
        if input_size is not None:
            self.build(input_size)

    @property
    def state_size(self):
        return LSTMStateTuple(self.output_size, self.output_size)

    def build(self, input_size):
        shape = (input_size + self.output_size, 4 * self.output_size)
        initializer = self.initializer or tf.keras.initializers.GlorotUniform()
        self.kernel = tf.Variable(initializer(shape, dtype=tf.float32), name="kernel")
        self.bias = tf.Variable(tf.zeros(4 * self.output_size), name="bias")

    def zero_state(self, batch_size, dtype):
        zeros = tf.zeros([batch_size, self.output_size], dtype)
        return LSTMStateTuple(zeros, zeros)

    def __call__(self, inputs, state):
        c, h = state
        i, j, f, o = tf.split(tf.matmul(tf.concat([inputs, h], 1), self.kernel) + self.bias, 4, 1)
        c = c * tf.sigmoid(f + self.forget_bias) + tf.sigmoid(i) * self.activation(j)
        h = self.activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h)
'''

HELPERS = (
    Helper(
        "LSTMStateTuple",
        '''\
class LSTMStateTuple(NamedTuple):
    """The state of an LSTM cell."""

    c: tf.Tensor
    h: tf.Tensor
''',
        imports=("from typing import NamedTuple",),
    ),
    *(Helper(name, _LSTM.format(name=name), needs=("LSTMStateTuple",)) for name in ("BasicLSTMCell", "LSTMCell")),
    Helper(
        "BasicRNNCell",
        '''\
class BasicRNNCell(tf.Module):
    """TensorFlow 1's plain recurrent cell: one kernel for input and output."""

    def __init__(self, num_units, input_size=None, activation=tf.tanh):
        super().__init__()
        self.state_size = self.output_size = num_units
        self.activation = activation
        if input_size is not None:
            self.build(input_size)

    def build(self, input_size):
        shape = (input_size + self.output_size, self.output_size)
        self.kernel = tf.Variable(tf.keras.initializers.GlorotUniform()(shape, dtype=tf.float32), name="kernel")
        self.bias = tf.Variable(tf.zeros(self.output_size), name="bias")

    def zero_state(self, batch_size, dtype):
        return tf.zeros([batch_size, self.output_size], dtype)

    def __call__(self, inputs, state):
        output = self.activation(tf.matmul(tf.concat([inputs, state], 1), self.kernel) + self.bias)
        return output, output
''',
    ),
    Helper(
        "GRUCell",
        '''\
class GRUCell(tf.Module):
    """TensorFlow 1's GRU cell: gates in the order r, u; the reset gate comes before the product."""

    def __init__(
        self,
        num_units,
        input_size=None,
        activation=tf.tanh,
        kernel_initializer=None,
        bias_initializer=None,
    ):
        super().__init__()
        self.state_size = self.output_size = num_units
        self.activation = activation
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        if input_size is not None:
            self.build(input_size)

    def build(self, input_size):
        rows, units = input_size + self.output_size, self.output_size
        kernel, bias = self.kernel_initializer, self.bias_initializer
        self.gates_kernel, self.candidate_kernel = (
            tf.Variable((kernel or tf.keras.initializers.GlorotUniform())((rows, width), dtype=tf.float32), name=name)
            for name, width in (("gates_kernel", 2 * units), ("candidate_kernel", units))
        )
        start = bias or tf.ones_initializer()
        self.gates_bias = tf.Variable(start(2 * units, dtype=tf.float32), name="gates_bias")
        start = bias or tf.zeros_initializer()
        self.candidate_bias = tf.Variable(start(units, dtype=tf.float32), name="candidate_bias")

    def zero_state(self, batch_size, dtype):
        return tf.zeros([batch_size, self.output_size], dtype)

    def __call__(self, inputs, state):
        gates = tf.sigmoid(tf.matmul(tf.concat([inputs, state], 1), self.gates_kernel) + self.gates_bias)
        r, u = tf.split(gates, 2, 1)
        candidate = tf.matmul(tf.concat([inputs, r * state], 1), self.candidate_kernel) + self.candidate_bias
        output = u * state + (1 - u) * self.activation(candidate)
        return output, output
''',
    ),
    Helper(
        "MultiRNNCell",
        '''\
class MultiRNNCell(tf.Module):
    """Cells one above the other."""

    def __init__(self, cells, input_size=None):
        super().__init__()
        self.cells = list(cells)
        if input_size is not None:
            self.build(input_size)

    @property
    def state_size(self):
        return tuple(cell.state_size for cell in self.cells)

    @property
    def output_size(self):
        return self.cells[-1].output_size

    def build(self, input_size):
        for cell in self.cells:
            cell.build(input_size)
            input_size = cell.output_size

    def zero_state(self, batch_size, dtype):
        return tuple(cell.zero_state(batch_size, dtype) for cell in self.cells)

    def __call__(self, inputs, state):
        states = []
        for cell, own in zip(self.cells, state):
            inputs, own = cell(inputs, own)
            states.append(own)
        return inputs, tuple(states)
''',
    ),
    Helper(
        "DropoutWrapper",
        '''\
class DropoutWrapper(tf.Module):
    """Drops entries of a cell's inputs and outputs, in training and outside of it."""

    def __init__(self, cell, input_size=None, input_keep_prob=1.0, output_keep_prob=1.0):
        super().__init__()
        self.cell, self.input_keep_prob, self.output_keep_prob = cell, input_keep_prob, output_keep_prob
        if input_size is not None:
            self.build(input_size)

    @property
    def state_size(self):
        return self.cell.state_size

    @property
    def output_size(self):
        return self.cell.output_size

    def build(self, input_size):
        self.cell.build(input_size)

    def zero_state(self, batch_size, dtype):
        return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs, state):
        output, state = self.cell(self.dropped(inputs, self.input_keep_prob), state)
        return self.dropped(output, self.output_keep_prob), state

    def dropped(self, values, keep_prob):
        if isinstance(keep_prob, (int, float)) and keep_prob == 1:
            return values
        return tf.nn.dropout(values, rate=1 - keep_prob)
''',
    ),
    Helper(
        "rnn_step",
        '''\
def rnn_step(cell, inputs, state, time, sequence_length):
    """One step of a cell; a sequence that has ended keeps its state, and its output is 0."""
    output, new_state = cell(inputs, state)
    if sequence_length is None:
        return output, new_state
    running = tf.expand_dims(tf.cast(time, tf.int64) < tf.cast(sequence_length, tf.int64), 1)
    new_state = tf.nest.map_structure(lambda new, old: tf.where(running, new, old), new_state, state)
    return tf.where(running, output, tf.zeros_like(output)), new_state
''',
    ),
    Helper(
        "static_rnn",
        '''\
def static_rnn(cell, inputs, initial_state=None, sequence_length=None):
    """The outputs of a cell for a list of inputs, and its last state."""
    state = initial_state
    if state is None:
        state = cell.zero_state(tf.shape(inputs[0])[0], inputs[0].dtype)
    outputs = []
    for time, step in enumerate(inputs):
        output, state = rnn_step(cell, step, state, time, sequence_length)
        outputs.append(output)
    return outputs, state
''',
        needs=("rnn_step",),
    ),
    Helper(
        "dynamic_rnn",
        '''\
def dynamic_rnn(cell, inputs, sequence_length=None, initial_state=None, time_major=False):
    """The outputs of a cell along a sequence, and its last state."""
    if not time_major:
        inputs = tf.transpose(inputs, [1, 0, 2])
    steps, batch = tf.shape(inputs)[0], tf.shape(inputs)[1]
    state = cell.zero_state(batch, inputs.dtype) if initial_state is None else initial_state
    last = steps
    if sequence_length is not None:
        last = tf.minimum(steps, tf.maximum(1, tf.reduce_max(tf.cast(sequence_length, tf.int32))))
    outputs = tf.TensorArray(inputs.dtype, last, element_shape=[inputs.shape[1], cell.output_size])

    def step(time, state, outputs):
        output, state = rnn_step(cell, inputs[time], state, time, sequence_length)
        return time + 1, state, outputs.write(time, output)

    _, state, outputs = tf.while_loop(lambda time, *_: time < last, step, (0, state, outputs))
    outputs = tf.pad(outputs.stack(), [[0, steps - last], [0, 0], [0, 0]])
    outputs = tf.ensure_shape(outputs, [*inputs.shape[:2], cell.output_size])
    return outputs if time_major else tf.transpose(outputs, [1, 0, 2]), state
''',
        needs=("rnn_step",),
    ),
    Helper(
        "bidirectional_dynamic_rnn",
        '''\
def bidirectional_dynamic_rnn(
    cell_fw,
    cell_bw,
    inputs,
    sequence_length=None,
    initial_state_fw=None,
    initial_state_bw=None,
    time_major=False,
):
    """The outputs of two cells along a sequence, one from its end, and their last states."""
    time_axis = 0 if time_major else 1

    def backwards(values):
        if sequence_length is None:
            return tf.reverse(values, [time_axis])
        return tf.reverse_sequence(values, sequence_length, seq_axis=time_axis, batch_axis=1 - time_axis)

    output_fw, state_fw = dynamic_rnn(cell_fw, inputs, sequence_length, initial_state_fw, time_major)
    output_bw, state_bw = dynamic_rnn(cell_bw, backwards(inputs), sequence_length, initial_state_bw, time_major)
    return (output_fw, backwards(output_bw)), (state_fw, state_bw)
''',
        needs=("dynamic_rnn",),
    ),
    Helper(
        "static_bidirectional_rnn",
        '''\
def static_bidirectional_rnn(
    cell_fw, cell_bw, inputs, initial_state_fw=None, initial_state_bw=None, sequence_length=None
):
    """Outputs of two cells side by side, one from the end of the inputs, and their last states."""

    def backwards(values):
        if sequence_length is None:
            return values[::-1]
        return tf.unstack(tf.reverse_sequence(tf.stack(values), sequence_length, seq_axis=0, batch_axis=1))

    outputs_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, sequence_length)
    outputs_bw, state_bw = static_rnn(cell_bw, backwards(inputs), initial_state_bw, sequence_length)
    outputs = [tf.concat(pair, 1) for pair in zip(outputs_fw, backwards(outputs_bw))]
    return outputs, state_fw, state_bw
''',
        needs=("static_rnn",),
    ),
)
