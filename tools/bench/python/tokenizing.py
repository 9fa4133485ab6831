"""Times the Rust library `tokenizers` on one thread. (Not called tokenize.py: that is a module of Python's own.)"""

import hashlib
import json
import statistics
import struct
import sys
import time

import peer  # turns the library's threads off
import tokenizers

request = json.loads(sys.argv[1])
with open(request["texts"], encoding="utf-8") as file:
    sets = json.load(file)


def measure(texts: list[str]) -> dict:
    """The library's fastest way: batches without offsets where it has them, else batches, else text by text."""
    best: dict = {}
    for way in ("encode_batch_fast", "encode_batch", "encode"):
        tokenizer = tokenizers.Tokenizer.from_file(request["folder"] + "/tokenizer.json")
        tokenizer.no_padding()
        tokenizer.no_truncation()
        encode = getattr(tokenizer, way, None)
        if encode is None:
            continue
        rates, encodings = [], []
        end = time.perf_counter() + request["seconds"]
        while len(rates) < 3 or time.perf_counter() < end:
            started = time.perf_counter()
            encodings = [encode(text) for text in texts] if way == "encode" else encode(texts)
            rates.append(len(texts) / (time.perf_counter() - started))
        if statistics.median(rates) <= best.get("textsPerSecond", 0):
            continue
        digest, tokens = hashlib.sha256(), 0
        for encoding in encodings:
            digest.update(struct.pack(f"<{len(encoding.ids)}i", *encoding.ids))
            tokens += len(encoding.ids)
        best = {
            "way": way,
            "textsPerSecond": statistics.median(rates),
            "firstPassTextsPerSecond": rates[0],
            "tokens": tokens,
            "digest": digest.hexdigest(),
        }
    return best


peer.finish({name: measure(texts) for name, texts in sets.items()}, ("tokenizers",))
