"""Compile data/names/<Language>.txt from the surname lists of Faker and Mimesis.

Run it from anywhere: ``python data/compile_names.py`` writes the name files and the generated
parts of data/README.md; with ``--check`` it writes nothing and says what differs.

Which list belongs to which language, what is left out and why, and how native spellings are
romanised is all in the tables below. The lists are read as the packages hold them, never sampled,
and every package is pinned, so the same input always gives the same bytes.
"""

import argparse
import importlib
import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PINS = {
    "Faker": "40.54.0",
    "mimesis": "22.2.0",
    "icukit-pyicu": "78.3.1",
    "koroman": "1.0.16",
    "tetrak-translit": "4.1.0",
}
MINIMUM = 70
FOLDER = Path(__file__).resolve().parent

# A source is "faker/<locale>" or "mimesis/<locale>"; one language a line.
LANGUAGES = {
    language: sources.split()
    for language, sources in {
        "Arabic": "faker/ar_AA faker/ar_DZ faker/ar_PS faker/ar_SA faker/fr_DZ"
        " mimesis/ar-ae mimesis/ar-dz mimesis/ar-eg mimesis/ar-jo mimesis/ar-kw mimesis/ar-ma"
        " mimesis/ar-om mimesis/ar-qa mimesis/ar-sa mimesis/ar-sy mimesis/ar-tn mimesis/ar-ye",
        "Armenian": "faker/hy_AM",
        "Azerbaijani": "faker/az_AZ mimesis/az",
        "Bengali": "faker/bn_BD",
        "Bulgarian": "faker/bg_BG",
        "Chinese": "faker/zh_CN faker/zh_TW mimesis/zh",
        "Croatian": "faker/hr_HR mimesis/hr",
        "Czech": "faker/cs_CZ mimesis/cs",
        "Danish": "faker/da_DK mimesis/da",
        "Dutch": "faker/nl_NL faker/nl_BE mimesis/nl mimesis/nl-be",
        "English": "faker/en_GB faker/en_IE faker/en_NZ faker/en_US mimesis/en",
        "Estonian": "faker/et_EE mimesis/et",
        "Finnish": "faker/fi_FI mimesis/fi",
        "French": "faker/fr_FR faker/fr_BE faker/fr_CA faker/fr_CH mimesis/fr",
        "Georgian": "faker/ka_GE",
        "German": "faker/de_DE faker/de_AT faker/de_CH faker/de_LI mimesis/de mimesis/de-at",
        "Greek": "faker/el_GR mimesis/el",
        "Gujarati": "faker/gu_IN",
        "Hausa": "faker/ha_NG",
        "Hebrew": "faker/he_IL",
        "Hindi": "faker/hi_IN",
        "Hungarian": "faker/hu_HU mimesis/hu",
        "Icelandic": "mimesis/is",
        "Igbo": "faker/ig_NG",
        "Indonesian": "faker/id_ID",
        "Irish": "faker/ga_IE",
        "Italian": "faker/it_IT mimesis/it",
        "Japanese": "faker/ja_JP mimesis/ja",
        "Kazakh": "mimesis/kk",
        "Korean": "faker/ko_KR mimesis/ko",
        "Latvian": "faker/lv_LV",
        "Lithuanian": "faker/lt_LT",
        "Macedonian": "faker/mk_MK",
        "Marathi": "faker/mr_IN",
        "Nepali": "faker/ne_NP",
        "Norwegian": "faker/no_NO mimesis/no",
        "Odia": "faker/or_IN",
        "Persian": "faker/fa_IR mimesis/fa",
        "Polish": "faker/pl_PL mimesis/pl",
        "Portuguese": "faker/pt_BR faker/pt_PT mimesis/pt",
        "Romanian": "faker/ro_RO",
        "Russian": "faker/ru_RU mimesis/ru",
        "Sinhala": "faker/si_LK",
        "Slovak": "faker/sk_SK mimesis/sk",
        "Slovenian": "faker/sl_SI",
        "Spanish": "faker/es_AR faker/es_CL faker/es_CO faker/es_ES faker/es_MX"
        " mimesis/es mimesis/es-mx",
        "Swedish": "faker/sv_SE mimesis/sv",
        "Thai": "faker/th_TH faker/en_TH",
        "Turkish": "faker/tr_TR mimesis/tr",
        "Twi": "faker/tw_GH",
        "Ukrainian": "faker/uk_UA mimesis/uk",
        "Uzbek": "faker/uz_UZ",
        "Vietnamese": "faker/vi_VN",
        "Yoruba": "faker/yo_NG",
        "Zulu": "faker/zu_ZA",
    }.items()
}

# Lists (or one attribute of a Faker provider) that are not read, and why.
EXCLUDED = {
    "faker/de_LU": "German, French, Portuguese and Bosnian surnames of Luxembourg in one list",
    "faker/en": "partly invented names, of many origins",
    "faker/en_IN": "surnames of all of India, of many languages, in English spelling",
    "faker/en_KE": "surnames of Kenya's many languages in one list",
    "faker/en_NG": "surnames of Nigeria's many languages in one list",
    "faker/en_PK": "given names: every entry is in the locale's list of first names too",
    "faker/et_EE/last_names": "the Estonian and the Russian list joined; the Estonian one is read",
    "faker/et_EE/last_names_rus": "Russian surnames in Estonian spelling",
    "faker/is_IS": "stems that only become surnames with -son or -dóttir",
    "faker/sw": "Luo, Kikuyu and Kalenjin surnames of Kenya, not Swahili ones",
    "faker/ta_IN": "given names: the list is the locale's list of first names",
    "mimesis/ar": "given names joined mechanically with eight prefixes and titles",
    "mimesis/de-ch": "German, French and Italian surnames of Switzerland in one list",
    "mimesis/en-au": "the same list as mimesis/en",
    "mimesis/en-ca": "the same list as mimesis/en",
    "mimesis/en-gb": "the same list as mimesis/en",
    "mimesis/pt-br": "mostly Italian and German surnames of immigrants to Brazil",
}

# Lists of countries with many languages: a name that the second lists hold too is not taken from
# the first (marks disregarded). It stays where another list of the same language has it.
GIVES_WAY = {
    "faker/en_NZ": "faker/es_ES faker/es_MX mimesis/es-mx faker/zh_CN faker/zh_TW",
    "faker/en_US": "faker/es_ES faker/es_MX mimesis/es-mx faker/zh_CN faker/zh_TW",
    "mimesis/en": "faker/es_ES faker/es_MX mimesis/es-mx faker/zh_CN faker/zh_TW",
    "faker/fr_BE": "faker/nl_BE mimesis/nl-be",
    "faker/nl_BE": "faker/fr_FR faker/fr_CA",
}

# Names of other languages that are frequent in the lists of these: dropped from them.
ELSEWHERE = (
    "Abbas Abdi Ahmad Ahmadi Ahmed Ali Begum Chan Chen Demir Diallo Dogan Farah Ghosh"
    " Hasan Hassan Ho Hosseini Huang Hussain Hussein Huynh Ibrahim Ismail Issa Jama Kaur"
    " Kaya Khan Kim Le Li Liu Mahmoud Malik Mistry Mohamed Mohammad Mohammed Mohamud Mohan"
    " Mustafa Nguyen Omar Osman Patel Pham Polat Rahman Reddy Sahin Said Saleh Shah Singh"
    " Tang Tran Wang Wong Wu Yang Yildirim Yildiz Yilmaz Yusuf Zhang"
)
ELSEWHERE_IN = "Danish Dutch English Finnish French German Norwegian Swedish"

# Single entries that are wrong in a list: slips, words that are no names, given names, plurals,
# and foreigners of note.
WRONG = {
    "faker/bg_BG": "ЕвроповКирилов",
    "faker/en_TH": "Polpo",
    "faker/ga_IE": "Ó Dubhthaigh recte Dooly",
    "faker/ne_NP": "मुसलमान, मुस्लीम, सी, सिहं",
    "faker/nl_NL": "VI, Henric van den Nuwenhuse, Luitgardis van Neustrië",
    "faker/sk_SK": "Ďurovskýová",
    "faker/zu_ZA": "Amahle, Andile, Mlungisi, Nhlanhla",
    "mimesis/da": "TRUE",
    "mimesis/de-at": "Co, Crosskofp, Da, De, Lg, Ne, Thiomas",
    "mimesis/es": "Name",
    "mimesis/es-mx": "Garica",
    "mimesis/et": "Abderhalden, Briand, Catargiu, Conley, Friedman, Maradona, Masaryk, Natoli,"
    " Paasilinna, Powell, Renoir, Sikorski, Thureau-Dangin",
    "mimesis/fr": "De, Xx",
    "mimesis/hu": "Beethoven, Curiel, Freud, Marx, Parnell, Roveda",
    "mimesis/kk": "Бабаеваа, Баталыпа, Құррманов, Мәмбета, Темирбулатовы",
    "mimesis/nl": "van de",
    "mimesis/ru": "Вайнеры, Пупкин, Стругацкие, Юппи",
}

# Entries with a letter of another script that only looks right.
FIXES = {"Akyerε": "Akyerɛ", "Akyerεko": "Akyerɛko", "Васовa": "Васова"}

# Arabic entries that tell a tribe or a line of descent.
TRIBE = re.compile("^(بنو|بني|أولاد|قبيلة) |.+ بن(ي)? ")

# The scripts of the languages that are not written in Latin letters.
SCRIPTS = {
    "Arabic": {"Arabic"},
    "Armenian": {"Armenian"},
    "Bengali": {"Bengali"},
    "Bulgarian": {"Cyrillic"},
    "Chinese": {"Han"},
    "Georgian": {"Georgian"},
    "Greek": {"Greek"},
    "Gujarati": {"Gujarati"},
    "Hebrew": {"Hebrew"},
    "Hindi": {"Devanagari"},
    "Japanese": {"Han", "Hiragana", "Katakana"},
    "Kazakh": {"Cyrillic"},
    "Korean": {"Hangul"},
    "Macedonian": {"Cyrillic"},
    "Marathi": {"Devanagari"},
    "Nepali": {"Devanagari"},
    "Odia": {"Oriya"},
    "Persian": {"Arabic"},
    "Russian": {"Cyrillic"},
    "Sinhala": {"Sinhala"},
    "Thai": {"Thai"},
    "Ukrainian": {"Cyrillic"},
}


@dataclass(frozen=True)
class Scheme:
    """How a language is romanised; the replacements before and after mend the tool's output."""

    standard: str
    tool: str  # "icu", "koroman" or "tetrak"
    key: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


SCHEMES = {
    "Armenian": Scheme("BGN/PCGN 1981", "tetrak", "hy/bgn_pcgn"),
    "Bulgarian": Scheme(
        "Streamlined System (2009 law), from ICU's BGN/PCGN 1952",
        "icu",
        "Bulgarian-Latin/BGN",
        after={"kh": "h", "Kh": "H", "ŭ": "a", "Ŭ": "A", "ĭ": "y", "Ĭ": "Y", "’": "y"},
    ),
    "Chinese": Scheme(
        "Hanyu Pinyin, surname readings, no tones",
        "icu",
        "Han-Latin/Names",
        before={"朴": "piao", "缪": "miao", "员": "yun"},
        after={" ": ""},
    ),
    "Georgian": Scheme("Georgian national system (2002)", "tetrak", "ka/national"),
    "Greek": Scheme(
        "ELOT 743 / UNGEGN",
        "icu",
        "Greek-Latin/UNGEGN",
        before={"Γκ": "Gk", "γκ": "gk"},  # ICU writes nk
    ),
    "Kazakh": Scheme("BGN/PCGN", "icu", "Kazakh-Latin/BGN"),
    "Korean": Scheme("Revised Romanization (2000)", "koroman"),
    "Macedonian": Scheme(
        "the digraphs of Macedonian passports",
        "icu",
        "Macedonian-Latin/BGN",
        after={"dž": "dj", "Dž": "Dj", "č": "ch", "Č": "Ch", "š": "sh", "Š": "Sh"}
        | {"ž": "zh", "Ž": "Zh", "ǵ": "gj", "Ǵ": "Gj", "ḱ": "kj", "Ḱ": "Kj"},
    ),
    "Russian": Scheme("BGN/PCGN 1947", "icu", "Russian-Latin/BGN"),
    "Ukrainian": Scheme("BGN/PCGN 1965", "icu", "Ukrainian-Latin/BGN"),
}


def script(letter: str) -> str:
    """Name a letter's script, from the letter's Unicode name."""
    first = unicodedata.name(letter, "unknown").split()[0].split("-")[0].capitalize()
    return {"Cjk": "Han", "Ideographic": "Han"}.get(first, first)


def scripts(name: str) -> set[str]:
    """Name the scripts of a name's letters."""
    return {script(char) for char in name if char.isalpha()}


def plain(text: str) -> str:
    """Drop what a passport leaves out: diacritics, and signs between the letters."""
    letters = (
        char for char in unicodedata.normalize("NFD", text) if char.isalpha() or char in " -"
    )
    kept = (char for char in letters if unicodedata.category(char) != "Lm")
    return unicodedata.normalize("NFC", "".join(kept))


def natural_case(name: str) -> str:
    """Mend a name wholly in capitals or small letters, and Mc before a small letter."""
    if name.isupper():
        name = re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), name)
    elif name.islower():
        *particles, last = name.split(" ")
        name = " ".join([*particles, last[:1].title() + last[1:]])
    return re.sub(r"\bMc([a-z])", lambda match: "Mc" + match[1].upper(), name)


def clean(raw: str) -> str | None:
    """Return the name as it is kept, or None if it can't be one."""
    name = FIXES.get(raw, raw)
    if "Ã" in name:  # UTF-8 that was read as Windows-1252
        name = name.encode("cp1252").decode("utf-8")
    name = unicodedata.normalize("NFC", name)
    name = re.sub("[\u2018\u2019\u02bc\u02bb`\u00b4]", "'", name)
    name = re.sub("(?<![\u0600-\u06ff])\u200c|[\u200b\u200d\u00ad\ufeff]", "", name)
    name = re.sub(r"\([^)]*\)", "", name)
    name = re.sub("^ال ", "", " ".join(name.split()).strip(" .,;?"))  # a doubled article
    if not name or len(name.split()) > 4 or TRIBE.search(name):
        return None
    signs = re.sub(r"[^\W\d_]", "", name)
    if any(unicodedata.category(sign)[0] != "M" and sign not in " '-\u200c" for sign in signs):
        return None
    if len(name) == 1 and name.lower() != name.upper():
        return None
    return natural_case(name)


@cache
def transliterator(key: str) -> Any:
    """Load ICU's transliterator of that id."""
    return importlib.import_module("icu").Transliterator.createInstance(key)


def romanise(name: str, scheme: Scheme) -> str:
    """Write the name in plain Latin letters, in the case of the native spelling."""
    for old, new in scheme.before.items():
        name = name.replace(old, new)
    if scheme.tool == "icu":
        latin = str(transliterator(scheme.key).transliterate(name))
    elif scheme.tool == "koroman":
        latin = str(importlib.import_module("koroman").romanize(name))
    else:
        latin = str(importlib.import_module("tetrak_translit").transliterate(name, scheme.key))
    latin = unicodedata.normalize("NFC", latin)
    for old, new in scheme.after.items():
        latin = latin.replace(old, new)
    latin = re.sub(r"[^\W\d_]+", lambda word: word[0][0] + word[0][1:].lower(), plain(latin))
    return latin.capitalize() if latin.islower() else latin


@cache
def source_names(source: str) -> frozenset[str]:
    """Read and clean a source's names: those the locale itself defines, not the inherited ones."""
    package, locale = source.split("/")
    if package == "faker":
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        lists = {key: value for key, value in vars(provider).items() if "last" in key}
    else:
        root = Path(str(importlib.import_module("mimesis").__file__)).parent
        text = (root / "datasets" / locale / "person.json").read_text(encoding="utf-8")
        surnames = json.loads(text)["surnames"]
        lists = surnames if isinstance(surnames, dict) else {"surnames": surnames}
    raw = {
        entry
        for key, entries in lists.items()
        if isinstance(entries, tuple | list | dict) and f"{source}/{key}" not in EXCLUDED
        for entry in entries
        if isinstance(entry, str)
    }
    wrong = {clean(name) for name in WRONG.get(source, "").split(", ")} | {None}
    return frozenset(name for name in map(clean, raw) if name and name not in wrong)


def language_names(language: str) -> set[str]:
    """Collect all names of a language, native and romanised."""
    names: set[str] = set()
    for source in LANGUAGES[language]:
        others = GIVES_WAY.get(source, "").split()
        taken = {plain(name) for other in others for name in source_names(other)}
        names |= {name for name in source_names(source) if plain(name) not in taken}
    if language in ELSEWHERE_IN.split():
        names -= set(ELSEWHERE.split())
    native = SCRIPTS.get(language, {"Latin"})
    names = {name for name in names if scripts(name) <= native or scripts(name) == {"Latin"}}
    if scheme := SCHEMES.get(language):
        latin = {romanise(name, scheme) for name in names if scripts(name) <= native}
        names |= {name for name in latin if len(name) > 1}
    return names


def table(rows: Iterable[Iterable[object]]) -> str:
    """Lay out a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join([lines[0], re.sub("[^|]+", " --- ", lines[0]), *lines[1:]])


def describe(corpus: dict[str, set[str]], small: dict[str, int]) -> dict[str, str]:
    """Write the generated parts of data/README.md, by their markers' names."""
    rows: list[tuple[object, ...]] = [("Language", "Native", "Romanised", "Scripts", "Sources")]
    for language, names in corpus.items():
        found = ", ".join(sorted(set().union(*map(scripts, names))))
        latin = sum(scripts(name) == {"Latin"} for name in names) if language in SCRIPTS else 0
        rows.append((language, len(names) - latin, latin, found, ", ".join(LANGUAGES[language])))
    total = f"{sum(map(len, corpus.values()))} names in {len(corpus)} languages"
    distinct = len(set().union(*corpus.values()))
    few = ", ".join(f"{language} ({count})" for language, count in small.items())
    schemes = [(language, scheme.standard, scheme.tool) for language, scheme in SCHEMES.items()]
    ways = [(source, ", ".join(others.split())) for source, others in GIVES_WAY.items()]
    elsewhere = ", ".join(ELSEWHERE.split())
    return {
        "languages": f"{table(rows)}\n\n{total}, {distinct} of them distinct.",
        "small": f"Left out for want of {MINIMUM} names: {few}.",
        "schemes": table([("Language", "Standard", "Tool"), *schemes]),
        "excluded": table([("List", "Why it is not read"), *EXCLUDED.items()]),
        "gives-way": table([("List", "Leaves a name to"), *ways]),
        "wrong": table([("List", "Entries"), *WRONG.items()]),
        "elsewhere": f"{elsewhere} (from {', '.join(ELSEWHERE_IN.split())}).",
    }


def compile_files(folder: Path) -> dict[str, str]:
    """Say what each file of the folder must hold; README's prose is taken from the folder."""
    corpus = {language: language_names(language) for language in sorted(LANGUAGES)}
    small = {language: len(names) for language, names in corpus.items() if len(names) < MINIMUM}
    corpus = {language: names for language, names in corpus.items() if language not in small}
    files = {
        f"names/{language}.txt": "".join(f"{name}\n" for name in sorted(names))
        for language, names in corpus.items()
    }
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for key, text in describe(corpus, small).items():
        begin, end = f"<!-- {key} -->", f"<!-- end {key} -->"
        if begin not in readme or end not in readme:
            raise SystemExit(f"README.md has no place for its part {key!r}")
        head, tail = readme.split(begin)[0], readme.split(end)[1]
        readme = f"{head}{begin}\n\n{text}\n\n{end}{tail}"
    return files | {"README.md": readme}


def differences(folder: Path, files: dict[str, str]) -> list[str]:
    """Give one line for every file that is missing, changed or should not be there."""
    found = {f"names/{path.name}" for path in (folder / "names").glob("*")}
    lines = [f"{name}: should not be there" for name in found - set(files)]
    for name, text in files.items():
        path = folder / name
        if not path.is_file():
            lines.append(f"{name}: missing")
        elif path.read_bytes() != text.encode():
            lines.append(f"{name}: differs from what compile_names.py makes")
    return sorted(lines)


def unmet_pins() -> list[str]:
    """List the pinned packages whose installed version is another, or none."""
    unmet = []
    for package, pin in PINS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "none"
        if installed != pin:
            unmet.append(f"{package}=={pin} (installed: {installed})")
    return unmet


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the files, or compare them; 1 if they differ, 2 if the packages aren't the pinned."""
    parser = argparse.ArgumentParser(description="Compile data/names from Faker and Mimesis.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    check = parser.parse_args(arguments).check
    if unmet := unmet_pins():
        print("compile_names.py needs " + ", ".join(unmet), file=sys.stderr)
        return 2
    files = compile_files(folder)
    if check:
        lines = differences(folder, files)
        print("\n".join(lines) or f"{len(files)} files are up to date")
        return 1 if lines else 0
    (folder / "names").mkdir(exist_ok=True)
    for path in (folder / "names").glob("*"):
        path.unlink()
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    print(f"wrote {len(files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
