"""ONNX Runtime in Python on our exported onnx/model.onnx: as it is, and after its own quantize_dynamic."""

import json
import logging
import os
import statistics
import sys
import time

import numpy as np
import peer
import onnxruntime as ort
import tokenizers
from onnxruntime.quantization import QuantType, quantize_dynamic

logging.disable(logging.WARNING)
request = json.loads(sys.argv[1])
with open(request["texts"], encoding="utf-8") as file:
    rows = json.load(file)
texts = [row["text"] for row in rows]
labels = np.array(request["labels"])
tokenizer = tokenizers.Tokenizer.from_file(request["folder"] + "/tokenizer.json")
whole = request["folder"] + "/onnx/model.onnx"
quantized = request["scratch"] + "/peer-int8.onnx"
quantize_dynamic(whole, quantized, weight_type=QuantType.QInt8, per_channel=True)

BATCH = 32


def session_of(path: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    # As Taxon's threads, its own do not spin while they wait.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path, options)


def answer(session: ort.InferenceSession, some: list[str]) -> np.ndarray:
    tokenizer.enable_padding()
    batch = tokenizer.encode_batch(some)
    ids = np.array([one.ids for one in batch], dtype=np.int64)
    mask = np.array([one.attention_mask for one in batch], dtype=np.int64)
    return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]


def measure(session: ort.InferenceSession) -> tuple[list[float], float, float]:
    at = [texts[(i * 37) % len(texts)] for i in range(request["singles"])]
    for text in at[:30]:
        answer(session, [text])
    times = []
    for text in at:
        started = time.perf_counter()
        answer(session, [text])
        times.append(1000 * (time.perf_counter() - started))
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    right = 0
    started = time.perf_counter()
    for begin in range(0, len(order), BATCH):
        part = order[begin : begin + BATCH]
        best = answer(session, [texts[i] for i in part]).argmax(axis=1)
        right += sum(labels[b] == rows[i]["label"] for b, i in zip(best, part))
    return times, len(texts) / (time.perf_counter() - started), right / len(texts)


models = []
for name, path in (("onnxruntime fp32 (Python)", whole), ("onnxruntime int8 (Python)", quantized)):
    session = session_of(path)
    rounds = [measure(session) for _ in range(request["rounds"])]
    times = sorted(value for one in rounds for value in one[0])
    models.append(
        {
            "name": name,
            "accuracy": rounds[0][2],
            "milliseconds": statistics.median(times),
            "quickestMilliseconds": times[len(times) // 10],
            "textsPerSecond": statistics.median(one[1] for one in rounds),
            "megabytes": os.path.getsize(path) / 1e6,
        }
    )
peer.finish({"models": models}, ("onnxruntime",))
