"""What `compile_world.py` reads and how: the pinned archives, the labels and their sources.

A source is `<archive>:<list>`, or `<archive>:<locale>` for both kinds of names. Its ending tells
what its figures or its order mean: `#weights` the list's own frequencies, `#counts` the same, and
names without one are left out, `#rank` from the commonest to the rarest. Without an ending it says
only that the names exist.
"""

from dataclasses import dataclass, field

ZXCVBN = {
    "pl": "bcda408cb7817421a09094cc342782f953973763f523908c95e812d86aff8652",
    "fi": "4e9e89b2ef8b5d1161a81f82b2f8ba6a1220a5e975d55dc37b03199b4e7b0c71",
    "nl-be": "352b272e589bfe04a4e58881f4ef6edd1ed3a17162cb427c8aed5dd275219f79",
    "es-es": "3ce1aef9cd635701caa53ac6bd082dee49ce1362022cf758acb3217c78094478",
    "de": "8b8b3879ce48c4ae35a3d11eb89981c00497007ba6541d514c9052b5a8a3096a",
}


@dataclass(frozen=True)
class Archive:
    """A package file: its name, its SHA-256, the command that downloads it, and its licence."""

    file: str
    sha256: str
    download: str
    licence: str
    root: str = ""  # the folder inside the archive that member names start from


ARCHIVES = {
    "name2nat": Archive(
        "name2nat-0.5.1-py3-none-any.whl",
        "cf6c45de61accfeb1d80c9ae86efd42fcf40cac481da5ab04d8a66dd7195fe94",
        "pip download --no-deps name2nat==0.5.1",
        "Apache-2.0",
        "name2nat/",
    ),
    "faker": Archive(
        "faker-40.54.0-py3-none-any.whl",
        "2dd88ee8cb63a9149e19ef48bdd73879bc3854d8ba2d6c1535e902a762e603f7",
        "pip download --no-deps faker==40.54.0",
        "MIT",
        "faker/providers/person/",
    ),
    "outkast": Archive(
        "outkast-2.0.1-py3-none-any.whl",
        "5a3e8fd92c563a2aa29cc7003083dce3bbf8618cc5bbaeefdeba3550219fe8d4",
        "pip download --no-deps outkast==2.0.1",
        "MIT",
        "outkast/data/secc/",
    ),
    "russiannames": Archive(
        "russiannames-2.0.0-py3-none-any.whl",
        "dd1380103cd43742ce30b2f840a8c589a2f72b4739e09e30777f566c3af0c221",
        "pip download --no-deps russiannames==2.0.0",
        "BSD-3-Clause",
        "russiannames/data/",
    ),
    "variants": Archive(
        "name_variants-0.1.3-py3-none-any.whl",
        "0d7b7f728b190bcad0d152f645310c54cd7c7649baa5eccc090724492c0d1a98",
        "pip download --no-deps name-variants==0.1.3",
        "MIT",
        "name_variants/",
    ),
    "japanese": Archive(
        "japanese_personal_name_dataset-0.4.0-py3-none-any.whl",
        "81e771871ef9c11510c9f28736b734e7d321f69e175cbc4f22064360c125db23",
        "pip download --no-deps japanese-personal-name-dataset==0.4.0",
        "MIT",
        "japanese_personal_name_dataset/dataset/",
    ),
    "fakerjs": Archive(
        "faker-js-faker-10.6.0.tgz",
        "13b79ed894af1a52a624fdb144384e1fd6c4afc1a30488830d3be64924333674",
        "npm pack @faker-js/faker@10.6.0",
        "MIT",
        "package/dist/",
    ),
    "php": Archive(
        "php-faker_1.20.0+dfsg-1_all.deb",
        "25dc2058d5d33aae702c9a59aa0b13046d46536022c7774fa3042fd601dd7b6f",
        "apt-get download php-faker=1.20.0+dfsg-1",
        "MIT",
        "./usr/share/php/Faker/Provider/",
    ),
    "ffaker": Archive(
        "ruby-ffaker_2.20.0-1_all.deb",
        "1e361f2a3f125a6bade8d5d33410a3ba4fde9b8873be68750b607fc743bb4a59",
        "apt-get download ruby-ffaker=2.20.0-1",
        "MIT",
        "./usr/share/rubygems-integration/all/gems/ffaker-2.20.0/lib/ffaker/data/",
    ),
} | {
    f"zxcvbn-{language}": Archive(
        f"zxcvbn-ts-language-{language}-3.0.2.tgz",
        digest,
        f"npm pack @zxcvbn-ts/language-{language}@3.0.2",
        "MIT",
        "package/src/",
    )
    for language, digest in ZXCVBN.items()
}

# Scripts of the labels that `faker_sources.SCRIPTS` does not have, or that write in two.
MORE_SCRIPTS = {
    "Afghan": {"Arabic"},
    "Amharic": {"Ethiopic"},
    "Belarusian": {"Cyrillic"},
    "Burmese": {"Myanmar"},
    "Dhivehi": {"Thaana"},
    "Indian": {"Devanagari"},
    "Khmer": {"Khmer"},
    "Kurdish": {"Arabic"},
    "Mongolian": {"Cyrillic"},
    "Punjabi": {"Gurmukhi"},
    "Serbian": {"Cyrillic"},
    "Tamil": {"Tamil"},
    "Urdu": {"Arabic"},
}


@dataclass(frozen=True)
class Label:
    """A label: what it holds, whose people it takes from name2nat, and its lists."""

    iso: str  # ISO 639-3, or nothing
    people: str = ""  # name2nat's nationalities
    both: str = ""  # sources of surnames and given names
    surnames: str = ""
    given: str = ""
    order: str = "last"  # where the surname stands; see `world_people.split`
    holds: str = ""  # more than the people's names say
    diaspora: bool = False  # count its lists' names by those who bear them abroad
    hosts: str = ""  # labels of countries or rulers whose surnames its people bear too
    shares_given: bool = False  # the hosts' given names are its surnames as well
    listed: str = field(default="same")  # the language of its lists in `faker_sources`


# Nationalities among whom some bear Chinese names: those people are recognised by their surnames.
CHINESE_AMONG = ("Malaysian", "Singaporean", "Indonesian", "Filipino")
CHINESE_LISTS = ("variants:chinese_surnames", "fakerjs:en_HK")
NOT_CHINESE = "wan che nik man"  # begin Malay names too

FEW_PEOPLE = 1000
"""A label of fewer people has names that its people don't show: its lists' names share the rest."""

# States in which a language is the largest, for outkast's counts of surnames by state.
STATES = {
    "Assamese": "assam",
    "Bengali": "west bengal",
    "Gujarati": "gujarat",
    "Hindi": "bihar, chhattisgarh, haryana, madhya pradesh, rajasthan, uttar pradesh, uttarakhand",
    "Malayalam": "kerala",
    "Marathi": "maharashtra",
    "Odia": "odisha",
    "Punjabi": "punjab",
    "Tamil": "tamilnadu",
}

# Millions who speak it as their mother tongue: Census of India 2011, table C-16.
SPEAKERS = {
    "Assamese": 15.3,
    "Bengali": 97.2,
    "Gujarati": 55.5,
    "Hindi": 528.3,
    "Malayalam": 34.8,
    "Marathi": 83.0,
    "Odia": 37.5,
    "Punjabi": 33.1,
    "Tamil": 69.0,
}

INDIAN_REST = "Indian"
"""The label of Indian people whose surnames the states' tables do not explain."""

UNEXPLAINED = 3
"""A surname this much more frequent among Indian people than in any state is not explained."""

SIKH_SHARE = 0.25
"""Unexplained surnames are Punjabi where this share of their bearers has a Sikh middle name."""

WORTH = 100_000
"""The people that a list with counts, weights or ranks stands for, those it leaves out included."""

RANK_OFFSET = 10
"""A name of rank r has a share in proportion to 1 / (r + this) of a people's surnames."""

ALL_RANKS = 20_000
"""The distinct surnames of a people, for what share of it a shorter list covers."""

COMPLETE = ("japanese", "outkast", "russiannames")
"""Sources whose counts cover nearly all the people they speak of."""

EVIDENCE_SIZE = 20_000
"""A label of more people than this weighs no more than one of as many in the evidence."""

MOST_SHARE = 0.1
"""A name borne by more of a label's people weighs no more than this, so others may have it too."""

LEAST_RATIO = {"surnames": 0.02, "given": 0.01}
"""A name whose weight in a label is less than this part of its largest weight is left out."""

SURE_RATIO = {"surnames": 0.3, "given": 0.1}
"""Below this part of the largest weight a name's count is reduced in proportion."""

LISTED_SHARE = 0.005
"""How common a name is taken to be in a label that has no counts at all."""

MOST_LINES = {"surnames": 15_000, "given": 8_000}
"""The lines of one file, the names of most people first."""

MOST_EMBEDDED = 500
"""The lines of one file of the embedded corpus, so that a model is trained in a minute or two."""

LEAST_SURNAMES = 50
"""A label with fewer surnames is left out."""
