"""The view of an export: the result of the parity gate and the files."""

from pathlib import Path

from rich.console import Console

from names_predictor.artifact.store import CARD_FILE, MODEL_FILE, VOCAB_FILE, Artifact
from names_trainer.evaluation.calibration import calibrated_on, rough_note
from names_trainer.export.parity import Parity
from names_trainer.views.tables import show_note


def show_export(
    artifact: Artifact, parity: Parity, folder: Path, origin: str, console: Console
) -> None:
    """Show the result of the parity gate and the files."""
    left_out = f", without {parity.left_out:,} random strings that rounding decides"
    console.print(
        f"parity: {parity.names:,} names in {parity.batches} batches, every label equal, largest "
        f"difference of a probability {parity.max_difference:.1e}{left_out * bool(parity.left_out)}"
    )
    if rounding := parity.rounding:
        console.print(
            f"8 bits: accuracy {rounding.accuracy:.4f} on the validation split, "
            f"{rounding.exact_accuracy:.4f} in torch; {rounding.changed_labels:,} of "
            f"{rounding.names:,} labels changed"
        )
    show_note(rough_note(*calibrated_on(artifact.vocab)), console)
    if codes := artifact.vocab.codes:
        labels = len(artifact.vocab.labels)
        console.print(f"codes: ISO 639-3 for {len(codes)} of {labels} labels")
    provenance = artifact.vocab.provenance
    test = provenance["test"]
    quality = f"test accuracy {test['accuracy']:.4f}" if test else "not tested yet"
    console.print(
        f"wrote {folder / MODEL_FILE} ({len(artifact.model) / 1e3:,.0f} kB), "
        f"{folder / VOCAB_FILE} and {folder / CARD_FILE} from {origin}, "
        f"epoch {provenance['best_epoch']['epoch']}: {quality}",
        markup=False,
        soft_wrap=True,
    )
