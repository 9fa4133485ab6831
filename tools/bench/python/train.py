"""Fine-tunes all-MiniLM-L6-v2 with Hugging Face's Trainer, at the settings that were best here.

Grouped by length, AdamW with weight decay 0.01, 10 % warm-up, linear decay, gradient norm clipped at 1. Epochs are
scored on the validation and the test part with the clock stopped: `seconds` is training alone.
"""

import tempfile
import time
import warnings
from pathlib import Path

import peer

warnings.filterwarnings("ignore")

arguments = peer.parser(__doc__)
arguments.add_argument("--data", type=Path, required=True, help="folder with train, validation and test .jsonl")
arguments.add_argument("--text-column", default="text")
arguments.add_argument("--label-column", default="label")
arguments.add_argument("--epochs", type=int, default=5)
arguments.add_argument("--batch", type=int, default=32)
arguments.add_argument("--learning-rate", type=float, default=2e-4)
arguments.add_argument("--max-length", type=int, default=64)
arguments.add_argument("--seed", type=int, default=42)
arguments.add_argument("--max-steps", type=int, default=-1, help="stop early, to try this script")
options = arguments.parse_args()

import torch
from sklearn.metrics import accuracy_score, f1_score
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

torch.set_num_threads(options.threads)


class Examples(torch.utils.data.Dataset):
    def __init__(self, path: Path, tokenizer, label_ids: dict[str, int] | None = None):
        rows = peer.read_jsonl(path)
        self.labels = [str(row[options.label_column]) for row in rows]
        self.label_ids = label_ids or {label: index for index, label in enumerate(sorted(set(self.labels)))}
        texts = [row[options.text_column] for row in rows]
        self.ids = tokenizer(texts, truncation=True, max_length=options.max_length)["input_ids"]
        self.tokens = sum(map(len, self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict:
        ids = self.ids[index]
        return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": self.label_ids[self.labels[index]]}


class CountingCollator(DataCollatorWithPadding):
    """Pads, and counts the real tokens of every batch that it hands out, in order."""

    def __init__(self, tokenizer):
        super().__init__(tokenizer)
        self.tokens: list[int] = []

    def __call__(self, features):
        batch = super().__call__(features)
        self.tokens.append(int(batch["attention_mask"].sum()))
        return batch


def score(trainer: Trainer, part: Examples) -> dict:
    output = trainer.predict(part)
    # Grouped by length, predictions come in another order than the data: only label_ids go with them.
    predicted, expected = output.predictions.argmax(-1), output.label_ids
    return {
        "accuracy": float(accuracy_score(expected, predicted)),
        "macroF1": float(f1_score(expected, predicted, average="macro")),
    }


class TrainingClock(TrainerCallback):
    """Time spent training, epoch by epoch, with the clock stopped while an epoch is scored."""

    def __init__(self, validation: Examples, test: Examples):
        self.validation, self.test = validation, test
        self.trainer: Trainer | None = None
        self.seconds = 0.0
        self.steps = 0
        self.epochs: list[dict] = []

    def on_train_begin(self, args, state, control, **_):
        self.started = time.perf_counter()

    def on_step_end(self, args, state, control, **_):
        self.steps += 1

    def on_epoch_end(self, args, state, control, **_):
        self.seconds += time.perf_counter() - self.started
        fetched = self.trainer.data_collator.tokens
        before = len(fetched)
        scores = score(self.trainer, self.test)
        scores["validationAccuracy"] = score(self.trainer, self.validation)["accuracy"]
        del fetched[before:]
        self.epochs.append({"epoch": len(self.epochs) + 1, "seconds": round(self.seconds, 2), **scores})
        print(f"epoch {len(self.epochs)}: {self.seconds:.1f} s, test accuracy {scores['accuracy']:.4f}", flush=True)
        self.trainer.model.train()
        self.started = time.perf_counter()


folder = peer.encoder_folder()
tokenizer = AutoTokenizer.from_pretrained(folder)
train = Examples(options.data / "train.jsonl", tokenizer)
parts = []
for name in ("validation.jsonl", "test.jsonl"):
    parts.append(Examples(options.data / name, tokenizer, train.label_ids))
    unseen = sorted(set(parts[-1].labels) - set(train.label_ids))
    if unseen:
        raise SystemExit(f"{options.data}/{name}: labels that train.jsonl lacks: {', '.join(unseen[:5])}")

torch.manual_seed(options.seed)  # the head's first values
model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(train.label_ids))
steps = -(-len(train) // options.batch) * options.epochs
clock = TrainingClock(*parts)
with tempfile.TemporaryDirectory() as output:
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=output,
            per_device_train_batch_size=options.batch,
            per_device_eval_batch_size=64,
            num_train_epochs=options.epochs,
            max_steps=options.max_steps,
            learning_rate=options.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=steps // 10,
            weight_decay=0.01,
            max_grad_norm=1.0,
            bf16=options.precision == "bf16",
            train_sampling_strategy="group_by_length",
            use_cpu=True,
            seed=options.seed,
            save_strategy="no",
            report_to=[],
            logging_steps=100,
            disable_tqdm=True,
        ),
        train_dataset=train,
        data_collator=CountingCollator(tokenizer),
        callbacks=[clock],
    )
    clock.trainer = trainer
    trainer.train()

final = clock.epochs[-1]
trained_tokens = sum(trainer.data_collator.tokens[: clock.steps])
peer.finish(
    {
        "precision": options.precision,
        "epochs": clock.epochs,
        "settings": {
            "batch": options.batch,
            "learningRate": options.learning_rate,
            "seed": options.seed,
            "threads": options.threads,
            "maxLength": options.max_length,
        },
        "seed": options.seed,
        "validationAccuracy": final["validationAccuracy"],
        "accuracy": final["accuracy"],
        "macroF1": final["macroF1"],
        "seconds": final["seconds"],
        "steps": clock.steps,
        "tokensPerSecond": round(trained_tokens / final["seconds"]),
    },
    ("torch", "transformers", "accelerate", "tokenizers", "scikit-learn"),
)
