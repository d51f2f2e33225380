from names_predictor.encoding import PAD, UNKNOWN, Vocabulary
from names_trainer.data.dataset import encode_names, fallback_ids


def test_each_distinct_word_is_encoded_once() -> None:
    ids, words = encode_names(Vocabulary("abc"), ["cab a", "a a", "b"])
    assert ids.tolist() == [[2, PAD, PAD], [4, 2, 3], [3, PAD, PAD]]
    assert words.tolist() == [[0, 1], [0, 0], [2, -1]]


def test_a_character_has_the_fallback_of_its_script() -> None:
    vocabulary = Vocabulary.of(["a王", "김"])
    assert vocabulary.characters == "a王김\ue000\ue001"
    han, hangul = vocabulary.fallbacks
    expected = [PAD, UNKNOWN, UNKNOWN, han, hangul, UNKNOWN, UNKNOWN]
    assert fallback_ids(vocabulary).tolist() == expected
