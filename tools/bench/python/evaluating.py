"""What scikit-learn takes for what Taxon's reports evaluate, where it does the same, on the same answers.

Prints one JSON line: milliseconds by task and function.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

request = json.loads(sys.argv[1])
try:
    from sklearn import metrics
except ImportError:
    print(json.dumps({"skipped": "scikit-learn is not installed"}))
    sys.exit()

folder, labels = Path(request["folder"]), request["labels"]


def timed(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def multi_label():
    logits = np.fromfile(folder / "multi.logits", np.float32).reshape(-1, labels)
    expected = np.fromfile(folder / "multi.expected", np.uint8).reshape(-1, labels)
    predicted = (logits >= 0).astype(np.uint8)
    carried = expected[:, expected.any(axis=0)], logits[:, expected.any(axis=0)]

    def ranking():
        metrics.coverage_error(expected, logits)
        metrics.label_ranking_loss(expected, logits)
        metrics.label_ranking_average_precision_score(expected, logits)
        metrics.average_precision_score(*carried, average=None)
        metrics.average_precision_score(expected, logits, average="micro")

    def thresholds():
        """The best threshold of every label; Taxon finds one for all labels too, and the curves."""
        for label in range(labels):
            precision, recall, cuts = metrics.precision_recall_curve(expected[:, label], logits[:, label])
            f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
            cuts[min(int(f1.argmax()), len(cuts) - 1)]

    return {
        "metrics": timed(lambda: metrics.classification_report(expected, predicted, output_dict=True, zero_division=0)),
        "ranking": timed(ranking),
        "thresholds": timed(thresholds),
    }


def single_label():
    logits = np.fromfile(folder / "single.logits", np.float32).reshape(-1, labels)
    expected = np.fromfile(folder / "single.expected", np.int32)
    predicted = logits.argmax(axis=1)
    names = np.arange(labels)

    def report():
        metrics.classification_report(expected, predicted, labels=names, output_dict=True, zero_division=0)
        metrics.balanced_accuracy_score(expected, predicted)
        metrics.matthews_corrcoef(expected, predicted)

    return {
        "metrics": timed(report),
        "confusion": timed(lambda: metrics.confusion_matrix(expected, predicted, labels=names)),
        "topK": timed(lambda: [metrics.top_k_accuracy_score(expected, logits, k=k, labels=names) for k in (1, 3, 5)]),
    }


print(json.dumps({"multiLabel": multi_label(), "singleLabel": single_label()}))
