"""What scikit-learn takes for what Taxon's reports evaluate, where it does the same. Prints one JSON line: milliseconds by name."""

import json
import sys
import time

import numpy as np

request = json.loads(sys.argv[1])
try:
    from sklearn.metrics import classification_report, label_ranking_average_precision_score, precision_recall_curve
except ImportError:
    print(json.dumps({"skipped": "scikit-learn is not installed"}))
    sys.exit()

texts, labels = request["texts"], request["labels"]
random = np.random.default_rng(0)
logits = (-5 + 2 * (random.random((texts, labels)) - 0.5)).astype(np.float32)
expected = np.zeros((texts, labels), np.uint8)
rows = np.arange(texts)
for _ in range(3):
    label = (labels * random.random(texts) ** 2).astype(int)
    expected[rows, label] = 1
    right = random.random(texts) < 0.85
    logits[rows[right], label[right]] = 4 * random.random(right.sum())
predicted = (logits >= 0).astype(np.uint8)


def timed(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def thresholds():
    """The best threshold of every label, from its precision-recall curve."""
    for label in range(labels):
        precision, recall, cuts = precision_recall_curve(expected[:, label], logits[:, label])
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        cuts[min(int(f1.argmax()), len(cuts) - 1)]


print(
    json.dumps(
        {
            "metrics": timed(lambda: classification_report(expected, predicted, output_dict=True, zero_division=0)),
            "ranking": timed(lambda: label_ranking_average_precision_score(expected, logits)),
            "thresholds": timed(thresholds),
        }
    )
)
