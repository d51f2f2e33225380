"""From a trained run to an artifact: export, parity gate, card, release."""
