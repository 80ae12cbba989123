"""Recurrent cells for PyTorch code: torch.nn's have two biases, no forget bias, and another GRU."""

from __future__ import annotations

from actlint.apis.helpers import Helper

_LSTM = '''\
class {name}(nn.Module):
    """TensorFlow's LSTM cell: one kernel for input and output, gates in the order i, j, f, o."""

    def __init__(
        self,
        num_units,
        input_size=None,
        forget_bias=1.0,
        activation=torch.tanh,
        initializer=nn.init.xavier_uniform_,
    ):
        super().__init__()
        self.output_size, self.forget_bias = num_units, forget_bias
        self.activation, self.initializer = activation, initializer
        self.state_size = LSTMStateTuple(num_units, num_units)
        if input_size is not None:
            self.build(input_size)

    def build(self, input_size):
        width = 4 * self.output_size
        self.kernel = nn.Parameter(self.initializer(torch.empty(input_size + self.output_size, width)))
        self.bias = nn.Parameter(torch.zeros(width))

    def zero_state(self, batch_size, dtype=None):
        zeros = self.kernel.new_zeros((batch_size, self.output_size), dtype=dtype)
        return LSTMStateTuple(zeros, zeros)

    def forward(self, inputs, state):
        c, h = state
        i, j, f, o = (torch.cat([inputs, h], 1) @ self.kernel + self.bias).chunk(4, 1)
        c = c * torch.sigmoid(f + self.forget_bias) + torch.sigmoid(i) * self.activation(j)
        h = self.activation(c) * torch.sigmoid(o)
        return h, LSTMStateTuple(c, h)
'''

HELPERS = (
    Helper(
        "LSTMStateTuple",
        '''\
class LSTMStateTuple(NamedTuple):
    """The state of an LSTM cell."""

    c: torch.Tensor
    h: torch.Tensor
''',
        imports=("from typing import NamedTuple",),
    ),
    *(Helper(name, _LSTM.format(name=name), needs=("LSTMStateTuple",)) for name in ("BasicLSTMCell", "LSTMCell")),
    Helper(
        "BasicRNNCell",
        '''\
class BasicRNNCell(nn.Module):
    """TensorFlow's plain recurrent cell: one kernel for input and output."""

    def __init__(self, num_units, input_size=None, activation=torch.tanh):
        super().__init__()
        self.state_size = self.output_size = num_units
        self.activation = activation
        if input_size is not None:
            self.build(input_size)

    def build(self, input_size):
        kernel = torch.empty(input_size + self.output_size, self.output_size)
        self.kernel = nn.Parameter(nn.init.xavier_uniform_(kernel))
        self.bias = nn.Parameter(torch.zeros(self.output_size))

    def zero_state(self, batch_size, dtype=None):
        return self.kernel.new_zeros((batch_size, self.output_size), dtype=dtype)

    def forward(self, inputs, state):
        output = self.activation(torch.cat([inputs, state], 1) @ self.kernel + self.bias)
        return output, output
''',
    ),
    Helper(
        "GRUCell",
        '''\
class GRUCell(nn.Module):
    """TensorFlow's GRU cell; unlike nn.GRUCell it applies the reset gate before the product."""

    def __init__(
        self,
        num_units,
        input_size=None,
        activation=torch.tanh,
        kernel_initializer=nn.init.xavier_uniform_,
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
        self.gates_kernel = nn.Parameter(kernel(torch.empty(rows, 2 * units)))
        self.gates_bias = nn.Parameter((bias or nn.init.ones_)(torch.empty(2 * units)))
        self.candidate_kernel = nn.Parameter(kernel(torch.empty(rows, units)))
        self.candidate_bias = nn.Parameter((bias or nn.init.zeros_)(torch.empty(units)))

    def zero_state(self, batch_size, dtype=None):
        return self.gates_kernel.new_zeros((batch_size, self.output_size), dtype=dtype)

    def forward(self, inputs, state):
        gates = torch.sigmoid(torch.cat([inputs, state], 1) @ self.gates_kernel + self.gates_bias)
        r, u = gates.chunk(2, 1)
        candidate = torch.cat([inputs, r * state], 1) @ self.candidate_kernel + self.candidate_bias
        output = u * state + (1 - u) * self.activation(candidate)
        return output, output
''',
    ),
    Helper(
        "MultiRNNCell",
        '''\
class MultiRNNCell(nn.Module):
    """Cells one above the other."""

    def __init__(self, cells, input_size=None):
        super().__init__()
        self.cells = nn.ModuleList(cells)
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

    def zero_state(self, batch_size, dtype=None):
        return tuple(cell.zero_state(batch_size, dtype) for cell in self.cells)

    def forward(self, inputs, state):
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
class DropoutWrapper(nn.Module):
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

    def zero_state(self, batch_size, dtype=None):
        return self.cell.zero_state(batch_size, dtype)

    def forward(self, inputs, state):
        output, state = self.cell(self.dropped(inputs, self.input_keep_prob), state)
        return self.dropped(output, self.output_keep_prob), state

    def dropped(self, values, keep_prob):
        if isinstance(keep_prob, (int, float)) and keep_prob == 1:
            return values
        return F.dropout(values, 1 - keep_prob)
''',
    ),
    Helper(
        "choose_state",
        '''\
def choose_state(running, new, old):
    """The new state of the sequences that run on, and the old one of the others."""
    if isinstance(new, torch.Tensor):
        return torch.where(running, new, old)
    parts = [choose_state(running, *pair) for pair in zip(new, old)]
    return type(new)(*parts) if hasattr(new, "_fields") else tuple(parts)
''',
    ),
    Helper(
        "static_rnn",
        '''\
def static_rnn(cell, inputs, initial_state=None, sequence_length=None):
    """The outputs of a cell for a list of inputs, and its last state.

    A sequence that has ended keeps its state, and its outputs are 0.
    """
    state = cell.zero_state(len(inputs[0]), inputs[0].dtype) if initial_state is None else initial_state
    last = len(inputs)
    if sequence_length is not None:
        sequence_length = torch.as_tensor(sequence_length, device=inputs[0].device)
        last = max([1, *sequence_length.tolist()])
    outputs = []
    for time, step in enumerate(inputs[:last]):
        output, new_state = cell(step, state)
        if sequence_length is not None:
            running = (time < sequence_length).unsqueeze(1)
            output = torch.where(running, output, torch.zeros_like(output))
            new_state = choose_state(running, new_state, state)
        outputs.append(output)
        state = new_state
    outputs += [torch.zeros_like(outputs[0]) for _ in inputs[last:]]
    return outputs, state
''',
        needs=("choose_state",),
    ),
    Helper(
        "dynamic_rnn",
        '''\
def dynamic_rnn(cell, inputs, sequence_length=None, initial_state=None, time_major=False):
    """The outputs of a cell along a sequence, and its last state."""
    time_axis = 0 if time_major else 1
    outputs, state = static_rnn(cell, inputs.unbind(time_axis), initial_state, sequence_length)
    return torch.stack(outputs, time_axis), state
''',
        needs=("static_rnn",),
    ),
    Helper(
        "reverse_sequences",
        '''\
def reverse_sequences(values, sequence_length):
    """Each sequence of a list of steps from its end; what is past its length stays where it is."""
    if sequence_length is None:
        return values[::-1]
    steps = torch.stack(tuple(values))
    lengths = torch.as_tensor(sequence_length, device=steps.device)
    times = torch.arange(len(steps), device=steps.device).unsqueeze(1)
    places = torch.where(times < lengths, lengths - 1 - times, times)
    return steps[places, torch.arange(steps.shape[1], device=steps.device)].unbind(0)
''',
    ),
    Helper(
        "static_bidirectional_rnn",
        '''\
def static_bidirectional_rnn(
    cell_fw, cell_bw, inputs, initial_state_fw=None, initial_state_bw=None, sequence_length=None
):
    """Outputs of two cells side by side, one from the end of the inputs, and their last states."""
    outputs_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, sequence_length)
    backwards = reverse_sequences(inputs, sequence_length)
    outputs_bw, state_bw = static_rnn(cell_bw, backwards, initial_state_bw, sequence_length)
    outputs = [torch.cat(pair, 1) for pair in zip(outputs_fw, reverse_sequences(outputs_bw, sequence_length))]
    return outputs, state_fw, state_bw
''',
        needs=("static_rnn", "reverse_sequences"),
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
    steps = inputs.unbind(time_axis)
    outputs_fw, state_fw = static_rnn(cell_fw, steps, initial_state_fw, sequence_length)
    backwards = reverse_sequences(steps, sequence_length)
    outputs_bw, state_bw = static_rnn(cell_bw, backwards, initial_state_bw, sequence_length)
    outputs_bw = reverse_sequences(outputs_bw, sequence_length)
    return (torch.stack(outputs_fw, time_axis), torch.stack(tuple(outputs_bw), time_axis)), (state_fw, state_bw)
''',
        needs=("static_rnn", "reverse_sequences"),
    ),
)
