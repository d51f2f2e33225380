"""The modules that compile data/world and data/labels.csv, on small inputs."""

import importlib
import sys
from pathlib import Path
from typing import ClassVar

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
sys.path.insert(0, str(DATA))
archives = importlib.import_module("world_archives")
counts = importlib.import_module("world_counts")
evidence = importlib.import_module("world_evidence")
faker_lists = importlib.import_module("faker_lists")
facts = importlib.import_module("world_facts")
labels = importlib.import_module("world_labels")
lists = importlib.import_module("world_lists")
nigeria = importlib.import_module("world_nigeria")
people = importlib.import_module("world_people")
peoples = importlib.import_module("world_peoples")
frequencies = importlib.import_module("world_frequencies")
spelling = importlib.import_module("world_spelling")
tables = importlib.import_module("world_sources")
world = importlib.import_module("compile_world")
Names = counts.Names


def split(title, order="last", others=()):
    titles = [*others, title]
    return list(people.full_names(titles, order))[-1]


class TestFullNames:
    @pytest.mark.parametrize(
        ("title", "surname", "given"),
        [
            ("Ada Lovelace", "Lovelace", "Ada"),
            ("Ada Lovelace (nurse)", "Lovelace", "Ada"),
            ("Ada Lovelace, 2nd Countess", "Lovelace", "Ada"),
            ("Jan van der Berg", "van der Berg", "Jan"),
            ("Pia Di Luca", "Di Luca", "Pia"),
            ("Omar El Sayed", "El Sayed", "Omar"),
            ("Bob Q. Public Jr.", "Public", "Bob"),
            ("Sir Bob Public", "Public", "Bob"),
            ("Ann O\u2019Hara", "O'Hara", "Ann"),
        ],
    )
    def test_the_last_word_with_its_particles(self, title, surname, given):
        assert split(title) == people.FullName(surname, given)

    def test_a_particle_that_comes_first_is_a_given_name(self):
        assert split("Van Morris") == people.FullName("Morris", "Van")

    def test_bare_leaves_particles_out(self):
        assert split("Ana da Silva", "bare").surname == "Silva"

    def test_son_of_is_removed_from_an_arabic_name(self):
        assert split("Zaid bin Omar", "arabic") == people.FullName("Omar", "Zaid")
        assert list(people.full_names(["Zaid", "bin Omar"], "arabic")) == [people.FullName("", "")]

    def test_the_first_word_where_more_people_begin_with_it(self):
        others = ["Kim Bo-ra", "Kim Da-in", "Lee Su-bin"]
        assert split("Kim Ye-jun", "first", others) == people.FullName("Kim", "Ye-jun")
        assert split("Ann Kim", "first", others) == people.FullName("Kim", "Ann")

    def test_either_end_where_one_is_the_commoner_surname(self):
        others = ["Yoko Oda", "Ken Oda", "Emi Oda"]
        assert split("Oda Nagato", "either", others).surname == "Oda"
        assert split("Emi Sato", "either", others).surname == "Sato"

    def test_a_mongolian_fathers_name_comes_first(self):
        assert split("Batbayaryn Bold", "mongolian") == people.FullName("Batbayaryn", "Bold")
        assert split("Sarnai Bold", "mongolian") == people.FullName("Bold", "Sarnai")

    @pytest.mark.parametrize(
        "title", ["Plato", "", "Blink 182", "Ivan of Kent", "Tom & Ann Roe", "A. B."]
    )
    def test_a_title_that_is_not_a_name_has_no_words(self, title):
        assert all(one == people.FullName("", "") for one in people.full_names([title], "last"))

    def test_a_key_has_neither_case_nor_diacritics(self):
        assert people.key("Nguyễn") == people.key("NGUYEN") == "nguyen"
        assert people.key("Søren d'Ångström-Łódź") == "sorendangstromlodz"

    def test_people_are_counted_once_for_each_word(self):
        assert people.bearers(["Ann Ann", "Ann Roe"]) == {"ann": 2, "roe": 1}


class TestCounts:
    def test_a_rank_has_a_frequency(self):
        first, second = lists.weighted([("Ek", None), ("Alm", None)], "rank")
        assert first[1] > second[1] > 0
        assert first[1] / second[1] == pytest.approx(12 / 11)

    def test_weights_are_scaled_to_what_the_list_covers(self):
        entries = [("Ek", 3.0), ("Alm", 1.0), ("Ask", None)]
        found = dict(lists.weighted(entries, "weights", complete=True))
        assert found == {"Ek": 75_000, "Alm": 25_000, "Ask": None}
        assert "Ask" not in dict(lists.weighted(entries, "counts"))
        part = dict(lists.weighted(entries, "weights"))
        assert part["Ek"] == pytest.approx(75_000 * lists.coverage(3))

    def test_without_an_ending_a_list_has_no_counts(self):
        assert lists.weighted([("Ek", 3.0)], "") == [("Ek", None)]

    def test_indian_people_go_where_their_surname_lives(self):
        frequencies = {"patel": {"Gujarati": 0.1, "Hindi": 0.001}}
        titles = ["Ann Patel", "Bo Reddy", "Bo Singh Gill", "Ida Kaur Gill"]
        divided = counts.indian(titles, frequencies)
        (one, part), *_ = divided["Gujarati"]
        assert one == people.FullName("Patel", "Ann")
        assert part == pytest.approx(0.1 * 55.5 / (0.1 * 55.5 + 0.001 * 528.3))
        assert [one.surname for one, _ in divided["Indian"]] == ["Reddy"]
        assert [one.surname for one, _ in divided["Punjabi"]] == ["Gill", "Gill"]

    def test_only_a_labels_scripts_and_latin(self):
        assert lists.usable("김", "Korean") == "김"
        assert lists.usable("김", "Danish") is None
        assert lists.usable("x1", "Danish") is None

    def test_two_names_that_ran_together_are_dropped(self):
        assert lists.usable("ŽivićBabić", "Croatian") is None
        assert lists.usable("FitzGerald", "Irish") == "FitzGerald"

    def test_nigerian_people_are_classified_by_their_words(self):
        seeds = {
            "Yoruba": ["Adebayo", "Adekunle", "Oluwole", "Olusegun"],
            "Igbo": ["Chinedu", "Chidi", "Nwosu", "Okonkwo"],
            "Nigerian": ["John", "Smith"],
        }
        found = [people.FullName("Adewole", "Olusola"), people.FullName("Nwokonkwo", "Chinedum")]
        classified = nigeria.classify([*found, people.FullName("Smith", "John")], seeds, "Nigerian")
        assert [language for _, language in classified] == ["Yoruba", "Igbo", "Nigerian"]


class TestEvidence:
    def test_a_name_without_diacritics_joins_the_one_with_them(self):
        names = Names(
            {"Dvořák": 3.0, "Dvorak": 2.0, "DVORAK": 1.0, "Bar": 9.0, "Bár": 1.0}, {"Dvorák"}
        )
        merged = evidence.merge_spellings(names)
        assert merged.counted == {"Dvořák": 6.0, "Bar": 9.0, "Bár": 1.0}
        assert merged.listed == {"Dvorák"}

    def test_a_name_from_elsewhere_is_left_out(self):
        labels = {
            "English": Names({"Smith": 600.0, "Lee": 60.0, "Roe": 9_340.0}),
            "German": Names({"Smith": 1.0, "Weber": 9_999.0}),
        }
        ratios = evidence.ratios(labels)
        assert evidence.clean(labels["German"], ratios["German"], "surnames") == {"Weber": 9_999}
        assert evidence.clean(labels["English"], ratios["English"], "surnames")["Smith"] == 600

    def test_a_fact_outweighs_a_handful_of_people(self):
        labels = {
            "Spanish": Names({"Gil": 4.0, "Roa": 996.0}, facts={"Gil": 0.03}, trust=20_000),
            "Basque": Names({"Gil": 2.0, "Etxe": 98.0}),
        }
        ratios = evidence.ratios(labels)
        assert ratios["Spanish"]["gil"] == 1
        assert ratios["Basque"]["gil"] == pytest.approx(0.2 / (0.03 * 20_000**0.5))

    def test_names_without_a_fact_are_rarer_than_the_facts(self):
        facts = {"Ek": 0.05, "Alm": 0.02}
        share, _ = evidence.frequencies(Names({"Ask": 9.0, "Ek": 1.0}, facts=facts))
        assert share == {"ek": 0.05, "alm": 0.02, "ask": frequencies.rarest_common(facts.values())}

    def test_a_name_of_several_labels_keeps_a_fraction(self):
        labels = {
            "Danish": Names({"Holm": 100.0, "Lund": 900.0}),
            "German": Names({"Holm": 20.0, "Weber": 980.0}),
        }
        ratio = evidence.ratios(labels)["German"]
        assert ratio["holm"] == pytest.approx(0.2)
        kept = evidence.clean(labels["German"], ratio, "surnames")
        assert kept["Holm"] == pytest.approx(20 * 0.2 / tables.SURE_RATIO["surnames"])

    def test_a_listed_name_takes_its_count_from_people_abroad(self):
        names = Names(listed={"Ek", "Alm"})
        ratio = {"ek": 1.0, "alm": 1.0}
        assert evidence.clean(names, ratio, "surnames", {"ek": 7}) == {"Ek": 7, "Alm": 1}
        assert evidence.clean(names, ratio, "surnames") == {"Ek": 1, "Alm": 1}

    def test_people_abroad_are_those_of_the_second_label(self):
        labels = {
            "German": Names({"Kaya": 60.0, "Bayer": 900.0}),
            "Dutch": Names({"Kaya": 40.0}),
            "French": Names({"Kaya": 2.0, "Bayer": 1.0}),
            "Danish": Names({"Holm": 5.0}),
        }
        assert counts.known_abroad(labels) == {"kaya": 40.0, "bayer": 1.0}

    def test_the_commonest_are_kept_and_of_as_common_ones_the_first(self):
        kept = evidence.most_borne({"A": 0, "D": 5, "C": 5, "E": 9, "B": 5}, 3)
        assert list(kept.items()) == [("B", 5), ("C", 5), ("E", 9)]

    def test_neighbours_share_names(self):
        files = {"A": {"Ek": 9, "Alm": 1}, "B": {"Ek": 1}, "C": {"Ask": 1}}
        common = evidence.overlaps(files)
        assert evidence.neighbours(common) == {"A": ["B"], "B": ["A"], "C": []}
        assert evidence.closest_pairs(common, 2) == [("A", "B", pytest.approx(0.9))]


class TestFacts:
    def test_a_row_is_a_frequency(self, tmp_path):
        text = "label,name,per_mille,source\nDanish,Holm,12.5,a register\n"
        (tmp_path / facts.FREQUENCIES["surnames"]).write_text(text)
        assert facts.read_facts(tmp_path, "surnames") == {"Danish": {"Holm": 0.0125}}

    @pytest.mark.parametrize(
        "row",
        [
            "Danish,Holm,12.5,",
            "Danish,Holm,12.5",
            "Atlantean,Holm,1,a register",
            "Danish,holm1,1,a register",
            "Danish,Lund,1,a register",
            "Danish,Holm,0,a register",
            "Danish,Holm,1000,a register",
        ],
    )
    def test_a_bad_row_is_named(self, tmp_path, row):
        text = f"label,name,per_mille,source\nDanish,Lund,1,a register\n{row}\n"
        (tmp_path / facts.FREQUENCIES["surnames"]).write_text(text)
        with pytest.raises(ValueError, match="line 3"):
            facts.read_facts(tmp_path, "surnames")

    def test_a_fact_of_a_large_people_softens_that_of_a_small_one(self):
        frequencies = {"Danish": {"Holm": 0.01}, "Faroese": {"Holm": 0.02, "Joensen": 0.04}}
        found = facts.softened(frequencies, {"Danish": 4.0, "Faroese": 0.005})
        assert found["Danish"] == {"Holm": 0.01}
        assert found["Faroese"]["Joensen"] == 0.04
        assert found["Faroese"]["Holm"] == pytest.approx(0.02 * 0.0025**0.5)

    def test_two_spellings_of_a_name_keep_their_frequencies(self):
        frequencies = {"Danish": {"Moller": 0.001, "Møller": 0.004}, "Faroese": {"Møller": 0.1}}
        found = facts.softened(frequencies, {"Danish": 5.0, "Faroese": 0.05})
        assert found["Danish"]["Møller"] == 0.004
        assert found["Danish"]["Moller"] == pytest.approx(0.001 * 0.25**0.5)

    def test_names_of_the_host_are_subtracted(self):
        spanish = {f"Name{letter}": 10.0 for letter in "abcdefghij"}
        basque = dict.fromkeys(spanish, 2.0) | {"Etxe": 30.0, "Namea": 7.0}
        labels = {"Spanish": Names(spanish), "Basque": Names(basque)}
        facts.without_hosts(labels, {"Spanish": Names()}, {"Basque": "Spanish"})
        counted = labels["Basque"].counted
        assert counted["Etxe"] == 30
        assert counted["Namea"] == pytest.approx(5)
        assert counted["Nameb"] == pytest.approx(0)

    def test_a_given_name_of_the_host_is_hardly_a_surname(self):
        labels = {"English": Names({"Smith": 100.0}), "Kenyan": Names({"John": 1.0, "Otieno": 9.0})}
        given = {"English": Names({"John": 9.0, "Ann": 1.0})}
        facts.without_hosts(labels, given, {"Kenyan": "English"})
        assert labels["Kenyan"].counted == {"John": pytest.approx(0.1), "Otieno": 9}

    def test_counts_are_people_of_a_million(self):
        names = Names({"Ek": 1.0, "Ask": 3.0}, facts={"Holm": 0.2}, others={True: 4.0})
        kept = {"Holm": 0.0, "Ek": 1.0, "Ask": 9.0}
        found = frequencies.of_a_million(names, kept)
        rest = 0.8 * (0.5 - lists.coverage(1)) / (1 - lists.coverage(1))
        assert found["Holm"] == 200_000
        assert found["Ask"] == 200_000  # no commoner than the fact
        assert found["Ek"] == round(1_000_000 * rest / 10)

    def test_every_label_has_its_millions(self):
        assert set(peoples.MILLIONS) == set(labels.LABELS)
        assert all(people > 0 for people in peoples.MILLIONS.values())


class TestSpelling:
    POLISH: ClassVar = {
        f"{start}{middle}kowski": 9
        for start in ("Ja", "Ma", "Bo", "Za", "Wi", "Do", "Ko", "Le")
        for middle in ("", "b", "l", "r", "cz", "sz", "n", "d")
    }
    THAI: ClassVar = {
        f"{start}{end}": 9
        for start in ("Siri", "Som", "Nat", "Wara", "Kan", "Pra", "Chai", "Thong")
        for end in ("porn", "chai", "sak", "wan", "rat", "phon", "dee", "suk")
    }

    def test_a_name_spelt_like_anothers_is_left_out(self, monkeypatch):
        monkeypatch.setattr(spelling, "SMOOTHING", 0.5)
        labels = {"Polish": self.POLISH, "Thai": {**self.THAI, "Malikowski": 1, "Sirikan": 1}}
        kept = spelling.without_strangers(labels, {})
        assert kept["Polish"] == labels["Polish"]
        assert "Malikowski" not in kept["Thai"]
        assert kept["Thai"]["Sirikan"] == 1

    def test_facts_stay(self):
        labels = {"Polish": self.POLISH, "Thai": {**self.THAI, "Gobkowski": 1}}
        kept = spelling.without_strangers(labels, {"Thai": {"Gobkowski": 0.1}})
        assert kept == labels


class TestCommand:
    @pytest.mark.parametrize("arguments", [[], ["--check"], ["--people"], ["--download"]])
    def test_other_versions_are_refused(self, tmp_path, capsys, monkeypatch, arguments):
        monkeypatch.setattr(faker_lists, "PINS", {"pytest": "0.1"})
        assert world.main([*arguments, "--cache", str(tmp_path)], tmp_path) == 2
        out, error = capsys.readouterr()
        assert error.startswith("compile_world.py needs pytest==0.1 (installed: ")
        assert (out, error.count("\n"), list(tmp_path.iterdir())) == ("", 1, [])

    def test_a_missing_package_is_one_line(self, tmp_path, capsys, monkeypatch):
        monkeypatch.setattr(world, "unmet_pins", list)
        assert world.main(["--check", "--cache", str(tmp_path)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "--download gets it" in error

    def test_differences_are_named(self, tmp_path):
        (tmp_path / "world" / "given").mkdir(parents=True)
        for name, text in (("Danish", "Bo\n"), ("Old", "Ida\n")):
            (tmp_path / "world" / "given" / f"{name}.txt").write_text(text)
        (tmp_path / "names").mkdir()
        (tmp_path / "names/Old.txt").write_text("Holm\n")
        files = {"world/given/Danish.txt": "Bo\t2\n", "labels.csv": "label\n"}
        files["given/Danish.txt"] = "Bo\t2\n"
        assert world.differences(files, tmp_path) == [
            "given/Danish.txt: missing",
            "labels.csv: missing",
            "names/Old.txt: should not be there",
            "world/given/Danish.txt: differs from what compile_world.py makes",
            "world/given/Old.txt: should not be there",
        ]
        world.write(files, tmp_path)
        assert world.differences(files, tmp_path) == []

    @pytest.mark.corpus
    def test_sources_are_places_in_the_order_in_which_they_are_read(self):
        label = tables.Label("dan", "Danish", surnames="faker:da_DK#weights", given="php:da_DK")
        assert world.sources("Danish", label) == [
            *("name2nat", "faker:da_DK", "php:da_DK", "mimesis:da", "frequencies")
        ]

    def test_a_line_has_its_count_after_a_tab(self):
        assert world.lines({"Lund": 1, "Holm": 3}) == "Holm\t3\nLund\t1\n"

    @pytest.mark.corpus
    @pytest.mark.skipif(
        not all((DATA / "cache" / one.file).is_file() for one in tables.ARCHIVES.values()),
        reason="data/cache lacks packages; python data/compile_world.py --download gets them",
    )
    def test_the_files_are_what_the_command_makes(self, capsys):
        assert world.main(["--check"]) == 0, capsys.readouterr().out
