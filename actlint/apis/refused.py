"""Symbols that are known, and aren't carried over: why, as what follows `tf.name`.

A name stands for itself and all that is below it; what has an entry in the catalogue isn't looked up here.
"""

from __future__ import annotations

_PIPELINE = "reads data within the graph, where no feed tells what a run gets; read it in Python, and feed the batches"
_READER = "reads files within the graph, where no feed tells what a run gets; read them in Python, and feed the arrays"
_FAMILIES = {
    "hides the graph and the session that would be rewritten; build the model in a program with a session": (
        "estimator contrib.estimator contrib.learn contrib.tpu contrib.training.train contrib.slim.learning"
        " contrib.slim.evaluation train.Scaffold train.LoggingTensorHook train.SessionRunHook"
    ),
    _PIPELINE: (
        "data contrib.data train.batch train.shuffle_batch train.batch_join train.shuffle_batch_join"
        " train.slice_input_producer train.string_input_producer train.input_producer train.range_input_producer"
        " train.start_queue_runners train.QueueRunner train.add_queue_runner train.Coordinator FIFOQueue"
        " PaddingFIFOQueue RandomShuffleQueue PriorityQueue queue"
    ),
    _READER: (
        "TFRecordReader TextLineReader WholeFileReader FixedLengthRecordReader read_file parse_single_example"
        " parse_example parse_tensor FixedLenFeature VarLenFeature FixedLenSequenceFeature decode_raw decode_csv"
        " image.decode_image image.decode_jpeg image.decode_png image.decode_gif image.decode_bmp io.read_file"
        " io.parse_single_example io.parse_example io.decode_raw io.decode_csv io.decode_jpeg io.decode_png"
        " io.FixedLenFeature io.VarLenFeature contrib.slim.dataset contrib.slim.dataset_data_provider"
        " contrib.slim.tfexample_decoder"
    ),
    "is a tool for data that TensorFlow no longer comes with; do it in Python": (
        "contrib.learn.preprocessing contrib.learn.datasets"
    ),
    "keeps its counts in local variables, which aren't carried over; compute it from fetched values": (
        "metrics contrib.metrics contrib.slim.metrics"
    ),
    "takes a graph from a file, where no code is left that could be rewritten; build it, and restore its weights": (
        "train.import_meta_graph import_graph_def GraphDef NodeDef MetaGraphDef graph_util.import_graph_def"
        " saved_model.loader saved_model.load"
    ),
    "writes the graph, which the rewritten program doesn't have; save the weights": (
        "train.write_graph train.export_meta_graph io.write_graph graph_util saved_model"
    ),
    "runs operations as they are called: it has no graph to rewrite": (
        "enable_eager_execution enable_v2_behavior executing_eagerly contrib.eager"
    ),
    "spreads a program over machines, whose order of updates TF1 leaves open; run it on one": (
        "train.ClusterSpec train.Server train.replica_device_setter train.SyncReplicasOptimizer train.Supervisor"
        " distribute contrib.distribute contrib.cluster_resolver"
    ),
    "learns by something else than gradients of a loss": (
        "contrib.boosted_trees contrib.tensor_forest contrib.factorization contrib.crf"
    ),
    "treats blanks, repeated labels and infinite losses otherwise than other frameworks do": (
        "nn.ctc_loss nn.ctc_loss_v2 nn.ctc_greedy_decoder nn.ctc_beam_search_decoder edit_distance"
    ),
    "makes or takes a sparse tensor, which isn't carried over; use a dense one": (
        "SparseTensor SparseTensorValue sparse sparse_placeholder sparse_to_dense sparse_tensor_to_dense"
        " sparse_tensor_dense_matmul sparse_add sparse_reduce_sum sparse_reshape sparse_reorder sparse_concat"
        " sparse_softmax sparse_slice sparse_merge sparse_transpose sparse_split sparse_mask sparse_maximum"
        " nn.embedding_lookup_sparse nn.safe_embedding_lookup_sparse"
    ),
    "computes with strings in the graph; do it in Python": (
        "string_split string_join string_to_number string_to_hash_bucket string_to_hash_bucket_fast strings substr"
        " as_string regex_replace encode_base64 decode_base64 lookup contrib.lookup tables"
    ),
    "is an object that keeps its weights, which isn't carried over; call a function, such as tf.layers.dense": (
        "layers.Dense layers.Conv1D layers.Conv2D layers.Conv3D layers.Conv2DTranspose layers.Dropout layers.Flatten"
        " layers.BatchNormalization layers.Layer layers.MaxPooling2D layers.AveragePooling2D keras contrib.keras"
    ),
    "is a base for cells that a program writes itself, which aren't carried over": (
        "nn.rnn_cell.RNNCell contrib.rnn.RNNCell contrib.rnn.LayerRNNCell"
    ),
    "belongs to estimators or to TensorBoard's own files, which aren't carried over": (
        "feature_column contrib.feature_column tensorboard contrib.tensorboard Summary contrib.util"
    ),
    "runs an optimizer of SciPy's within the session; minimize a loss with an optimizer of tf.train": (
        "contrib.opt.ScipyOptimizerInterface contrib.opt.ExternalOptimizerInterface"
    ),
    "is an error that runs of the graph raise, which the rewritten program doesn't have": "errors",
    "belongs to TensorFlow's own tests": "test",
    "is made for training that a program writes itself, which isn't carried over": "train.Optimizer",
    "makes decoders with loops of its own, which aren't carried over": "contrib.seq2seq contrib.legacy_seq2seq",
    "is a distribution that isn't carried over": "distributions contrib.distributions contrib.bayesflow",
    "reads and writes records of TensorFlow's, which Python has no library for": (
        "python_io train.Example train.Feature train.Features train.Int64List train.FloatList train.BytesList"
        " train.SequenceExample train.FeatureList train.FeatureLists io.TFRecordWriter"
    ),
}
_REASONS = {name: why for why, names in _FAMILIES.items() for name in names.split()}


def why(name: str) -> str | None:
    """Why a symbol such as `estimator.Estimator` isn't carried over; None for one that isn't known to be."""
    parts = name.split(".")
    found = (_REASONS.get(".".join(parts[:length])) for length in range(len(parts), 0, -1))
    return next((reason for reason in found if reason is not None), None)
