"""Runs recorded rows on TensorFlow 1.15; needs neither actlint nor anything newer than Python 3.7.

usage: reference_tf1.py FOLDER

Reads MODULE.json and writes MODULE.answers.json there.
"""

import glob
import json
import os
import sys

import numpy as np
import tensorflow as tf


def leaves(value):
    if isinstance(value, (list, tuple)) and not all(isinstance(item, int) for item in value):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def array(value):
    return np.array(value["list"], value["dtype"]) if isinstance(value, dict) else value


def arrays(values):
    return {name: array(value) for name, value in values.items()}


def call(session, source, given):
    inputs, cotangents = arrays(given["arrays"]), [array(value) for value in given["cotangents"]]
    names = {name: tf.placeholder(a.dtype.name, a.shape, name) for name, a in inputs.items()}
    results = leaves(eval(source, dict(arrays(given["hosts"]), tf=tf, np=np, **names)))
    feed = {names[name]: a for name, a in inputs.items()}
    values = session.run(results, feed)
    pairs = [(r, tf.constant(c, r.dtype)) for r, c in zip(results, cotangents) if r.dtype.is_floating]  # noqa: B905
    slopes = []
    for name in given["floats"]:
        slope = tf.gradients([r for r, _ in pairs], names[name], [c for _, c in pairs])[0] if pairs else None
        zero = np.zeros_like(inputs[name])
        slopes.append(zero if slope is None else session.run(tf.convert_to_tensor(slope), feed))
    return values, slopes


def layer(session, source, given):
    x = array(given["x"])
    inputs = tf.placeholder(x.dtype.name, x.shape)
    y = eval(source, dict(arrays(given["hosts"]), tf=tf, np=np, x=inputs))
    variables = tf.global_variables()
    session.run(tf.global_variables_initializer())
    for variable, value in zip(variables, given["weights"]):  # noqa: B905
        variable.load(array(value), session)
    slopes = tf.gradients(tf.reduce_sum(y * array(given["cotangent"])), [inputs] + variables)
    return [session.run(y, {inputs: x})], session.run(slopes, {inputs: x})


def normalization(session, source, given):
    x = array(given["x"])
    inputs, on = tf.placeholder(x.dtype.name, x.shape), tf.placeholder("bool", [])
    y = eval(source, dict(tf=tf, np=np, x=inputs, on=on))
    variables, updates = tf.global_variables(), tf.get_collection("update_ops")
    session.run(tf.global_variables_initializer())
    for variable, value in zip(variables, given["weights"]):  # noqa: B905
        variable.load(array(value), session)
    slopes = tf.gradients(tf.reduce_sum(y * array(given["cotangent"])), [inputs] + variables[:-2])
    for _ in range(3):
        value, slope, _ = session.run([y, slopes, updates], {inputs: x, on: True})
    return [value, session.run(y, {inputs: x, on: False})] + session.run(variables[-2:]), slope


def recurrent(session, source, given):
    x = array(given["x"])
    inputs = tf.placeholder(x.dtype.name, x.shape)
    results = leaves(eval(source, dict(tf=tf, x=tf.unstack(inputs, axis=1) if given["static"] else inputs)))
    variables = tf.global_variables()
    for variable, value in zip(variables, given["weights"]):  # noqa: B905
        variable.load(array(value), session)
    values = session.run(results, {inputs: x})
    cotangents = [array(value) for value in given["cotangents"]]
    total = tf.add_n([tf.reduce_sum(r * c) for r, c in zip(results, cotangents)])  # noqa: B905
    return values, session.run(tf.gradients(total, [inputs] + variables), {inputs: x})


def optimizer(session, source, given):
    w, b, x = [tf.Variable(array(value)) for value in given["start"]]
    ids, rate = tf.placeholder("int32", [None]), tf.placeholder(array(given["start"][0]).dtype.name, [])
    count = tf.Variable(0, trainable=False, dtype="int64")
    x = tf.gather(x, ids) if given["lookups"] else x
    loss = tf.reduce_mean((tf.tanh(tf.matmul(x, w) + b) - 0.3) ** 2) * given["scale"]
    step = eval(source, {"tf": tf, "rate": rate, "count": count}).minimize(loss, global_step=count)
    session.run(tf.global_variables_initializer())
    for place, value in enumerate(array(given["rates"])):
        session.run(step, {ids: array(given["ids"])[place], rate: value})
    return session.run(tf.trainable_variables()), []


def drawn(session, source, given):
    found = eval(source, {"tf": tf, "shape": given["shape"]})
    value = session.run(found(given["shape"]) if callable(found) else found)
    return [np.zeros_like(value)], []


def digest(value):
    value = np.asarray(value)
    flat = value.astype("float64").ravel()
    finite = np.where(np.isfinite(flat), flat, 0)
    weighted = float(finite.dot(np.cos(1.7 * np.arange(flat.size))))
    numbers = flat[:3].tolist() + [weighted, float(np.abs(finite).sum())]
    return [value.dtype.name, list(value.shape)] + [float(format(number, ".9g")) for number in numbers]


def main(folder):
    kinds = {
        "call": call,
        "layer": layer,
        "normalization": normalization,
        "recurrent": recurrent,
        "optimizer": optimizer,
        "drawn": drawn,
    }
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path) as stream:
            rows = json.load(stream)
        made = {}
        for key, row in rows.items():
            given = row["given"]
            try:
                with tf.Graph().as_default(), tf.Session() as session:
                    values, slopes = kinds[row["kind"]](session, given["source"], given)
            except Exception as error:
                made[key] = {"missing": type(error).__name__ + ": " + str(error).splitlines()[0][:160]}
                continue
            made[key] = {"values": [digest(v) for v in values], "slopes": [digest(s) for s in slopes]}
        with open(path.replace(".json", ".answers.json"), "w") as stream:
            json.dump(made, stream)


main(sys.argv[1])
