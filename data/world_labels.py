"""The labels of data/world, with their descriptions and sources."""

from world_sources import Label

HISPANIC = (
    "Argentine Mexican Chilean Colombian Uruguayan Cuban Venezuelan Peruvian Dominican Paraguayan"
    " Ecuadorian Bolivian Guatemalan Honduran Salvadoran Panamanian Nicaraguan"
)
ARAB = (
    "Egyptian Algerian Saudi Moroccan Lebanese Iraqi Tunisian Syrian Emirati Qatari Palestinian"
    " Jordanian Kuwaiti Sudanese Yemeni Libyan Bahraini Omani"
)

EUROPE = {
    "Afrikaans": Label("afr", both="fakerjs:af_ZA"),
    "Albanian": Label("sqi", "Albanian"),
    "Basque": Label("eus", "Basque", hosts="Spanish", given_as_surnames=True),
    "Belarusian": Label("bel", "Belarusian"),
    "Bulgarian": Label("bul", "Bulgarian"),
    "Catalan": Label(
        "cat",
        "Catalan Andorran",
        holds="Catalonia and Andorra",
        hosts="Spanish",
        given_as_surnames=True,
    ),
    "Croatian": Label("hrv", "Croat", "fakerjs:hr php:hr_HR"),
    "Czech": Label("ces", "Czech"),
    "Danish": Label("dan", surnames="faker:da_DK#rank"),
    "Dutch": Label(
        "nld",
        "Dutch",
        surnames="zxcvbn-nl-be:lastnames#rank",
        given="zxcvbn-nl-be:boysFirstnames#rank zxcvbn-nl-be:girlsFirstnames#rank",
        holds="names of the Netherlands and Flanders",
    ),
    "English": Label(
        "eng", "English", "faker:en_GB#weights", holds="English names wherever they are borne"
    ),
    "Estonian": Label("est", "Estonian"),
    "Faroese": Label("fao", "Faroese"),
    "Finnish": Label(
        "fin",
        "",
        "faker:fi_FI#weights",
        "zxcvbn-fi:lastnames#rank",
        "zxcvbn-fi:maleFirstnames#rank zxcvbn-fi:femaleFirstnames#rank",
        holds="Finnish names, and the Swedish ones of Finland's register",
    ),
    "French": Label("fra", "French", surnames="faker:fr_FR#rank"),
    "German": Label(
        "deu", "German Austrian", surnames="zxcvbn-de:lastnames#rank", holds="Germany and Austria"
    ),
    "Greek": Label("ell", "Greek Cypriot", "fakerjs:el", holds="Greece and Cyprus"),
    "Hungarian": Label("hun", "Hungarian", "faker:hu_HU#weights"),
    "Icelandic": Label("isl", holds="patronyms and family names"),
    "Irish": Label(
        "gle",
        "Irish",
        holds="Irish names in English spelling, and Gaelic ones",
        hosts="English",
        given_as_surnames=True,
    ),
    "Italian": Label("ita", "Italian Sammarinese", holds="Italy and San Marino"),
    "Latvian": Label("lav", "Latvian", "fakerjs:lv php:lv_LV"),
    "Lithuanian": Label("lit", "Lithuanian", "faker:lt_LT php:lt_LT"),
    "Macedonian": Label("mkd", "Macedonian", "fakerjs:mk"),
    "Maltese": Label("mlt", "Maltese", hosts="English"),
    "Norwegian": Label("nor", "Norwegian", "fakerjs:nb_NO"),
    "Polish": Label(
        "pol",
        "",
        "fakerjs:pl",
        "zxcvbn-pl:maleLastnames#rank zxcvbn-pl:femaleLastnames#rank",
        "zxcvbn-pl:maleFirstnames#rank zxcvbn-pl:femaleFirstnames#rank",
        holds="Polish names, in the order of the state register",
    ),
    "Portuguese": Label("por", "Brazilian Portuguese", order="bare", holds="Portugal and Brazil"),
    "Romanian": Label(
        "ron",
        "Romanian Moldovan",
        "fakerjs:ro fakerjs:ro_MD php:ro_RO",
        holds="Romania and Moldova",
    ),
    "Russian": Label("rus", "Russian", surnames="russiannames:surnames#weights"),
    "Serbian": Label(
        "srp",
        "Serb Montenegrin",
        "fakerjs:sr_RS_latin php:sr_Latn_RS php:me_ME",
        holds="Serbian and Montenegrin names, in Latin letters",
    ),
    "Slovak": Label("slk", "Slovak"),
    "Slovenian": Label("slv", "Slovene", "fakerjs:sl_SI php:sl_SI", "faker:sl_SI#rank"),
    "Spanish": Label(
        "spa",
        HISPANIC,
        "faker:es_AR#weights faker:es_CL#weights faker:es_CO#weights",
        "zxcvbn-es-es:lastnames#rank",
        "zxcvbn-es-es:firstnames#rank",
        holds="Spain and Hispanic America",
    ),
    "Swedish": Label("swe", "", "faker:sv_SE#weights"),
    "Ukrainian": Label("ukr", "Ukrainian"),
    "Welsh": Label("cym", "Welsh", hosts="English", given_as_surnames=True),
}

WEST_AND_CENTRAL_ASIA = {
    "Afghan": Label("", "Afghan", holds="Pashto and Dari names of Afghanistan"),
    "Arabic": Label("ara", ARAB, order="arabic", holds="all Arab countries"),
    "Armenian": Label("hye", "Armenian", "fakerjs:hy"),
    "Azerbaijani": Label("aze", "Azerbaijani", "fakerjs:az"),
    "Georgian": Label("kat", "Georgian", "fakerjs:ka_GE"),
    "Hebrew": Label("heb", "Israeli", "faker:he_IL#weights fakerjs:he"),
    "Kazakh": Label("kaz", "Kazakh Kyrgyz", "php:kk_KZ", holds="Kazakh and Kyrgyz names"),
    "Kurdish": Label(
        "kur",
        both="fakerjs:ku_ckb",
        given="fakerjs:ku_kmr_latin",
        holds="Sorani and Kurmanji names",
    ),
    "Mongolian": Label("mon", "Mongolian", given="php:mn_MN", order="mongolian"),
    "Persian": Label("fas", "Iranian", "fakerjs:fa"),
    "Turkish": Label("tur", "", "fakerjs:tr php:tr_TR", diaspora=True),
    "Uzbek": Label("uzb", "Uzbek", "fakerjs:uz_UZ_latin"),
}

SOUTH_ASIA = {
    "Assamese": Label("asm", surnames="outkast:Assamese#weights"),
    "Bengali": Label(
        "ben",
        "Bangladeshi",
        "faker:bn_BD",
        "outkast:Bengali#weights",
        holds="Bangladesh and West Bengal",
    ),
    "Dhivehi": Label("div", "Maldivian", "fakerjs:dv"),
    "Gujarati": Label("guj", both="faker:gu_IN", surnames="outkast:Gujarati#weights"),
    "Hindi": Label(
        "hin", surnames="outkast:Hindi#weights", holds="northern India, from Rajasthan to Bihar"
    ),
    "Indian": Label(
        "",
        holds="surnames of India that no state's table has: Telugu, Kannada and others",
        given="fakerjs:en_IN",
        listed="",
    ),
    "Malayalam": Label("mal", surnames="outkast:Malayalam#weights"),
    "Marathi": Label("mar", both="faker:mr_IN", surnames="outkast:Marathi#weights"),
    "Nepali": Label("nep", "Nepalese", "fakerjs:en_NP fakerjs:ne php:ne_NP"),
    "Odia": Label("ori", surnames="outkast:Odia#weights"),
    "Punjabi": Label("pan", surnames="outkast:Punjabi#weights"),
    "Sinhala": Label(
        "sin",
        both="faker:si_LK",
        holds="Sinhala names of Sri Lanka, Portuguese ones among them",
        listed="",
    ),
    "Tamil": Label(
        "tam",
        "Tamil",
        given="faker:ta_IN",
        surnames="outkast:Tamil#weights",
        holds="Tamil names of India and Sri Lanka",
    ),
    "Tibetan": Label("bod", "Tibetan Bhutanese", order="plain", holds="Tibet and Bhutan"),
    "Urdu": Label("urd", "Pakistani", "fakerjs:ur", holds="names of Pakistan"),
}

EAST_ASIA_AND_PACIFIC = {
    "Burmese": Label("mya", "Burmese", order="plain"),
    "Chinese": Label(
        "zho",
        "Chinese Taiwanese",
        "faker:zh_CN#weights faker:zh_TW#weights",
        "fakerjs:en_HK variants:chinese_surnames",
        order="first",
        holds="Mandarin, Cantonese and Hokkien names",
    ),
    "Filipino": Label(
        "fil", "Filipino", surnames="ffaker:name_ph/autochthonous_surnames", hosts="English"
    ),
    "Indonesian": Label(
        "ind", "Indonesian", "fakerjs:id_ID php:id_ID", "ffaker:name_id/last_names", order="plain"
    ),
    "Japanese": Label(
        "jpn",
        "Japanese",
        surnames="japanese:last_name_org#weights variants:japanese_surnames",
        given="japanese:first_name_man_opti japanese:first_name_woman_opti",
        order="either",
    ),
    "Khmer": Label("khm", "Cambodian", order="first", surnames="ffaker:name_kh/last_names"),
    "Korean": Label(
        "kor",
        "Korean",
        "faker:ko_KR#weights",
        "variants:korean_surnames#weights",
        order="first",
    ),
    "Malay": Label(
        "msa",
        "Malaysian Bruneian",
        order="arabic",
        surnames="php:ms_MY/lastNameMalay",
        holds="Malay names of Malaysia and Brunei",
    ),
    "Samoan": Label("smo", "Samoan", hosts="English"),
    "Thai": Label("tha", "Thai Lao", "fakerjs:th", holds="Thai names, and Lao ones"),
    "Tongan": Label("ton", "Tongan", hosts="English"),
    "Vietnamese": Label(
        "vie",
        "Vietnamese",
        "faker:vi_VN php:vi_VN",
        "variants:vietnamese_surnames#counts",
        order="first",
    ),
}

AFRICA = {
    "Amharic": Label("amh", "Ethiopian Eritrean", holds="names of Ethiopia and Eritrea"),
    "Cameroonian": Label(
        "", "Cameroonian", holds="names of Cameroon's many languages", hosts="English French"
    ),
    "Ewe": Label(
        "ewe", "Togolese Beninese", holds="Togo and Benin: Ewe, Fon and others", hosts="French"
    ),
    "Ghanaian": Label(
        "",
        "Ghanaian",
        "fakerjs:en_GH",
        holds="Akan names and others of Ghana",
        listed="Twi",
        hosts="English",
    ),
    "Hausa": Label(
        "hau",
        "Nigerien",
        "faker:ha_NG",
        listed="",
        holds="northern Nigeria and Niger",
        hosts="English",
    ),
    "Igbo": Label("ibo", both="faker:ig_NG", listed="", hosts="English"),
    "Kenyan": Label(
        "",
        "Kenyan",
        "faker:en_KE#weights",
        holds="Kikuyu, Luo, Kalenjin and others",
        hosts="English",
    ),
    "Kinyarwanda": Label(
        "kin", "Rwandan Burundian", holds="names of Rwanda and Burundi", hosts="English"
    ),
    "Malagasy": Label("mlg", "Malagasy", hosts="French"),
    "Manding": Label(
        "",
        "Malian",
        holds="Malinke, Bambara and Fula names of Mali, Guinea",
        hosts="French",
    ),
    "Mossi": Label("mos", "Burkinabé", hosts="French"),
    "Nigerian": Label("", "Nigerian", holds="other names of Nigeria", hosts="English"),
    "Somali": Label("som", "Somali Djiboutian"),
    "Swahili": Label(
        "swa", "Tanzanian Comorian", holds="names of Tanzania's languages", hosts="English"
    ),
    "Tswana": Label("tsn", "Botswana Sotho", holds="Tswana and Sotho names", hosts="English"),
    "Ugandan": Label("", "Ugandan", surnames="php:en_UG/lastName", hosts="English"),
    "Wolof": Label(
        "wol",
        "Senegalese Gambian",
        "fakerjs:fr_SN",
        holds="Senegal and Gambia: Wolof, Serer, Fula",
        hosts="French English",
    ),
    "Yoruba": Label("yor", both="faker:yo_NG fakerjs:yo_NG", hosts="English"),
    "Zambian": Label("", "Zambian Malawian", holds="Bemba, Chewa and others", hosts="English"),
    "Zulu": Label("zul", "Swazi", "fakerjs:zu_ZA", holds="Zulu and Swazi names", hosts="English"),
}

LABELS: dict[str, Label] = dict(
    sorted((EUROPE | WEST_AND_CENTRAL_ASIA | SOUTH_ASIA | EAST_ASIA_AND_PACIFIC | AFRICA).items())
)
