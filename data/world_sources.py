"""The settings of `compile_world.py`: pinned archives, fields of labels, constants.

A source is `<archive>:<list>`, or `<archive>:<locale>` for both kinds of names. Its ending is the
meaning of its numbers or order: `#weights` are frequencies, `#counts` too, with names without one
left out, and `#rank` is an order from the commonest to the rarest. Names of a source without an
ending have no counts.
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
    root: str = ""  # folder in the archive, prefix of the members


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

# Scripts of labels that are not in `faker_sources.SCRIPTS`, or that use two scripts.
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
    """A label: its description, its nationalities in name2nat, and its lists."""

    iso: str  # ISO 639-3, or ""
    people: str = ""  # nationalities in name2nat
    both: str = ""  # sources of surnames and given names
    surnames: str = ""
    given: str = ""
    order: str = "last"  # position of the surname; see `world_people.split`
    holds: str = ""  # description, if it is not "<label> names"
    diaspora: bool = False  # whether listed names are counted by people abroad
    hosts: str = ""  # labels of countries or rulers whose surnames its people have too
    given_as_surnames: bool = False  # whether its surnames include the hosts' given names
    listed: str = field(default="same")  # language of its lists in `faker_sources`


# Nationalities of which some people have Chinese names; they are recognised by their surnames.
CHINESE_AMONG = ("Malaysian", "Singaporean", "Indonesian", "Filipino")
CHINESE_LISTS = ("variants:chinese_surnames", "fakerjs:en_HK")
NOT_CHINESE = "wan che nik man"  # begin Malay names too

FEW_PEOPLE = 1000
"""In labels with fewer people, names without a count get the people that lists leave out."""

# States with a language as the largest, for outkast's counts of surnames by state.
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

# Mother-tongue speakers in millions. Source: Census of India 2011, table C-16.
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
"""Label of Indian people whose surnames are not explained by the tables of the states."""

UNEXPLAINED = 3
"""A surname is not explained if it is this many times more frequent in India than in any state."""

SIKH_FRACTION = 0.25
"""Unexplained surnames are Punjabi if this fraction of their people has a Sikh middle name."""

WORTH = 100_000
"""Number of people of a list with counts, weights or ranks, with those that it leaves out."""

RANK_OFFSET = 10
"""The frequency of the name of rank r is proportional to 1 / (r + this)."""

ALL_RANKS = 20_000
"""Number of distinct surnames of a people, in the coverage of a shorter list."""

COMPLETE = ("japanese", "outkast", "russiannames")
"""Sources whose counts cover nearly all people."""

EVIDENCE_SIZE = 20_000
"""Highest number of people of a label in the evidence."""

HIGHEST_FREQUENCY = 0.1
"""Highest frequency of a name in the evidence, so that it can belong to other labels too."""

LOWEST_RATIO = {"surnames": 0.02, "given": 0.01}
"""Names with a lower ratio of weights are left out of a label."""

SURE_RATIO = {"surnames": 0.3, "given": 0.1}
"""Names with a lower ratio of weights have their count reduced in proportion."""

LISTED_FREQUENCY = 0.005
"""Frequency of a listed name in a label without counts."""

MOST_LINES = {"surnames": 15_000, "given": 8_000}
"""Highest number of names in a file, those with the most people first."""

MOST_EMBEDDED = 500
"""Highest number of names in a file of the embedded corpus, which trains in a minute or two."""

FEWEST_SURNAMES = 50
"""Labels with fewer surnames are left out."""
