#!/usr/bin/env python3
"""Measures Concrete ML on the models of tests/models: bench.py MODELS [--quick]. Prints JSON.

The perceptron is compiled from its ONNX file, the linear model and the forest are converted from scikit-learn's.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
from concrete.ml.deployment import FHEModelClient, FHEModelDev, FHEModelServer
from concrete.ml.sklearn import LogisticRegression, RandomForestClassifier
from concrete.ml.torch.compile import compile_onnx_model
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression as SklearnLogisticRegression
from sklearn.ensemble import RandomForestClassifier as SklearnForest
from sklearn.model_selection import train_test_split

SEED = 2026


def digits():
    return train_test_split(
        *load_digits(return_X_y=True), test_size=450, stratify=load_digits(return_X_y=True)[1], random_state=SEED
    )


def tumours():
    rows, labels = load_breast_cancer(return_X_y=True)
    return train_test_split(rows.astype("f4"), labels, test_size=170, stratify=labels, random_state=SEED)


def linear(_models):
    train, held_out, labels, held_out_labels = digits()
    float_model = SklearnLogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=100).fit(train / 16, labels)
    model = LogisticRegression.from_sklearn_model(float_model, train / 16, n_bits=8)
    model.compile(train / 16)
    return model, held_out / 16, held_out_labels, lambda out: np.argmax(out, axis=1)


def perceptron(models):
    train, held_out, _, held_out_labels = digits()
    # It reads operators of this version alone; these are the same in ours.
    graph = onnx.version_converter.convert_version(onnx.load(models / "digits" / "digits-mlp.onnx"), 14)
    model = compile_onnx_model(graph, train, n_bits=4, rounding_threshold_bits=6)
    return model, held_out, held_out_labels, lambda out: np.argmax(out, axis=1)


def forest(_models):
    train, held_out, labels, held_out_labels = tumours()
    float_model = SklearnForest(8, max_depth=3, random_state=SEED).fit(train, labels)
    model = RandomForestClassifier.from_sklearn_model(float_model, train, n_bits=6)
    model.compile(train)
    return model, held_out, held_out_labels, lambda out: np.argmax(out, axis=1)


def measure(name, make, models, repetitions):
    model, rows, labels, classes = make(models)
    if hasattr(model, "predict"):
        clear = model.predict(rows, fhe="simulate")
        accuracy = float(np.mean(clear == labels))
    else:
        clear = model.forward(rows, fhe="simulate")
        accuracy = float(np.mean(classes(clear) == labels))
    with tempfile.TemporaryDirectory() as folder:
        FHEModelDev(folder, model).save()
        client, server = FHEModelClient(folder), FHEModelServer(folder)
        begun = time.perf_counter()
        client.generate_private_and_evaluation_keys()
        keys = time.perf_counter() - begun
        evaluation_keys = client.get_serialized_evaluation_keys()
        server.load()
        encrypt, evaluate, decrypt = [], [], []
        for at in range(repetitions):
            begun = time.perf_counter()
            encrypted = client.quantize_encrypt_serialize(rows[at : at + 1].astype("float64"))
            encrypt.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            result = server.run(encrypted, evaluation_keys)
            evaluate.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            client.deserialize_decrypt_dequantize(result)
            decrypt.append(time.perf_counter() - begun)
    return {
        "name": name,
        "encrypt_s": statistics.median(encrypt),
        "evaluate_s": statistics.median(evaluate),
        "decrypt_s": statistics.median(decrypt),
        "key_generation_s": keys,
        "evaluation_key_bytes": len(evaluation_keys),
        "input_bytes": len(encrypted),
        "result_bytes": len(result),
        "accuracy": accuracy,
    }


def main():
    models = Path(sys.argv[1])
    repetitions = 2 if "--quick" in sys.argv else 7
    cases = [
        ("digits, linear 64 x 10", linear),
        ("digits, perceptron 64-32-10", perceptron),
        ("tumours, forest of 8 trees", forest),
    ]
    results = []
    for name, make in cases:
        try:
            results.append(measure(name, make, models, repetitions))
        except Exception as error:  # Concrete ML has no common class for its errors
            print(f"concrete: {name}: {type(error).__name__}: {error}", file=sys.stderr)
    import concrete.ml

    print(json.dumps({"version": concrete.ml.__version__, "models": results}, indent=2))


if __name__ == "__main__":
    main()
