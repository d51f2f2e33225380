"""The model card of an artifact: its data, its metrics and its limits.

Source: Mitchell et al., "Model Cards for Model Reporting", 2019.
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader

from names_predictor.artifact.store import VOCAB_FILE, Artifact
from names_predictor.conformal import thresholds
from names_predictor.inference.predictor import NamePredictor
from names_trainer.config import PLACES
from names_trainer.data.dataset import Dataset, label_ids
from names_trainer.evaluation.calibration import MOST_PER_LABEL, calibrated_on, rough_note
from names_trainer.evaluation.scoring import evaluate_subsets, predictions
from names_trainer.export.inspection import operators
from names_trainer.metrics import confusion_matrix, confusions, sets_of_rows

COVERAGES = (0.8, 0.9, 0.95)
CONFUSIONS = 15
LICENCE = re.compile(r"\blicen[sc]es?\b|^copyright\b", re.IGNORECASE)
ADDRESS = re.compile(r" *<[^>]*@[^>]*>")
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy"


def model_card(artifact: Artifact, dataset: Dataset) -> str:
    """Return the text of the card of `artifact`, which was trained on `dataset`.

    The metrics are those of the artifact in the predictor. The same artifact gets the same card. It
    mentions people, language and nationality if the labels have language codes, or if the
    model learned given names or full names; otherwise its words are neutral.
    """
    vocab = artifact.vocab
    config = vocab.provenance["config"]
    data = Path(config["data_dir"])
    rows, labels = dataset.split.test, vocab.labels
    probabilities, unlabelled = predictions(NamePredictor(artifact), rows)
    targets = label_ids(rows, labels)
    lowest = {coverage: thresholds(vocab.groups, len(labels), coverage) for coverage in COVERAGES}
    sets = {coverage: sets_of_rows(probabilities, lowest[coverage]) for coverage in COVERAGES}
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), probabilities.shape[1])
    environment = Environment(
        loader=PackageLoader("names_trainer.export", "."),
        autoescape=False,  # Markdown: `escaped` escapes special characters
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["escaped"] = escaped
    return environment.get_template("model_card.md.jinja").render(
        corpus=data.name if data.is_absolute() else data.as_posix(),
        split=dataset.split,
        fingerprint=dataset.corpus_fingerprint,
        config={key: value for key, value in config.items() if key not in PLACES},
        auxiliary=Path(config["auxiliary_dir"]).name,
        labels=labels,
        codes=vocab.codes,
        of_people=bool(vocab.codes or config["given_dir"]),
        has_given=bool(config["given_dir"]),
        characters=len(vocab.vocabulary.characters),
        int8="MatMulInteger" in operators(artifact.model),
        model_bytes=len(artifact.model),
        vocab_bytes=len(artifact.manifest),
        vocab_file=VOCAB_FILE,
        sha256=artifact.sha256,
        temperatures=vocab.temperatures,
        most_per_label=MOST_PER_LABEL,
        rough=rough_note(*calibrated_on(vocab)),
        provenance=vocab.provenance,
        subsets=evaluate_subsets(rows, probabilities, lowest[0.9], labels, dataset),
        unlabelled=unlabelled,
        training_rows=Counter(row.label for row in dataset.split.train),
        sets=[
            (coverage, held[np.arange(len(rows)), targets].mean(), held.sum(axis=1).mean())
            for coverage, held in sets.items()
        ],
        confusions=confusions(confusion, labels)[:CONFUSIONS],
        licences=licence_lines(data),
    )


def licence_lines(data: Path) -> dict[str, list[str]]:
    """Return the lines about a licence in and next to `data`, a folder or a file, by file.

    At most three lines that mention a licence or begin with a copyright, from each notice
    (`LICENSE*` in a folder, `LICENSE-*` next to it or above) and from the folder's `README*`.
    """
    above = list(data.resolve().parents)[:2] if data.exists() else []
    folders = [folder for folder in above if not (folder / ".git").exists()]  # that of its code
    files = [
        *(path for pattern in ("LICEN[CS]E*", "README*") for path in data.glob(pattern)),
        # Names that were given, not read, have no folder, and no notices either.
        *(path for folder in folders for path in folder.glob("LICEN[CS]E-*")),
    ]
    found = {}
    for path in sorted(files, key=lambda path: path.name):
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        lines = [
            line
            for raw in text.splitlines()
            if LICENCE.search(line := ADDRESS.sub("", raw).strip("# \t"))
        ]
        if MIT in " ".join(text.split()) and not any("MIT" in line for line in lines):
            lines.insert(0, "MIT License")
        if lines:
            found[path.name] = lines[:3]
    return found


def escaped(text: str) -> str:
    """Escape `text` for Markdown, also within a table."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)
