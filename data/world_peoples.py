"""The population of each label in millions.

Rounded numbers from censuses, national statistics and the UN's World Population Prospects 2022, for
the people of the label in its home countries. They weigh the frequencies of names of small and
large peoples against each other.
"""

MILLIONS: dict[str, float] = {
    **{"Afghan": 40, "Afrikaans": 4, "Albanian": 5, "Amharic": 110, "Arabic": 400, "Armenian": 5},
    **{"Assamese": 20, "Azerbaijani": 10, "Basque": 1, "Belarusian": 9, "Bengali": 250},
    **{"Bulgarian": 6.5, "Burmese": 50, "Cameroonian": 27, "Catalan": 4, "Chinese": 1400},
    **{"Croatian": 4, "Czech": 10, "Danish": 5.5, "Dhivehi": 0.4, "Dutch": 22, "English": 200},
    **{"Estonian": 1, "Ewe": 20, "Faroese": 0.05, "Filipino": 110, "Finnish": 5.5, "French": 60},
    **{"Georgian": 3.7, "German": 85, "Ghanaian": 30, "Greek": 11, "Gujarati": 60, "Hausa": 80},
    **{"Hebrew": 7, "Hindi": 600, "Hungarian": 10, "Icelandic": 0.35, "Igbo": 35, "Indian": 200},
    **{"Indonesian": 270, "Irish": 7, "Italian": 58, "Japanese": 124, "Kazakh": 20, "Kenyan": 50},
    **{"Khmer": 16, "Kinyarwanda": 25, "Korean": 77, "Kurdish": 30, "Latvian": 1.8},
    **{"Lithuanian": 2.8, "Macedonian": 1.6, "Malagasy": 28, "Malay": 20, "Malayalam": 35},
    **{"Maltese": 0.4, "Manding": 35, "Marathi": 90, "Mongolian": 4, "Mossi": 22, "Nepali": 30},
    **{"Nigerian": 40, "Norwegian": 5, "Odia": 42, "Persian": 85, "Polish": 38, "Portuguese": 220},
    **{"Punjabi": 35, "Romanian": 21, "Russian": 120, "Samoan": 0.4, "Serbian": 8, "Sinhala": 16},
    **{"Slovak": 5, "Slovenian": 2, "Somali": 20, "Spanish": 430, "Swahili": 60, "Swedish": 8.5},
    **{"Tamil": 75, "Thai": 70, "Tibetan": 7, "Tongan": 0.2, "Tswana": 14, "Turkish": 80},
    **{"Ugandan": 45, "Ukrainian": 38, "Urdu": 200, "Uzbek": 33, "Vietnamese": 95, "Welsh": 3},
    **{"Wolof": 18, "Yoruba": 45, "Zambian": 40, "Zulu": 14},
}

SMALL, LARGE = 10, 100
"""Lowest and highest population in the evidence, in millions."""


def trust(millions: float) -> float:
    """Return the weight of facts about a people, relative to those about a large people."""
    return min(max(millions, SMALL), LARGE) / LARGE
