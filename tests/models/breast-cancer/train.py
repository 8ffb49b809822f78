#!/usr/bin/env python3
"""Makes the tree ensemble of this folder, its held-out rows and manifest.json.

    train.py           regenerate the folder
    train.py --check   regenerate elsewhere and compare; then run ONNX Runtime on every held-out row.
                       Exit status 1 if a byte or an answer differs

Trees are grown on binary32 features with fixed seeds, from counts alone, so the file comes out the same.
"""

import argparse
import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

try:
    import numpy as np
    import onnx
    import skl2onnx
    import sklearn
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import train_test_split
except ImportError as error:
    sys.exit(f"{error}; install the pinned versions with: python3 -m pip install -r {HERE / 'requirements.txt'}")

SEED = 2026
HELD_OUT = 170
OPSETS = {"": 17, "ai.onnx.ml": 3}
GENERATED = ("*.onnx", "*.npy", "manifest.json")

MODELS = {
    "tumours-forest": RandomForestClassifier(8, max_depth=3, random_state=SEED),
}


def generate(folder):
    """Trains every model and writes every generated file into `folder`."""
    rows, labels = load_breast_cancer(return_X_y=True)
    rows = rows.astype("<f4")
    train_rows, rows, train_labels, labels = train_test_split(
        rows, labels, test_size=HELD_OUT, stratify=labels, random_state=SEED
    )
    np.save(folder / "heldout.npy", rows)
    np.save(folder / "heldout_labels.npy", labels.astype("<i8"))

    models = {}
    for name, model in MODELS.items():
        model.fit(train_rows, train_labels)
        converted = skl2onnx.to_onnx(model, train_rows[:1], options={"zipmap": False}, target_opset=OPSETS)
        converted.graph.name = name  # skl2onnx draws a random one
        (folder / f"{name}.onnx").write_bytes(converted.SerializeToString(deterministic=True))
        predicted = model.predict(rows)
        models[name] = {
            "file": f"{name}.onnx",
            "accuracy": {"all": (predicted == labels).mean().item()},
            "predicted": predicted.tolist(),
        }

    manifest = {
        "data": "Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street and W. Street, UCI, CC BY 4.0",
        "versions": {
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "onnx": onnx.__version__,
            "skl2onnx": skl2onnx.__version__,
        },
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
    """One line for each model of `folder` whose labels in ONNX Runtime are not scikit-learn's."""
    try:
        import onnxruntime
    except ImportError as error:
        sys.exit(f"{error}; install it with: python3 -m pip install -r {HERE / 'requirements.txt'}")
    rows = np.load(fresh / "heldout.npy")
    models = json.loads((fresh / "manifest.json").read_text(encoding="utf-8"))["models"]
    for name, model in models.items():
        session = onnxruntime.InferenceSession(folder / model["file"], providers=["CPUExecutionProvider"])
        labels = session.run(["label"], {"X": rows})[0]
        wrong = np.flatnonzero(labels != model["predicted"]).tolist()
        if wrong:
            yield f"{name}: ONNX Runtime and scikit-learn disagree on {len(wrong)} held-out rows, the first {wrong[:10]}"
        print(f"{name}: accuracy {model['accuracy']['all']:.4f}")


def check():
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        generate(fresh)
        found = [*differences(HERE, fresh), *wrong_answers(HERE, fresh)]
        files = len(generated_files(fresh))
    if found:
        print(*found, sep="\n", file=sys.stderr)
        sys.exit("check failed; were the versions of requirements.txt installed? train.py without arguments regenerates")
    print(f"{files} files are as regenerated; ONNX Runtime answers as scikit-learn on {HELD_OUT} held-out rows")


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
