"""The table of n-grams."""

import pytest
import torch

from names_trainer.config import TrainConfig
from names_trainer.models.lstm import NameLSTM
from names_trainer.models.ngrams import NgramTable


def test_ngrams_of_a_word() -> None:
    table = NgramTable(TrainConfig(ngrams=3, ngram_dim=2), 4)
    ids = torch.tensor([[5, 6, 7]])
    # With both ends 5 characters: 5 of one, 4 of two, 3 of three.
    assert table.buckets(ids).shape == (1, 12)
    assert table.buckets(torch.tensor([[5]])).shape == (1, 3 + 2 + 1)
    same, other = table.buckets(torch.tensor([[5, 6, 7], [5, 6, 8]]))
    assert torch.equal(table.buckets(ids)[0], same)
    assert (same != other).sum() == 1 + 2 + 2
    assert int(table.buckets(ids).max()) < 2**16
    few_rows = NgramTable(TrainConfig(ngrams=3, ngram_rows=5, ngram_dim=2), 4)
    assert int(few_rows.buckets(ids).max()) < 5


@pytest.mark.parametrize(("rows", "shared"), [(2**16, 0.4), (2**20, 0.04), (2**22, 0.01)])
def test_a_large_table_has_a_row_for_nearly_every_ngram(rows: int, shared: float) -> None:
    words = torch.randint(1, 200, (8000, 12), generator=torch.Generator().manual_seed(0))
    table = NgramTable(TrainConfig(ngrams=5, ngram_rows=rows, ngram_dim=1), 2)
    of_five = table.buckets(words)[:, -10:]  # practically all different
    assert int(of_five.max()) < rows
    assert shared / 2 < 1 - len(of_five.unique()) / of_five.numel() < 1.2 * shared


def test_the_table_adds_to_the_evidence_and_drops_out_only_in_training() -> None:
    torch.manual_seed(0)
    model = NameLSTM(
        TrainConfig(embedding_dim=4, hidden_dim=5, ngrams=2, ngram_dropout=0.5), 9, 3
    ).eval()
    ids = torch.randint(2, 9, (4, 5))
    before = model.evidence(ids)
    assert model.ngrams
    assert not model.ngrams([ids]).any()  # no n-gram is evidence before it is learnt
    torch.nn.init.normal_(model.ngrams.table.weight)
    assert not torch.equal(model.evidence(ids), before)
    assert torch.equal(model.evidence(ids), model.evidence(ids))
    model.train()
    assert not torch.equal(model.evidence(ids), model.evidence(ids))


def test_ngrams_drop_out_at_the_rate() -> None:
    torch.manual_seed(0)
    table = NgramTable(TrainConfig(ngrams=1, ngram_dim=1, ngram_dropout=0.2), 1)
    torch.nn.init.ones_(table.table.weight)
    torch.nn.init.ones_(table.linear.weight)
    found = table([torch.full((4000, 2), 5)])  # four n-grams a word, each divided by 2
    whole = torch.isclose(found, torch.tensor(4 / 2 / 0.8))
    assert whole.double().mean().item() == pytest.approx(0.8**4, abs=0.03)
