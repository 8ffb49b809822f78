#!/usr/bin/env python3
"""Puts what scripts/bench-fhe measured together: report.py BENCH DIGESTS CONCRETE [--json] [--write DOCUMENT].

BENCH and CONCRETE are JSON files (the latter may be empty), DIGESTS has lines `NAME HASH`. With --write the tables of a
document between its two markers are replaced.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

BEGIN, END = "<!-- measured by scripts/bench-fhe -->", "<!-- end of what was measured -->"


def read(arguments):
    report = json.loads(Path(arguments.bench).read_text())
    digests = defaultdict(Counter)
    for line in Path(arguments.digests).read_text().splitlines():
        name, digest = line.rsplit(" ", 1)
        digests[name][digest] += 1
    report["digests"] = {
        name: {"runs": sum(found.values()), "different": len(found), "all": sorted(found)} for name, found in digests.items()
    }
    concrete = Path(arguments.concrete).read_text()
    report["concrete"] = json.loads(concrete) if concrete.strip() else None
    return report


def seconds(value):
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms" if value >= 0.001 else f"{value * 1e6:.0f} µs"


def size(value):
    return "none" if not value else f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.1f} kB"


def percent(value):
    return "" if value is None else f"{value * 100:.1f} %"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def text(report):
    machine = report["machine"]
    features = [name for name in ("avx2", "fma", "avx512") if machine[name]]
    parts = [
        f"Measured on {machine['model']}, {report['cores']} cores, {', '.join(features)}; medians of up to {report['repetitions']}"
        f" runs. Concrete ML is measured after the rest, on the same machine. One bootstrap on one core: {seconds(report['single_bootstrap_s'])}. Making the keys:"
        f" {seconds(report['key_generation_s'])}; expanding the evaluation key: {seconds(report['key_expansion_s'])}."
        f" Client key {size(report['client_key_bytes'])}."
    ]
    theirs = {model["name"]: model for model in (report["concrete"] or {"models": []})["models"]}
    rows = []
    for ours in report["models"]:
        for label, model in (("DeepNode", ours), ("Concrete ML", theirs.get(ours["name"]))):
            if model is None:
                continue
            exact = percent(model.get("accuracy"))
            if label == "DeepNode" and model["float_accuracy"] is not None:
                exact += f" (float {percent(model['float_accuracy'])})"
            rows.append(
                [
                    model["name"],
                    label,
                    model.get("bootstraps", ""),
                    seconds(model["evaluate_s"]),
                    f"{model['of_ideal']:.2f}" if model.get("of_ideal") else "",
                    seconds(model["encrypt_s"]),
                    seconds(model["decrypt_s"]),
                    exact,
                    size(model["evaluation_key_bytes"]),
                    size(model["input_bytes"]),
                    size(model["result_bytes"]),
                ]
            )
    header = ["model", "by", "bootstraps", "evaluate", "of ideal", "encrypt", "decrypt", "accuracy", "key", "input", "result"]
    parts.append(table(header, rows))
    parts.append("*Of ideal* is the time over bootstraps x one bootstrap / cores.")
    integers = report["integers"]
    if integers:
        parts.append(
            f"784 x 10 products and sums through tfhe's `{integers['type']}`: {seconds(integers['each_s'])} each, measured on"
            f" {integers['measured']}; {seconds(integers['extrapolated_s'])} for all 7840,"
            f" **{integers['times_slower']:.0f} times** as long as the linear circuit."
        )
    if not report["concrete"]:
        parts.append("Concrete ML was not measured: it could not be installed.")
    rows = [[name, found["runs"], found["different"]] for name, found in report["digests"].items()]
    parts.append("The same question (digits, perceptron), each time in a new process:")
    parts.append(table(["build", "runs", "different results"], rows))
    if not machine["avx512"]:
        parts.append("This machine has no AVX-512, so a build that uses it was not compared.")
    return "\n\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench")
    parser.add_argument("digests")
    parser.add_argument("concrete")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write")
    arguments = parser.parse_args()
    report = read(arguments)
    shown = text(report)
    if arguments.write:
        document = Path(arguments.write)
        old = document.read_text(encoding="utf-8")
        if BEGIN not in old or END not in old:
            sys.exit(f"{document} has not the markers {BEGIN} and {END}")
        before, rest = old.split(BEGIN, 1)
        document.write_text(f"{before}{BEGIN}\n\n{shown}\n\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")
    print(json.dumps(report, indent=2) if arguments.json else shown)


if __name__ == "__main__":
    main()
