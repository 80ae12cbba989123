"""What rewritten code looks like, and what is refused."""

from __future__ import annotations

import pytest

TORCH = [
    ("tf.reduce_sum(x, 1)", "torch.sum(x, 1)"),
    ("tf.reduce_mean(x, axis=[0, 1], keep_dims=True)", "torch.mean(x, dim=[0, 1], keepdim=True)"),
    ("tf.matmul(x, y, transpose_a=True)", "torch.matmul(x.mT, y)"),
    ("tf.add(tf.matmul(x, y), b)", "torch.add(torch.matmul(x, y), b)"),
    ("tf.add(1.0, x)", "1.0 + x"),
    ("tf.maximum(0.0, x)", "F.relu(x)"),
    ("tf.maximum(x, 0.0)", "torch.clamp(x, min=0.0)"),
    ("tf.maximum(x, y)", "maximum(x, y)"),
    ("tf.to_float(tf.equal(tf.argmax(x, 1), c))", "torch.eq(torch.argmax(x, 1), c).float()"),
    ("tf.cast(c, tf.float32)", "c.to(torch.float32)"),
    ("tf.to_float(n)", "float(n)"),
    ("tf.square(tf.to_float(n))", "float(n) ** 2"),
    ("tf.reshape(x, [-1, 4])", "torch.reshape(x, [-1, 4])"),
    ("tf.zeros_like(x)", "torch.zeros_like(x)"),
    ("tf.zeros([n, 3])", "torch.zeros([n, 3])"),
    ("tf.random_normal(tf.shape(x))", "torch.randn(x.shape)"),
    ("tf.random_normal([3], stddev=0.1, seed=4)", "0.1 * torch.randn([3])"),
    ("tf.random_normal([3], mean=1.0, stddev=0.1)", "1.0 + 0.1 * torch.randn([3])"),
    ("tf.random_uniform([3], -1.0, 1.0)", "torch.empty([3]).uniform_(-1.0, 1.0)"),
    ("tf.random_uniform([3], maxval=5, dtype=tf.int32)", "torch.randint(0, 5, [3], dtype=torch.int32)"),
    ("tf.truncated_normal([3], stddev=0.1)", "nn.init.trunc_normal_(torch.empty([3]), std=0.1, a=-0.2, b=0.2)"),
    ("tf.multinomial(x, 2)", "torch.multinomial(torch.softmax(x, dim=-1), 2, replacement=True)"),
    ("tf.random_shuffle(x)", "shuffle(x)"),
    ("tf.nn.dropout(x, 0.8)", "F.dropout(x, 1 - 0.8)"),
    ("tf.nn.dropout(x, rate=0.2)", "F.dropout(x, 0.2)"),
    ("tf.layers.dropout(x, 0.3, training=True)", "F.dropout(x, 0.3)"),
    ("tf.layers.dropout(x, 0.3, training=t)", "F.dropout(x, 0.3, training=bool(t))"),
    ("tf.constant([1, 2])", "torch.tensor([1, 2], dtype=torch.int32)"),
    ("tf.transpose(x)", "x.T"),
    ("tf.sqrt(x)", "sqrt(x)"),
    ("tf.sqrt(2.0)", "torch.sqrt(torch.tensor(2.0))"),
    ("tf.gather(x, c)", "x[c]"),
    ("tf.where(v)", "torch.nonzero(v)"),
    ("tf.losses.mean_squared_error(y, x)", "F.mse_loss(x, y)"),
    ("tf.losses.mean_squared_error(y, x, weights=0.5)", "0.5 * F.mse_loss(x, y)"),
    ("tf.losses.sparse_softmax_cross_entropy(labels=c, logits=x)", "F.cross_entropy(x, c)"),
    ("tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=y)", "softmax_cross_entropy(y.detach(), x)"),
    ("tf.layers.dense(x, 24, activation=tf.nn.relu)", "nn.Sequential(linear(4, 24), nn.ReLU())"),
    (
        "tf.layers.dense(x, 24, kernel_initializer=tf.zeros_initializer())",
        "linear(4, 24, kernel_initializer=nn.init.zeros_)",
    ),
    (
        "tf.layers.dense(x, 2, bias_initializer=tf.random_normal_initializer(stddev=0.1))",
        "linear(4, 2, bias_initializer=partial(nn.init.normal_, std=0.1))",
    ),
    ("tf.train.AdamOptimizer(1e-2, beta1=0.8)", "adam(parameters, lr=0.01, betas=(0.8, 0.999))"),
    ("tf.train.GradientDescentOptimizer(0.1)", "torch.optim.SGD(parameters, lr=0.1)"),
    ("tf.stack([tf.size(x), 3])", "[x.numel(), 3]"),
]
TF2 = [
    ("tf.reduce_sum(x, reduction_indices=[1])", "tf.reduce_sum(x, axis=[1])"),
    ("tf.log(x, name='log')", "tf.math.log(x)"),
    ("tf.to_float(c)", "tf.cast(c, tf.float32)"),
    ("tf.mul(x, y)", "tf.multiply(x, y)"),
    ("tf.argmax(x, dimension=1)", "tf.argmax(x, axis=1)"),
    ("tf.div(x, y)", "x / y"),
    ("tf.div(c, c)", "c // c"),
    ("tf.nn.dropout(x, keep_prob=0.8, seed=1)", "tf.nn.dropout(x, rate=1 - 0.8, seed=1)"),
    ("tf.layers.dropout(x, training=t)", "tf.cond(t, lambda: tf.nn.dropout(x, rate=0.5), lambda: x)"),
    ("tf.random_normal([2], stddev=0.1)", "tf.random.normal([2], stddev=0.1)"),
    ("tf.random_normal_initializer()", "tf.random_normal_initializer(stddev=1.0)"),
    (
        "tf.layers.dense(x, 24, tf.nn.relu, name='hidden')",
        "tf.keras.layers.Dense(24, activation=tf.nn.relu, name='hidden')",
    ),
    ("tf.losses.mean_squared_error(y, x)", "tf.reduce_mean(tf.math.squared_difference(x, y))"),
    ("tf.where(v, x, x)", "tf.where(v[:, None], x, x)"),
    (
        "tf.train.AdamOptimizer(1e-2, beta1=0.8)",
        "tf.keras.optimizers.Adam(learning_rate=0.01, beta_1=0.8, epsilon=1e-08)",
    ),
    ("tf.train.RMSPropOptimizer(0.01, 0.95)", "rmsprop(parameters, learning_rate=0.01, rho=0.95)"),
    (
        "tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=y)",
        "tf.nn.softmax_cross_entropy_with_logits(tf.stop_gradient(y), x)",
    ),
]
NAMES = {"x": (3, 4), "y": (3, 4), "b": (4,), "c": (3, "int64"), "v": (3, "bool"), "t": ("bool",), "n": 7}


@pytest.mark.parametrize(("source", "wanted"), TORCH)
def test_torch(source, wanted, text):
    assert text("torch", source, **NAMES) == wanted


@pytest.mark.parametrize(("source", "wanted"), TF2)
def test_tf2(source, wanted, text):
    assert text("tf2", source, **NAMES).replace("1e-8", "1e-08") == wanted


@pytest.mark.parametrize(
    "source",
    [
        "tf.reduce_sum(x, a)",
        "tf.reduce_mean(c)",
        "tf.transpose(u)",
        "tf.where(w, u, u)",
        "tf.concat(1, [x, x])",
        "tf.split(0, 2, x)",
        "tf.squeeze(x, [1])",
        "tf.slice(x, a, a)",
        "tf.one_hot(c, 3, axis=0)",
        "tf.pad(x, [[1, 1], [0, 0]], 'REFLECT')",
        "tf.nn.conv2d(i, k, [1, 2, 2, 1], 'SAME', data_format='NCHW')",
        "tf.nn.embedding_lookup([x, y], c)",
        "tf.nn.embedding_lookup(x, c, max_norm=1.0)",
        "tf.losses.mean_squared_error(y, x, weights=b)",
        "tf.layers.dense(u, 3)",
        "tf.layers.dense(x, 3, activation=f)",
        "tf.layers.dense(x, 3, activity_regularizer=f)",
        "tf.nn.dropout(x, 0.5, [3, 1])",
        "tf.nn.leaky_relu(x, a)",
        "tf.contrib.layers.xavier_initializer(uniform=False)",
        "tf.train.MomentumOptimizer(0.1, a)",
        "tf.gather(x, c, batch_dims=1)",
        "tf.constant('text')",
        "tf.truncated_normal([2], stddev=a)",
    ],
)
def test_refused_for_torch(source, rewrite, refusal):
    known = type(rewrite("torch").expression("1"))
    names = {"u": known("u", True, None, "float32"), "w": known("w", True, None, "bool"), "f": known("f")}
    renderer = rewrite("torch")
    for name, shape in {**NAMES, "a": ("int32",), "i": (1, 5, 5, 2), "k": (3, 3, 2, 2)}.items():
        if isinstance(shape, tuple):
            dtype = shape[-1] if shape and isinstance(shape[-1], str) else "float32"
            sizes = shape[:-1] if dtype == (shape or [0])[-1] else shape
            dims = tuple(type(renderer.expression("[1]").shape[0])(size) for size in sizes)
            names[name] = known(name, True, dims, dtype)
    renderer.names.update(names)
    with pytest.raises(refusal):
        renderer.expression(source)


@pytest.mark.parametrize(
    "source",
    [
        "tf.concat(1, [x, x])",
        "tf.train.AdamOptimizer(0.1, beta1=t)",
        "tf.layers.dense(x, 3, activity_regularizer=n)",
        "tf.nn.embedding_lookup([x, y], c)",
    ],
)
def test_refused_for_tf2(source, text, refusal):
    with pytest.raises(refusal):
        text("tf2", source, **NAMES)
