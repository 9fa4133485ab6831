"""Taxon's own recipe, written well in PyTorch: what a good engineer reaches without Taxon.

Mean-pooled features of the frozen encoder, in batches sorted by length; a linear head solved on them by full-batch Adam;
then all layers fine-tuned from there: layer-wise learning rates, AdamW (the fused kernel), 10 % warm-up, linear decay,
gradient norm clipped at 1, no dropout, batches of texts of like length in random order. `seconds` is embedding, head and
training; scoring stands outside the clock.
"""

import random
import time
import warnings
from pathlib import Path

import peer

warnings.filterwarnings("ignore")

arguments = peer.parser(__doc__)
arguments.add_argument("--data", type=Path, required=True, help="folder with train, validation and test .jsonl")
arguments.add_argument("--text-column", default="text")
arguments.add_argument("--label-column", default="label")
arguments.add_argument("--epochs", type=float, default=1)
arguments.add_argument("--batch", type=int, default=66)
arguments.add_argument("--learning-rate", type=float, default=1e-4)
arguments.add_argument("--layer-decay", type=float, default=0.9)
arguments.add_argument("--max-length", type=int, default=64)
arguments.add_argument("--seed", type=int, default=0)
options = arguments.parse_args()

import torch
from sklearn.metrics import accuracy_score, f1_score
from torch.nn.functional import cross_entropy, normalize
from transformers import AutoModel, AutoTokenizer

torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
random.seed(options.seed)
folder = peer.encoder_folder()
tokenizer = AutoTokenizer.from_pretrained(folder)


class Part:
    def __init__(self, name: str, label_ids: dict[str, int] | None = None):
        rows = peer.read_jsonl(options.data / f"{name}.jsonl")
        labels = [str(row[options.label_column]) for row in rows]
        self.label_ids = label_ids or {label: index for index, label in enumerate(sorted(set(labels)))}
        self.labels = torch.tensor([self.label_ids[label] for label in labels])
        texts = [row[options.text_column] for row in rows]
        self.ids = tokenizer(texts, truncation=True, max_length=options.max_length)["input_ids"]

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, chosen: list[int]):
        longest = max(len(self.ids[i]) for i in chosen)
        ids = torch.zeros(len(chosen), longest, dtype=torch.long)
        for row, i in enumerate(chosen):
            ids[row, : len(self.ids[i])] = torch.tensor(self.ids[i])
        return ids, (ids != 0).long()  # [PAD] is 0

    def sorted_batches(self, size: int) -> list[list[int]]:
        order = sorted(range(len(self)), key=lambda i: len(self.ids[i]))
        return [order[i : i + size] for i in range(0, len(order), size)]

    def shuffled_batches(self, size: int) -> list[list[int]]:
        """Random groups of 50 batches, each sorted by length and cut, all batches shuffled."""
        order = random.sample(range(len(self)), len(self))
        batches = []
        for start in range(0, len(order), 50 * size):
            group = sorted(order[start : start + 50 * size], key=lambda i: len(self.ids[i]))
            batches += [group[i : i + size] for i in range(0, len(group), size)]
        random.shuffle(batches)
        return batches


train = Part("train")
validation, test = (Part(name, train.label_ids) for name in ("validation", "test"))
encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="sdpa")
encoder.train()
for module in encoder.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = 0.0
    if hasattr(module, "dropout_prob"):
        module.dropout_prob = 0.0
head = torch.nn.Linear(encoder.config.hidden_size, len(train.label_ids))


def features(ids, mask):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
        hidden = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    weights = mask[..., None].float()
    return normalize((hidden.float() * weights).sum(1) / weights.sum(1))


def embed(part: Part) -> torch.Tensor:
    result = torch.empty(len(part), encoder.config.hidden_size)
    with torch.inference_mode():
        for chosen in part.sorted_batches(128):
            result[chosen] = features(*part.batch(chosen))
    return result


def solve_head(x: torch.Tensor, y: torch.Tensor, iterations: int = 60, l2: float = 1e-5) -> None:
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.5, betas=(0.9, 0.99), fused=True)
    for iteration in range(iterations):
        optimizer.param_groups[0]["lr"] = 0.5 * (1 - iteration / iterations)
        optimizer.zero_grad(set_to_none=True)
        (cross_entropy(head(x), y) + 0.5 * l2 * head.weight.square().sum()).backward()
        optimizer.step()


def parameter_groups() -> list[dict]:
    layers = encoder.config.num_hidden_layers
    groups: dict[tuple[int, bool], list] = {}
    for name, parameter in encoder.named_parameters():
        depth = layers if name.startswith("embeddings") else layers - 1 - int(name.split(".")[2])
        decays = not ("bias" in name or "LayerNorm" in name)
        groups.setdefault((depth, decays), []).append(parameter)
    groups.setdefault((0, True), []).append(head.weight)
    groups.setdefault((0, False), []).append(head.bias)
    return [
        {
            "params": parameters,
            "rate": options.learning_rate * options.layer_decay**depth,
            "lr": 0.0,
            "weight_decay": 0.01 if decays else 0.0,
        }
        for (depth, decays), parameters in groups.items()
    ]


def fine_tune() -> tuple[int, int]:
    optimizer = torch.optim.AdamW(parameter_groups(), fused=True)
    parameters = [*encoder.parameters(), *head.parameters()]
    batches = []
    while len(batches) < options.epochs * -(-len(train) // options.batch):
        batches += train.shuffled_batches(options.batch)
    batches = batches[: round(options.epochs * -(-len(train) // options.batch))]
    tokens = 0
    for step, chosen in enumerate(batches):
        progress = (step + 0.5) / len(batches)
        factor = min(progress / 0.1, (1 - progress) / 0.9)
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * factor
        ids, mask = train.batch(chosen)
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(head(features(ids, mask)), train.labels[chosen]).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        optimizer.step()
        tokens += int(mask.sum())
    return len(batches), tokens


def score(part: Part) -> dict:
    with torch.inference_mode():
        predicted = head(embed(part)).argmax(-1)
    return {
        "accuracy": float(accuracy_score(part.labels, predicted)),
        "macroF1": float(f1_score(part.labels, predicted, average="macro")),
    }


clock = [time.perf_counter()]
frozen = embed(train)
clock.append(time.perf_counter())
solve_head(frozen.clone(), train.labels)
clock.append(time.perf_counter())
steps, tokens = fine_tune()
clock.append(time.perf_counter())
stages = dict(zip(("embed", "head", "train"), (round(b - a, 2) for a, b in zip(clock, clock[1:]))))
seconds = round(clock[-1] - clock[0], 2)
scores = score(test)
print(f"{options.epochs} epochs: {stages}, test accuracy {scores['accuracy']:.4f}", flush=True)
peer.finish(
    {
        "precision": options.precision,
        "epochs": [{"epoch": options.epochs, "seconds": seconds, "accuracy": scores["accuracy"]}],
        "seed": options.seed,
        "validationAccuracy": score(validation)["accuracy"],
        **scores,
        "seconds": seconds,
        "stages": stages,
        "steps": steps,
        "tokensPerSecond": round(tokens / stages["train"]),
    },
    ("torch", "transformers", "scikit-learn"),
)
