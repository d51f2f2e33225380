"""Distillation: an ensemble of teachers labels names, and a student learns its probabilities.

The teachers are bidirectional LSTMs with an n-gram table, and, because they make different errors,
a linear SVM and naive Bayes on n-grams. The ensemble is better than each of them, and too large to
ship. The student learns its probabilities (soft labels) of the training names and of synthetic
names, which a character n-gram model of each label generates.

With auxiliary data (`auxiliary_dir`), the teachers learn it as a second task, and boosted trees
replace naive Bayes. The auxiliary names replace synthetic names, and half of the remaining
synthetic names are generated from them.

Full names are drawn anew for each epoch, so the teachers label them when they are drawn. These
teachers are networks like the student, because larger ones take hours for a million names.

Sources: Bucila, Caruana and Niculescu-Mizil, "Model Compression", 2006 (synthetic data labelled by
an ensemble); Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from names_predictor.artifact.files import write_atomically
from names_predictor.errors import NamesError
from names_trainer.data.dataset import EncodedNames, encode_names, label_ids
from names_trainer.distillation.ngram_teachers import (
    bayes_log_probs,
    svm_log_probs,
    trees_log_probs,
)
from names_trainer.distillation.pooling import pool_weights
from names_trainer.distillation.synthetic_names import synthetic_names
from names_trainer.evaluation.calibration import class_priors
from names_trainer.models.lstm import NameLSTM, logits_of
from names_trainer.models.threads import fixed_threads
from names_trainer.runs.folders import NAMES_FILE, SOFT_LABELS_FILE, TEACHERS_FOLDER
from names_trainer.runs.run import Run
from names_trainer.runs.weights import load_tensors
from names_trainer.training.jobs import PlannedRun, train_in_parallel

LABEL_WEIGHT = 0.3
"""Weight of the true label in the soft label of a training name."""


def teach(run: Run, jobs: int, on_progress: Callable[[int, int], None]) -> None:
    """Train the teachers of a run, or resume them, and write the soft labels of its names.

    Args:
        run: A run with teachers.
        jobs: Number of teachers trained in parallel.
        on_progress: Called with the finished and the total number of the teachers' epochs.

    Raises:
        NamesError: A teacher failed.

    """
    if (run.folder / SOFT_LABELS_FILE).exists():
        return
    corpus = run.folder / NAMES_FILE
    student = replace(run.config, data_dir=str(corpus)) if corpus.exists() else run.config
    teachers = [
        PlannedRun(student.of_teacher(member), run.folder / TEACHERS_FOLDER / str(member))
        for member in range(1, student.teachers + 1)
    ]
    total = sum(teacher.config.num_epochs for teacher in teachers)
    for _, failed in train_in_parallel(teachers, jobs):
        on_progress(sum(teacher.epochs_done for teacher in teachers), total)
        if failed:
            raise NamesError(f"{failed[0].folder}: {failed[0].error}")
    if run.config.given_dir:
        return  # see `soft_labeller`
    with fixed_threads():
        _write_soft_labels(run, [Run.open(teacher.folder) for teacher in teachers])


def soft_labeller(run: Run) -> Callable[[EncodedNames], EncodedNames]:
    """Return a function that replaces the labels of names by soft labels of the teachers.

    A soft label is the normalised geometric mean of the teachers' probabilities, mixed with the
    true label.
    """
    folder = run.folder / TEACHERS_FOLDER
    members = range(1, run.config.teachers + 1)
    teachers = [Run.open(folder / str(member)).best_model() for member in members]

    def soften(names: EncodedNames) -> EncodedNames:
        pooled = torch.stack([_log_probs(teacher, *names[:2]) for teacher in teachers]).mean(dim=0)
        return names._replace(targets=_mixed(names.targets, pooled.softmax(dim=1)))

    return soften


def read_soft_labels(run: Run) -> EncodedNames:
    """Read the names of distillation with their soft labels float32 [names, labels].

    Raises:
        NamesError: The file is missing or damaged.

    """
    path = run.folder / SOFT_LABELS_FILE
    soft_labels, _ = load_tensors(path)
    try:
        return EncodedNames(
            soft_labels["ids"].long(), soft_labels["words"].long(), soft_labels["targets"].float()
        )
    except KeyError:
        raise NamesError(f"{path}: damaged: remove the run's folder and train again") from None


def _write_soft_labels(run: Run, teachers: Sequence[Run]) -> None:
    """Write the names of distillation with their soft labels, those of training first."""
    dataset, train = run.dataset, run.dataset.split.train
    names = [row.name for row in train] + _other_names(run)
    targets = _pooled(run, teachers, names)
    of_train = torch.from_numpy(label_ids(train, dataset.labels))
    targets[: len(train)] = _mixed(of_train, targets[: len(train)])
    ids, words = encode_names(dataset.vocabulary, names)
    tensors = {"ids": ids.int(), "words": words.int(), "targets": targets.half()}
    write_atomically(run.folder / SOFT_LABELS_FILE, save(tensors))


def _other_names(run: Run) -> list[str]:
    """Return the auxiliary and the synthetic names of a run."""
    train, auxiliary = run.dataset.split.train, run.dataset.auxiliary
    names = list(dict.fromkeys(row.name for row in auxiliary))
    sources = [train, auxiliary] if auxiliary else [train]
    wanted = max(0, run.config.synthetic_names - len(names)) // len(sources)
    for rows in sources:
        names += synthetic_names(rows, wanted, run.config.seed)
    return names


def _pooled(run: Run, teachers: Sequence[Run], names: list[str]) -> Tensor:
    """Return the probabilities of the ensemble, float32 [names, labels].

    The weights of its members are fitted to the validation split.
    """
    dataset = run.dataset
    train, validation, _ = dataset.split
    scored = [*names, *(row.name for row in validation)]
    encoded = encode_names(dataset.vocabulary, scored)
    deep = torch.stack([_log_probs(teacher.best_model(), *encoded) for teacher in teachers])
    log_probs = torch.stack(
        [
            deep.mean(dim=0),
            torch.from_numpy(svm_log_probs(train, scored, dataset.labels, dataset.auxiliary)),
            torch.from_numpy(
                trees_log_probs(train, scored, dataset.labels, dataset.auxiliary)
                if dataset.auxiliary
                else bayes_log_probs(train, scored, dataset.labels)
            ),
            torch.tensor(class_priors(dataset)).log().expand(len(scored), -1),
        ]
    )
    of_validation = torch.from_numpy(label_ids(validation, dataset.labels))
    weights = pool_weights(log_probs[:, len(names) :], of_validation)
    pooled: Tensor = torch.tensordot(weights, log_probs[:, : len(names)], dims=1)
    return pooled.softmax(dim=1)


def _mixed(targets: Tensor, soft_labels: Tensor) -> Tensor:
    true_labels = functional.one_hot(targets, soft_labels.shape[1])
    return LABEL_WEIGHT * true_labels + (1 - LABEL_WEIGHT) * soft_labels


def _log_probs(model: NameLSTM, ids: Tensor, words: Tensor) -> Tensor:
    return logits_of(model, ids, words).log_softmax(dim=1)
