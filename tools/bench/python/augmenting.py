"""Times nlpaug's word and key augmenters on one thread: `FILE`, a CSV with the column text. Skipped where nlpaug is not installed."""

import csv
import json
import sys
import time

try:
    import nlpaug.augmenter.char as char
    import nlpaug.augmenter.word as word
except ImportError as error:
    print(json.dumps({"skipped": f"no nlpaug in the peers' Python: {error}"}))
    sys.exit(0)

with open(sys.argv[1], encoding="utf-8") as file:
    texts = [row["text"] for row in csv.DictReader(file)]

augmenters = {
    "swap": lambda: word.RandomWordAug(action="swap", aug_p=0.1),
    "delete": lambda: word.RandomWordAug(action="delete", aug_p=0.1),
    "keyboard": lambda: char.KeyboardAug(aug_char_p=0.05),
    "synonyms": lambda: word.SynonymAug(aug_src="wordnet", aug_p=0.2),
}
figures: dict = {}
for name, make in augmenters.items():
    try:
        augmenter = make()
        augmenter.augment(texts[0])
    except Exception as error:  # such as WordNet, which NLTK would fetch
        figures[name] = {"skipped": str(error).strip().splitlines()[0][:200]}
        continue
    start = time.perf_counter()
    for text in texts:
        augmenter.augment(text)
    figures[name] = {"rowsPerSecond": len(texts) / (time.perf_counter() - start)}
print(json.dumps({"rows": len(texts), "methods": figures}))
