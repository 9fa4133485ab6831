"""Taxon's own recipe, written well in PyTorch: what a good engineer reaches without Taxon.

Mean-pooled features of the frozen encoder, in batches sorted by length; a linear head solved on them by full-batch Adam;
then all layers fine-tuned from there: layer-wise learning rates, AdamW (the fused kernel; word rows lazily, those of the batch
alone), 10 % warm-up, linear decay, gradient norm clipped at 1, no dropout, batches of texts of like length in random order.
`seconds` is embedding, head and training; loading, tokenizing and scoring stand outside the clock.
"""

import copy
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
arguments.add_argument("--tokens-per-step", type=int, default=1024, help="on average; every batch has as many texts")
arguments.add_argument("--word-rows", choices=["dense", "lazy"], default="dense", help="AdamW on all word rows, or on the batch's")
arguments.add_argument("--learning-rate", type=float, default=1e-4)
arguments.add_argument("--layer-decay", type=float, default=0.9)
arguments.add_argument("--max-length", type=int, default=64)
arguments.add_argument("--keep", type=float, default=1, help="share of the texts, those of highest loss, that an epoch takes")
arguments.add_argument("--seed", type=int, default=0)
options = arguments.parse_args()

import torch
from sklearn.metrics import accuracy_score, f1_score
from torch.nn.functional import cross_entropy, embedding, normalize
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel, AutoTokenizer

torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
random.seed(options.seed)
bf16 = options.precision == "bf16"
folder = peer.encoder_folder()
tokenizer = AutoTokenizer.from_pretrained(folder)


class Part:
    def __init__(self, name: str, label_ids: dict[str, int] | None = None):
        rows = peer.read_jsonl(options.data / f"{name}.jsonl")
        labels = [str(row[options.label_column]) for row in rows]
        self.label_ids = label_ids or {label: index for index, label in enumerate(sorted(set(labels)))}
        self.labels = torch.tensor([self.label_ids[label] for label in labels])
        texts = [row[options.text_column] for row in rows]
        ids = tokenizer(texts, truncation=True, max_length=options.max_length)["input_ids"]
        self.ids = [torch.tensor(text) for text in ids]
        self.lengths = torch.tensor([len(text) for text in ids])

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, chosen: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        ids = pad_sequence([self.ids[i] for i in chosen], batch_first=True)
        return ids, (torch.arange(ids.shape[1]) < self.lengths[chosen, None]).long()

    def by_length(self, indices: list[int], size: int) -> list[list[int]]:
        order = sorted(indices, key=lambda i: len(self.ids[i]))
        return [order[i : i + size] for i in range(0, len(order), size)]

    def shuffled_batches(self, indices: list[int], size: int) -> list[list[int]]:
        """Random groups of 50 batches, each sorted by length and cut, all batches shuffled."""
        order = random.sample(indices, len(indices))
        groups = [order[start : start + 50 * size] for start in range(0, len(order), 50 * size)]
        batches = [batch for group in groups for batch in self.by_length(group, size)]
        random.shuffle(batches)
        return batches


class LazyWords:
    """AdamW on the word rows of the batch alone: dense, clipping and AdamW pass over 30,522 rows to change 300."""

    def __init__(self, table: torch.Tensor):
        self.table = table.detach()
        self.m, self.v = torch.zeros_like(self.table), torch.zeros_like(self.table)
        self.steps = 0

    def fetch(self, ids: torch.Tensor) -> torch.Tensor:
        self.words, places = ids.unique(return_inverse=True)
        self.rows = self.table[self.words].requires_grad_()
        return embedding(places, self.rows)

    def step(self, rate: float, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01) -> None:
        self.steps += 1
        gradient = self.rows.grad
        m = self.m[self.words].lerp_(gradient, 1 - beta1)
        v = self.v[self.words].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        denominator = v.sqrt().div_((1 - beta2**self.steps) ** 0.5).add_(epsilon)
        rows = self.rows.detach().mul_(1 - rate * weight_decay)
        self.table[self.words] = rows.addcdiv_(m, denominator, value=-rate / (1 - beta1**self.steps))
        self.m[self.words], self.v[self.words] = m, v


lazy = options.word_rows == "lazy"
train = Part("train")
validation, test = (Part(name, train.label_ids) for name in ("validation", "test"))
batch_size = max(1, round(options.tokens_per_step / train.lengths.float().mean().item()))
encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="sdpa", dtype=torch.float32)
encoder.eval()  # switches dropout off; gradients flow all the same
head = torch.nn.Linear(encoder.config.hidden_size, len(train.label_ids))


def pooled(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = mask[..., None].float()
    return normalize((hidden.float() * weights).sum(1) / weights.sum(1))


def embed(part: Part, exactly: bool = False) -> torch.Tensor:
    # In bf16 throughout, weights cast once: a little faster than autocast, which casts them in every batch.
    model = copy.deepcopy(encoder).to(torch.bfloat16) if bf16 and not exactly else encoder
    result = torch.empty(len(part), encoder.config.hidden_size)
    with torch.inference_mode():
        for chosen in part.by_length(list(range(len(part))), 128):
            ids, mask = part.batch(chosen)
            result[chosen] = pooled(model(input_ids=ids, attention_mask=mask).last_hidden_state, mask)
    return result


def solve_head(x: torch.Tensor, y: torch.Tensor, iterations: int = 60, l2: float = 1e-5) -> torch.Tensor:
    """@returns the loss of each text"""
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.5, betas=(0.9, 0.99), fused=True)
    for iteration in range(iterations):
        optimizer.param_groups[0]["lr"] = 0.5 * (1 - iteration / iterations)
        optimizer.zero_grad(set_to_none=True)
        losses = cross_entropy(head(x), y, reduction="none")
        (losses.mean() + 0.5 * l2 * head.weight.square().sum()).backward()
        optimizer.step()
    return losses.detach()


def parameter_groups() -> list[dict]:
    """A group for each depth, with and without weight decay; without the word rows where they are updated lazily."""
    layers = encoder.config.num_hidden_layers
    groups: dict[tuple[int, bool], list] = {}
    for name, parameter in encoder.named_parameters():
        if lazy and name.endswith("word_embeddings.weight"):
            continue
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


def fine_tune(losses: torch.Tensor) -> tuple[int, int]:
    """@returns steps and their real tokens"""
    optimizer = torch.optim.AdamW(parameter_groups(), fused=True)
    words = LazyWords(encoder.embeddings.word_embeddings.weight.requires_grad_(False)) if lazy else None
    words_rate = options.learning_rate * options.layer_decay**encoder.config.num_hidden_layers
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    kept = max(1, round(options.keep * len(train)))
    steps = max(1, round(options.epochs * -(-kept // batch_size)))
    batches: list[list[int]] = []
    tokens = 0
    for step in range(steps):
        if not batches:
            batches = train.shuffled_batches(losses.topk(kept).indices.sort().values.tolist(), batch_size)
        chosen = batches.pop()
        progress = (step + 0.5) / steps
        factor = min(progress / 0.1, (1 - progress) / 0.9)
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * factor
        ids, mask = train.batch(chosen)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            given = {"inputs_embeds": words.fetch(ids)} if words else {"input_ids": ids}
            hidden = encoder(**given, attention_mask=mask).last_hidden_state
        batch_losses = cross_entropy(head(pooled(hidden, mask)), train.labels[chosen], reduction="none")
        batch_losses.mean().backward()
        torch.nn.utils.clip_grad_norm_([*parameters, *([words.rows] if words else [])], 1.0, foreach=True)
        optimizer.step()
        if words:
            words.step(words_rate * factor)
        losses[chosen] = batch_losses.detach()
        tokens += int(mask.sum())
    return steps, tokens


def score(part: Part) -> dict:
    with torch.inference_mode():
        predicted = head(embed(part, exactly=True)).argmax(-1)
    return {
        "accuracy": float(accuracy_score(part.labels, predicted)),
        "macroF1": float(f1_score(part.labels, predicted, average="macro")),
    }


clock = [time.perf_counter()]
frozen = embed(train)
clock.append(time.perf_counter())
known_losses = solve_head(frozen.clone(), train.labels)  # a clone: autograd refuses tensors of inference_mode
clock.append(time.perf_counter())
steps, tokens = fine_tune(known_losses)
clock.append(time.perf_counter())
stages = dict(zip(("embed", "head", "train"), (round(b - a, 2) for a, b in zip(clock, clock[1:]))))
seconds = round(clock[-1] - clock[0], 2)
scores, validation_accuracy = score(test), score(validation)["accuracy"]
print(f"{options.epochs} epochs: {stages}, test accuracy {scores['accuracy']:.4f}", flush=True)
peer.finish(
    {
        "precision": options.precision,
        "epochs": [
            {
                "epoch": options.epochs,
                "seconds": seconds,
                "accuracy": scores["accuracy"],
                "validationAccuracy": validation_accuracy,
            }
        ],
        "settings": {
            "batch": batch_size,
            "learningRate": options.learning_rate,
            "keep": options.keep,
            "wordRows": options.word_rows,
            "seed": options.seed,
            "threads": options.threads,
            "maxLength": options.max_length,
        },
        "seed": options.seed,
        "validationAccuracy": validation_accuracy,
        **scores,
        "seconds": seconds,
        "stages": stages,
        "steps": steps,
        "tokensPerSecond": round(tokens / stages["train"]),
    },
    ("torch", "transformers", "scikit-learn"),
)
