"""Other offline packages as classifiers, with their labels mapped to those of data/labels.csv.

    pip install --no-deps ethnicseer abydos nltk "setuptools<80"
    pip install --no-deps ethnidata pycountry unidecode
    pip install lingua-language-detector

Packages that are not installed are skipped; the model of name2nat is read from its package file. A
label without an equal here is mapped to the nearest: American to English, Indian to Indian (which
is right for every name of India).
"""

import importlib.util
import io
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch
from world_metrics import Classifier, Floats

sys.path.insert(0, str(Path(__file__).parent.parent / "data"))
from world_archives import member
from world_labels import LABELS

Predictions = Iterable[tuple[str, float]]
"""Pairs of a label and its probability."""

NATIONS = {
    **{nation: name for name, label in LABELS.items() for nation in label.people.split()},
    **dict.fromkeys(("American", "British", "Australian", "Canadian", "Jamaican"), "English"),
    "Israeli": "Hebrew", "Indian": "Indian", "Nigerian": "Nigerian", "Turk": "Turkish",
    "Bangladeshi": "Bengali", "Pakistani": "Urdu", "Iranian": "Persian", "Finn": "Finnish",
    "Serb": "Serbian", "Croat": "Croatian", "Slovene": "Slovenian", "Dane": "Danish",
}  # fmt: skip

LANGUAGES = {
    "BOKMAL": "Norwegian", "NYNORSK": "Norwegian", "TAGALOG": "Filipino", "TELUGU": "Indian",
    "GANDA": "Ugandan", "SOTHO": "Tswana", "XHOSA": "Zulu", "SHONA": "Zambian",
    "BOSNIAN": "Serbian",
}  # fmt: skip

COUNTRIES = {
    "Afghan": "AFG", "Albanian": "ALB", "Amharic": "ETH ERI",
    "Arabic": "EGY SAU MAR DZA TUN IRQ SYR JOR LBN ARE KWT YEM LBY SDN OMN", "Armenian": "ARM",
    "Azerbaijani": "AZE", "Belarusian": "BLR", "Bengali": "BGD", "Bulgarian": "BGR",
    "Burmese": "MMR", "Cameroonian": "CMR", "Chinese": "CHN TWN HKG SGP", "Croatian": "HRV",
    "Czech": "CZE", "Danish": "DNK", "Dhivehi": "MDV", "Dutch": "NLD BEL",
    "English": "USA GBR CAN AUS NZL JAM", "Estonian": "EST", "Ewe": "TGO BEN", "Faroese": "FRO",
    "Filipino": "PHL", "Finnish": "FIN", "French": "FRA", "Georgian": "GEO",
    "German": "DEU AUT CHE", "Ghanaian": "GHA", "Greek": "GRC CYP", "Hausa": "NER",
    "Hebrew": "ISR", "Hungarian": "HUN", "Icelandic": "ISL", "Indian": "IND", "Indonesian": "IDN",
    "Irish": "IRL", "Italian": "ITA", "Japanese": "JPN", "Kazakh": "KAZ KGZ", "Kenyan": "KEN",
    "Khmer": "KHM", "Kinyarwanda": "RWA BDI", "Korean": "KOR", "Latvian": "LVA",
    "Lithuanian": "LTU", "Macedonian": "MKD", "Malagasy": "MDG", "Malay": "MYS", "Maltese": "MLT",
    "Manding": "MLI GIN", "Mongolian": "MNG", "Mossi": "BFA", "Nepali": "NPL", "Nigerian": "NGA",
    "Norwegian": "NOR", "Persian": "IRN", "Polish": "POL", "Portuguese": "PRT BRA",
    "Romanian": "ROU MDA", "Russian": "RUS", "Samoan": "WSM", "Serbian": "SRB MNE",
    "Slovak": "SVK", "Slovenian": "SVN", "Somali": "SOM",
    "Spanish": "ESP ARG MEX COL CHL PER VEN ECU URY BOL PRY CRI GTM CUB", "Swahili": "TZA",
    "Swedish": "SWE", "Thai": "THA", "Tibetan": "BTN", "Tongan": "TON", "Tswana": "BWA LSO",
    "Turkish": "TUR", "Ugandan": "UGA", "Ukrainian": "UKR", "Urdu": "PAK", "Uzbek": "UZB",
    "Vietnamese": "VNM", "Wolof": "SEN GMB", "Zambian": "ZMB MWI", "Zulu": "ZAF",
}  # fmt: skip
"""The ISO 3166 codes of the countries of each label."""

GROUPS = {
    "rus": "Russian", "ind": "Indian", "jap": "Japanese", "vie": "Vietnamese", "eng": "English",
    "ita": "Italian", "ger": "German", "kor": "Korean", "chi": "Chinese", "frn": "French",
    "mea": "Arabic", "spa": "Spanish",
}  # fmt: skip


def by_names(
    name: str, labels_of: Mapping[str, str], predict: Callable[[str], Predictions]
) -> Classifier:
    """Return a classifier from a function of one name; unmapped labels become `another`."""
    labels = tuple(dict.fromkeys((*labels_of.values(), "another")))

    def predict_proba(names: Sequence[str]) -> Floats:
        predictions = np.zeros((len(names), len(labels)), dtype=np.float32)
        for row, one in enumerate(names):
            for label, probability in predict(one):
                predictions[row, labels.index(labels_of.get(label, "another"))] += probability
        return predictions

    return Classifier(name, labels, predict_proba)


def lingua() -> Classifier:
    """Return lingua, with its models of all 75 languages."""
    from lingua import Language, LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()
    ours = {label.upper(): label for label in LABELS} | LANGUAGES
    its = {language.name for language in Language.all()}
    labels = {name: label for name, label in ours.items() if name in its}

    def predict(name: str) -> Predictions:
        return [
            (v.language.name, v.value) for v in detector.compute_language_confidence_values(name)
        ]

    return by_names("lingua", labels, predict)


def ethnicseer() -> Classifier:
    """Return ethnicseer, a logistic regression of 12 groups, with its likeliest group only."""
    from ethnicseer import EthnicClassifier

    model = EthnicClassifier.load_pretrained_model()

    def predict(name: str) -> Predictions:
        with redirect_stdout(io.StringIO()):
            try:
                found, scores = model.classify_names_with_scores([name])
            except (IndexError, ValueError):  # a name without a Latin letter
                return []
        return [(found[0], float(scores[0]))]

    return by_names("ethnicseer", GROUPS, predict)


def ethnidata() -> Classifier:
    """Return ethnidata, tables of given names and surnames by country."""
    from ethnidata import EthniData

    tables = EthniData()

    def predict(name: str) -> Predictions:
        given, _, surname = name.rpartition(" ")
        kinds = [(surname, "last"), *([(given.split()[0], "first")] if given else [])]
        return [
            (one["country"], (one["probability"] - 1e-6 * place) / len(kinds))  # many are equal
            for text, kind in kinds
            for place, one in enumerate(
                tables.predict_nationality(text, kind, top_n=20).get("top_countries", [])
            )
        ]

    labels = {code: label for label, codes in COUNTRIES.items() for code in codes.split()}
    return by_names("ethnidata", labels, predict)


class Name2natFile(pickle.Unpickler):
    """A reader of a model saved by an old PyTorch, which calls no class of the file."""

    def persistent_load(self, pid: Any) -> Any:
        """Return the key of a storage, or the placeholder of a module's class."""
        return pid[2] if pid[0] == "storage" else pid[1]

    def find_class(self, module: str, name: str) -> Any:
        """Return the placeholder of a class or function of the file."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, *_: (storage, offset, size)
        if name == "_rebuild_parameter":
            return lambda tensor, *_: tensor
        return type(name, (Blank,), {})


class Blank:
    """A placeholder for an object of another package's class."""

    def __init__(self, *values: Any) -> None:
        self.values = values


def name2nat(cache: Path) -> Classifier:
    """Return name2nat, a GRU of 173 nationalities, without its table of known people.

    A linear layer reads the first and the last output of a bidirectional GRU over characters.
    """
    file = io.BytesIO(member(cache, "name2nat", "best-model.pt"))
    for _ in range(3):  # a number, a version, the sizes of types
        Name2natFile(file).load()
    saved = Name2natFile(file).load()
    storages = {}
    for storage in Name2natFile(file).load():
        length = int(np.frombuffer(file.read(8), dtype="<i8")[0])
        storages[storage] = torch.tensor(np.frombuffer(file.read(4 * length), dtype="<f4"))
    weights = {
        name: storages[storage][offset : offset + int(np.prod(size))].reshape(size)
        for name, (storage, offset, size) in saved["state_dict"].items()
    }
    nations = [item.decode() for item in saved["label_dictionary"].__dict__["idx2item"]]
    whole = saved["document_embeddings"].__dict__["_modules"]["embeddings"]
    one_hot = whole.__dict__["_modules"]["list_embedding_0"].__dict__
    number: dict[bytes, int] = one_hot["vocab_dictionary"].__dict__["item2idx"]
    prefix = "document_embeddings."
    embedding = weights[f"{prefix}embeddings.list_embedding_0.embedding_layer.weight"]
    projection = [weights[f"{prefix}word_reprojection_map.{kind}"] for kind in ("weight", "bias")]
    gru = torch.nn.GRU(300, 256, batch_first=True, bidirectional=True).eval()
    gru.load_state_dict({
        name.removeprefix(f"{prefix}rnn."): value
        for name, value in weights.items() if ".rnn." in name
    })  # fmt: skip
    unknown = number.get(b"<unk>", 0)

    @torch.no_grad()
    def predict(name: str) -> Predictions:
        ids = [number.get(c.encode(), unknown) for c in name.replace(" ", "▁")]
        inputs = embedding[torch.tensor(ids)] @ projection[0].T + projection[1]
        outputs, _ = gru(inputs[None])
        ends = torch.cat([outputs[0, 0], outputs[0, -1]])
        scores = torch.softmax(weights["decoder.weight"] @ ends + weights["decoder.bias"], 0)
        return list(zip(nations, scores.tolist(), strict=True))

    return by_names("name2nat", {n: NATIONS[n] for n in nations if n in NATIONS}, predict)


def installed(cache: Path) -> list[Classifier]:
    """Return the classifiers whose packages are installed."""
    found = [
        make()
        for package, make in (
            ("lingua", lingua),
            ("ethnicseer", ethnicseer),
            ("ethnidata", ethnidata),
        )
        if importlib.util.find_spec(package)
    ]
    return [name2nat(cache), *found] if cache.exists() else found
