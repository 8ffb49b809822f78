#!/usr/bin/env python3
"""Makes the two digit classifiers of this folder, their held-out images and manifest.json.

    train.py           regenerate the folder
    train.py --check   regenerate elsewhere and compare; then run ONNX Runtime on every held-out image.
                       Exit status 1 if a byte or an answer differs

Training in double precision differs by about 1e-15 between processors and thread counts. Every weight is
therefore rounded to a multiple of 2^-20 afterwards, so that the files come out the same; scikit-learn's
reference answers come from the rounded weights, which are exactly those in the ONNX files.
"""

import argparse
import hashlib
import json
import re
import struct
import sys
import tempfile
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent

try:
    import numpy as np
    import onnx
    import sklearn
    from onnx import TensorProto, helper, numpy_helper
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier
except ImportError as error:
    sys.exit(f"{error}; install the pinned versions with: python3 -m pip install -r {HERE / 'requirements.txt'}")

SEED = 2026
HELD_OUT = 450
CALIBRATION = 300
PIXEL_MAX = 16  # pixels are 0..16; a power of two, so folding it into the weights is exact
GRID = 2.0**20
OPSET, IR_VERSION = 17, 9
GENERATED = ("*.onnx", "*.npy", "heldout/*.png", "manifest.json")


# --- Training ---------------------------------------------------------------------------------------


def on_grid(weights, scale=1):
    """Rounds to the grid, divides by `scale`, and proves that f32 holds the result exactly."""
    rounded = np.round(weights * GRID) / GRID / scale + 0.0  # no -0.0
    assert np.array_equal(rounded, rounded.astype(np.float32)), "a weight is too large for the grid"
    return rounded


def train_linear(images, labels):
    """Multinomial logistic regression; takes raw pixels once its weights have been scaled."""
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=100)
    model.fit(images / PIXEL_MAX, labels)
    model.coef_, model.intercept_ = on_grid(model.coef_, PIXEL_MAX), on_grid(model.intercept_)
    return model, [(model.coef_, model.intercept_)]


def train_mlp(images, labels):
    """64-32-10 with ReLU; takes raw pixels once its weights have been scaled."""
    model = MLPClassifier((32,), activation="relu", alpha=0.01, max_iter=500, random_state=SEED)
    model.fit(images / PIXEL_MAX, labels)
    model.coefs_ = [on_grid(model.coefs_[0], PIXEL_MAX), on_grid(model.coefs_[1])]
    model.intercepts_ = [on_grid(bias) for bias in model.intercepts_]
    return model, [(weights.T, bias) for weights, bias in zip(model.coefs_, model.intercepts_)]


MODELS = {"digits-linear": train_linear, "digits-mlp": train_mlp}


# --- Files ------------------------------------------------------------------------------------------


def onnx_bytes(name, layers):
    """Gemm, Relu, Gemm, ...: each layer is (weights [out, in], bias [out])."""
    nodes, tensors, value = [], [], "pixels"
    for index, (weights, bias) in enumerate(layers, 1):
        last = index == len(layers)
        for kind, array in (("weight", weights), ("bias", bias)):
            contiguous = np.ascontiguousarray(array, dtype=np.float32)
            tensors.append(numpy_helper.from_array(contiguous, f"layer{index}.{kind}"))
        out = "logits" if last else f"layer{index}"
        inputs = [value, f"layer{index}.weight", f"layer{index}.bias"]
        nodes.append(helper.make_node("Gemm", inputs, [out], name=f"gemm{index}", transB=1))
        value = out
        if not last:
            value = f"layer{index}.relu"
            nodes.append(helper.make_node("Relu", [out], [value], name=f"relu{index}"))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", layers[0][0].shape[1]])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", layers[-1][0].shape[0]])],
        tensors,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="deepnode-digits"
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def png_bytes(image):
    """An 8-bit greyscale PNG, stored uncompressed so that no zlib version changes its bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = [bytes(round(value * 255 / PIXEL_MAX) for value in row) for row in image.reshape(8, 8).tolist()]
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def generate(folder):
    """Trains both models and writes every generated file into `folder`."""
    images, labels = load_digits(return_X_y=True)
    train_images, images, train_labels, labels = train_test_split(
        images, labels, test_size=HELD_OUT, stratify=labels, random_state=SEED
    )

    (folder / "heldout").mkdir(parents=True, exist_ok=True)
    np.save(folder / "heldout.npy", images.astype("<f4"))
    np.save(folder / "heldout_labels.npy", labels.astype("<i8"))
    np.save(folder / "calibration.npy", train_images[:CALIBRATION].astype("<f4"))
    for index in range(10):
        (folder / "heldout" / f"{index:03}-label-{labels[index]}.png").write_bytes(png_bytes(images[index]))

    models = {}
    for name, train in MODELS.items():
        model, layers = train(train_images, train_labels)
        (folder / f"{name}.onnx").write_bytes(onnx_bytes(name, layers))
        predicted = model.predict(images)
        right = predicted == labels
        models[name] = {
            "file": f"{name}.onnx",
            "accuracy": {
                "all": right.mean().item(),
                "first_100": right[:100].mean().item(),
                "first_200": right[:200].mean().item(),
            },
            "predicted": predicted.tolist(),
        }

    manifest = {
        "data": "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI, CC BY 4.0",
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "onnx": onnx.__version__},
        "split": {"seed": SEED, "train": len(train_labels), "heldout": len(labels)},
        "models": models,
        "files": [
            {"name": name, "sha256": sha256(folder / name), "bytes": (folder / name).stat().st_size}
            for name in generated_files(folder)
            if name != "manifest.json"
        ],
    }
    text = json.dumps(manifest, indent=2)
    text = re.sub(r"\[[\d,\s]+\]", lambda numbers: re.sub(r"\s+", "", numbers[0]), text)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def generated_files(folder):
    return sorted(path.relative_to(folder).as_posix() for pattern in GENERATED for path in folder.glob(pattern))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- Checking ---------------------------------------------------------------------------------------


def differences(committed, fresh):
    """One line for each file that is not the same in both folders."""
    have, want = set(generated_files(committed)), set(generated_files(fresh))
    for name in sorted(have | want):
        if name not in have:
            yield f"missing: {name}"
        elif name not in want:
            yield f"not made by train.py: {name}"
        elif (old := sha256(committed / name)) != (new := sha256(fresh / name)):
            yield f"differs: {name}: sha256 {old} here, {new} regenerated"


def wrong_answers(folder, fresh):
    """One line for each model of `folder` whose answers in ONNX Runtime are not scikit-learn's."""
    try:
        import onnxruntime
    except ImportError as error:
        sys.exit(f"{error}; install it with: python3 -m pip install -r {HERE / 'requirements.txt'}")
    images = np.load(fresh / "heldout.npy")
    models = json.loads((fresh / "manifest.json").read_text(encoding="utf-8"))["models"]
    for name, model in models.items():
        try:
            session = onnxruntime.InferenceSession(folder / model["file"], providers=["CPUExecutionProvider"])
            batch = session.run(["logits"], {"pixels": images})[0]
            single = np.concatenate([session.run(["logits"], {"pixels": image[None]})[0] for image in images])
        except Exception as error:  # ONNX Runtime has no common class for its errors
            yield f"{name}: ONNX Runtime cannot run {model['file']}: {error}"
            continue
        for how, logits in (("in one batch", batch), ("one at a time", single)):
            wrong = np.flatnonzero(logits.argmax(axis=1) != model["predicted"]).tolist()
            if wrong:
                first = f"{len(wrong)} held-out images, the first of them {wrong[:10]}"
                yield f"{name}: ONNX Runtime, {how}, and scikit-learn disagree on {first}"
        margins = np.diff(np.sort(batch, axis=1)[:, -2:])
        print(
            f"{name}: accuracy {model['accuracy']['all']:.4f}, logits {batch.min():.3f} to {batch.max():.3f}, "
            f"smallest margin between first and second {margins.min():.4f}"
        )


def check():
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        generate(fresh)
        found = [*differences(HERE, fresh), *wrong_answers(HERE, fresh)]
        files = len(generated_files(fresh))
    if found:
        print(*found, sep="\n", file=sys.stderr)
        sys.exit("check failed; were the versions of requirements.txt installed? train.py without arguments regenerates")
    print(f"{files} files are as regenerated; ONNX Runtime answers as scikit-learn on {HELD_OUT} held-out images")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare and run, change nothing")
    if parser.parse_args().check:
        check()
        return
    for name in generated_files(HERE):
        (HERE / name).unlink()
    generate(HERE)


if __name__ == "__main__":
    main()
