"""Variables of a TF1 program find their places in a port."""

from __future__ import annotations

import pytest

from actlint.verify.pairing import pair


def variable(name, shape, *names, trainable=True, initial=None):
    return {
        "name": name,
        "shape": list(shape),
        "kind": "f",
        "trainable": trainable,
        "names": list(names),
        "initial": initial,
    }


def weight(path, shape, kind="raw", trainable=True, initial=None):
    return {
        "path": path,
        "shape": list(shape),
        "kind": kind,
        "dtype": "f",
        "trainable": trainable,
        "initial": initial,
        "build": None,
    }


def paths(pairs):
    return {entry["name"]: (entry["path"], entry["layout"]) for entry in pairs.weights}


def test_shapes_decide_where_all_differ():
    pairs = pair(
        [variable("Variable:0", [4, 3]), variable("Variable_1:0", [3])],
        [weight("net.bias", [3], "linear"), weight("net.weight", [3, 4], "linear")],
        {},
    )
    assert paths(pairs) == {"Variable:0": ("net.weight", "T"), "Variable_1:0": ("net.bias", "same")}
    assert not pairs.questions


def test_a_square_linear_weight_is_transposed():
    pairs = pair([variable("w:0", [4, 4])], [weight("fc.weight", [4, 4], "linear")], {})
    assert paths(pairs)["w:0"] == ("fc.weight", "T")


def test_a_square_weight_of_its_own_lies_the_same_unless_its_values_say_otherwise():
    assert paths(pair([variable("w:0", [4, 4])], [weight("w", [4, 4])], {}))["w:0"] == ("w", "same")
    initial = {"same": [0.1, 0.2, 0.3, 0.5], "T": [0.3, 0.2, 0.1, 0.5]}
    turned = pair([variable("w:0", [4, 4], initial=initial)], [weight("w", [4, 4], initial=[0.3, 0.2, 0.1, 0.5])], {})
    assert paths(turned)["w:0"] == ("w", "T")


def test_convolution_kernels_have_their_channels_moved():
    pairs = pair([variable("c:0", [5, 3, 8, 16])], [weight("conv.weight", [16, 8, 5, 3], "convolution")], {})
    assert paths(pairs)["c:0"] == ("conv.weight", "HWIO")


def test_a_bias_of_one_row_is_reshaped():
    assert paths(pair([variable("b:0", [1, 6])], [weight("fc.bias", [6], "linear")], {}))["b:0"] == (
        "fc.bias",
        "reshape",
    )


def test_order_decides_where_names_say_nothing():
    variables = [variable(f"Variable_{i}:0", [6, 6]) for i in range(4)]
    weights = [weight(f"layers[{i}].weight", [6, 6], "linear") for i in range(4)]
    pairs = pair(variables, weights, {})
    assert [entry["path"] for entry in pairs.weights] == [w["path"] for w in weights]
    assert not pairs.questions


def test_names_decide_against_order():
    pairs = pair(
        [variable("generator/w:0", [6, 6]), variable("discriminator/w:0", [6, 6])],
        [weight("gan.discriminator.weight", [6, 6]), weight("gan.generator.weight", [6, 6])],
        {},
    )
    assert paths(pairs)["generator/w:0"][0] == "gan.generator.weight"
    assert not pairs.questions


def test_numbers_that_begin_elsewhere_do_not_shift_layers():
    variables = [variable(f"W{i}:0", [6, 6]) for i in (1, 2, 3)]
    pairs = pair(variables, [weight(f"net.fc{i}.weight", [6, 6], "linear") for i in (0, 1, 2)], {})
    assert [entry["path"] for entry in pairs.weights] == ["net.fc0.weight", "net.fc1.weight", "net.fc2.weight"]
    assert not pairs.questions


def test_names_against_order_are_a_question_where_only_numbers_differ():
    pairs = pair(
        [variable("h1:0", [6, 6]), variable("h2:0", [6, 6])],
        [weight("h2.weight", [6, 6]), weight("h1.weight", [6, 6])],
        {},
    )
    assert len(pairs.questions) == 2


def test_numbers_that_tensorflow_chose_are_no_names():
    variables = [variable("dense/kernel:0", [6, 6]), variable("dense_1/kernel:0", [6, 6])]
    pairs = pair(variables, [weight("fc1.weight", [6, 6], "linear"), weight("fc2.weight", [6, 6], "linear")], {})
    assert [entry["path"] for entry in pairs.weights] == ["fc1.weight", "fc2.weight"]


def test_values_decide_against_order():
    one, two = [0.1, 0.2, 0.3, 1.0], [0.4, 0.5, 0.6, 1.0]
    pairs = pair(
        [variable("a:0", [2, 2], initial={"same": one}), variable("b:0", [2, 2], initial={"same": two})],
        [weight("p", [2, 2], initial=two), weight("q", [2, 2], initial=one)],
        {},
    )
    assert paths(pairs) == {"a:0": ("q", "same"), "b:0": ("p", "same")}


def test_one_variable_and_two_equal_places_is_a_question():
    pairs = pair([variable("w:0", [3, 3])], [weight("left", [3, 3]), weight("right", [3, 3])], {})
    assert pairs.questions == ["variable 'w:0' could be any of 'left', 'right'"]
    assert pairs.candidates == {"w:0": ["left", "right"]}


def test_a_map_settles_a_question():
    settled = {"w:0": {"path": "right", "layout": "T"}}
    pairs = pair([variable("w:0", [3, 3])], [weight("left", [3, 3]), weight("right", [3, 3])], settled)
    assert paths(pairs) == {"w:0": ("right", "T")}
    assert not pairs.questions
    assert pairs.extra == ["left"]


@pytest.mark.parametrize(
    ("settled", "message"),
    [
        ({"v:0": {"path": "left"}}, "no variable 'v:0'; it has 'w:0'"),
    ],
)
def test_wrong_names_in_a_map_are_errors_that_say_what_there_is(settled, message):
    with pytest.raises(ValueError, match=message):
        pair([variable("w:0", [3, 3])], [weight("left", [3, 3])], settled)


def test_what_has_no_counterpart_is_left_out():
    pairs = pair([variable("w:0", [3, 3]), variable("b:0", [3])], [weight("w", [3, 3]), weight("scale", [7])], {})
    assert "b:0" not in paths(pairs)
    assert pairs.extra == ["scale"]
    assert not pairs.questions


def test_a_weight_of_another_form_is_a_question():
    pairs = pair([variable("kernel:0", [6, 4])], [weight("w", [3, 8])], {})
    assert pairs.questions == ["variable 'kernel:0' (6, 4) could lie in 'w' (3, 8)"]
