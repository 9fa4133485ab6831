"""Times one training step (forward, backward, clipping, AdamW) of a BERT classifier on full rows."""

import time

import peer

arguments = peer.parser(__doc__)
arguments.add_argument("--hidden", type=int, default=384)
arguments.add_argument("--layers", type=int, default=6)
arguments.add_argument("--heads", type=int, default=12)
arguments.add_argument("--labels", type=int, default=150)
arguments.add_argument("--rows", type=int, default=32)
arguments.add_argument("--length", type=int, default=128)
arguments.add_argument("--dropout", type=float, default=0.0)
arguments.add_argument("--seconds", type=float, default=20.0, help="time to measure for, after two steps to warm up")
options = arguments.parse_args()

import torch
from transformers import BertConfig, BertForSequenceClassification

torch.set_num_threads(options.threads)
torch.manual_seed(0)
model = BertForSequenceClassification(
    BertConfig(
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        intermediate_size=4 * options.hidden,
        hidden_dropout_prob=options.dropout,
        attention_probs_dropout_prob=options.dropout,
        num_labels=options.labels,
        attn_implementation="sdpa",
    )
)
model.train()
decayed = [p for name, p in model.named_parameters() if not ("bias" in name or "LayerNorm" in name)]
plain = [p for name, p in model.named_parameters() if "bias" in name or "LayerNorm" in name]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=5e-5, fused=True
)
ids = torch.randint(1000, 30000, (options.rows, options.length))
mask = torch.ones_like(ids)
labels = torch.randint(0, options.labels, (options.rows,))


def step() -> float:
    started = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
    optimizer.step()
    return time.perf_counter() - started


for _ in range(2):
    step()
times: list[float] = []
deadline = time.perf_counter() + options.seconds
while len(times) < 5 or time.perf_counter() < deadline:
    times.append(step())

peer.finish(
    {
        "precision": options.precision,
        "times": times,
    },
    ("torch", "transformers"),
)
