"""The settings of `faker_lists`: sources by language, exclusions, corrections, romanisation.

Those of surnames come first, then the differences for given names.
"""

import re
from dataclasses import dataclass, field, replace

PINS = {
    "Faker": "40.54.0",
    "mimesis": "22.2.0",
    "icukit-pyicu": "78.3.1",
    "koroman": "1.0.16",
    "tetrak-translit": "4.1.0",
}
# A source is "faker/<locale>" or "mimesis/<locale>".
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

# Lists of countries with many languages: names that are also in the second lists are not taken from
# the first (compared without marks), but from other lists of the same language.
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

# Wrong entries of a list: misspellings, words that are not names, given names, plurals, and famous
# foreigners.
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

# Entries with a look-alike letter of another script.
FIXES = {"Akyerε": "Akyerɛ", "Akyerεko": "Akyerɛko", "Васовa": "Васова"}

# Arabic entries with a tribe or a line of descent.
TRIBE = re.compile("^(بنو|بني|أولاد|قبيلة) |.+ بن(ي)? ")

# Scripts of the languages that are not written in Latin letters.
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
    """The romanisation of a language: a tool, with replacements before and after it."""

    tool: str  # "icu", "koroman" or "tetrak"
    key: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


SCHEMES = {
    "Armenian": Scheme("tetrak", "hy/bgn_pcgn"),  # BGN/PCGN 1981
    "Bulgarian": Scheme(  # Streamlined System (2009 law), from ICU's BGN/PCGN 1952
        "icu",
        "Bulgarian-Latin/BGN",
        after={"kh": "h", "Kh": "H", "ŭ": "a", "Ŭ": "A", "ĭ": "y", "Ĭ": "Y", "’": "y"},
    ),
    "Chinese": Scheme(  # Hanyu Pinyin, surname readings, no tones
        "icu",
        "Han-Latin/Names",
        before={"朴": "piao", "缪": "miao", "员": "yun"},
        after={" ": ""},
    ),
    "Georgian": Scheme("tetrak", "ka/national"),  # Georgian national system (2002)
    "Greek": Scheme(  # ELOT 743 / UNGEGN
        "icu",
        "Greek-Latin/UNGEGN",
        before={"Γκ": "Gk", "γκ": "gk"},  # ICU writes nk
    ),
    "Kazakh": Scheme("icu", "Kazakh-Latin/BGN"),  # BGN/PCGN
    "Korean": Scheme("koroman"),  # Revised Romanization (2000)
    "Macedonian": Scheme(  # the digraphs of Macedonian passports
        "icu",
        "Macedonian-Latin/BGN",
        after={"dž": "dj", "Dž": "Dj", "č": "ch", "Č": "Ch", "š": "sh", "Š": "Sh"}
        | {"ž": "zh", "Ž": "Zh", "ǵ": "gj", "Ǵ": "Gj", "ḱ": "kj", "Ḱ": "Kj"},
    ),
    "Russian": Scheme("icu", "Russian-Latin/BGN"),  # BGN/PCGN 1947
    "Ukrainian": Scheme("icu", "Ukrainian-Latin/BGN"),  # BGN/PCGN 1965
}


@dataclass(frozen=True)
class Kind:
    """Surnames or given names: their place in the packages, and their exceptions."""

    faker: str  # prefix of the attributes of a provider
    mimesis: str  # the key of person.json
    excluded: dict[str, str]
    wrong: dict[str, str]
    gives_way: dict[str, str]
    elsewhere: tuple[str, ...]
    schemes: dict[str, Scheme]


SURNAMES = Kind("last", "surnames", EXCLUDED, WRONG, GIVES_WAY, tuple(ELSEWHERE.split()), SCHEMES)

# The given names of the same locales, with fewer exclusions, since given names are common to many
# languages: only lists of countries with several languages are left out.
GIVEN = Kind(
    "first",
    "names",
    excluded={
        "faker/de_CH": "German, French, Italian and Albanian names of Switzerland in one list",
        "faker/de_LI": "names of many languages in one list",
        "faker/et_EE/first_names": "the Estonian and the Russian list joined",
        "faker/et_EE/first_names_female": "the Estonian and the Russian list joined",
        "faker/et_EE/first_names_female_rus": "Russian names in Estonian spelling",
        "faker/et_EE/first_names_male": "the Estonian and the Russian list joined",
        "faker/et_EE/first_names_male_rus": "Russian names in Estonian spelling",
        "faker/et_EE/first_names_rus": "Russian names in Estonian spelling",
        "faker/fr_BE": "Dutch and French names of Belgium in one list",
        "faker/nl_BE": "Dutch and French names of Belgium in one list",
    },
    wrong={
        "faker/tr_TR": "Us",
        "mimesis/cs": "Ch",
        "mimesis/de-at": "Qiu",
        "mimesis/es-mx": "Ro",
        "mimesis/hr": "Iv",
        "mimesis/pt": "Io, Mar, de Assis",
    },
    gives_way={},
    elsewhere=(),
    schemes=SCHEMES | {"Chinese": replace(SCHEMES["Chinese"], key="Han-Latin", before={})},
)
