"""Compile the romanisations of data/world: a label and the forms of one name, native and Latin.

    python data/compile_variants.py           # write it
    python data/compile_variants.py --check   # write nothing; exit code 1 if it differs

The forms are those of the package name-variants (MIT), read as a file from data/cache, and of the
table below. Some forms of the package are guesses: its Latin forms are kept if they are in
data/world under the label, and if they are not names of other languages (Moses for Moshe).
"""

import argparse
import ast
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from world_archives import text

FOLDER = Path(__file__).resolve().parent

MODULES = {
    "Arabic": ("arabic_names",),
    "Bengali": ("indian_names_bengali",),
    "Chinese": ("chinese_surnames", "chinese_given_names"),
    "Hebrew": ("hebrew_names",),
    "Hindi": ("indian_names_hindi",),
    "Indonesian": ("indonesian_malay_names",),
    "Korean": ("korean_surnames", "korean_given_names"),
    "Persian": ("persian_names",),
    "Tamil": ("indian_names_tamil",),
    "Thai": ("thai_names",),
}
"""Modules by label. Russian forms follow from rules, Vietnamese and Turkish ones from
removing marks; a Japanese name in kanji has several readings, which are not forms of one name."""

ELSEWHERE = {
    "Arabic": "mehmed mehmet ahmet abraham solomon david sarah miriam jasmine hossein"
    " esmail ebrahim rowan rania rana soraiya rahmat saloma zechariah diya zia osman",
    "Bengali": "paul bose day senne rai roy",
    "Chinese": "kim gim bui ly way io",
    "Hebrew": "isaac izak moses moishe joseph jacob jakob aaron samuel schmuel benjamin solomon"
    " david abraham simon simeon reuben judah rebecca rebekah leah deborah hannah tamara miriam"
    " eleanor jael john matthias nathan esther sarah ruth naomi rachel michal",
    "Hindi": "mitra patil varman chandra deb roi kahn",
    "Indonesian": "abdallah yosef esmail ebrahim md ab",
    "Korean": "i o u no to son so a li ban van than sue low joe cook back sean jean pee wee tai"
    " may",
    "Persian": "cyrus bahar omer mohamed mohamad husain",
    "Tamil": "chandrasekaran palani vikneswaran vigneswaran",
}
"""Forms that are names of other languages, or ambiguous."""

FACTS = """
Arabic: mohamed muhammad mohammed mohammad mohamad muhammed mohammod mouhamed
Arabic: ahmed ahmad; hussein hussain husain husayn houssein hossain; abdullah abdallah abdulla
Arabic: youssef yusuf yousef yousuf yussuf youcef; said saeed saïd; khalil khaleel khelil
Arabic: sherif sharif cherif chérif; rashid rasheed rachid; shahin chahine shaheen; jaber gaber
Arabic: gamal jamal djamel jamel; hisham hicham hesham; bouchra bushra; jilali djilali gilali
Arabic: sulaiman suleiman soliman slimane sulayman suleyman; ibrahim brahim ibraheem; omar umar
Arabic: abdelrahman abdulrahman abdurrahman abderrahmane abdul-rahman abd-el-rahman
Arabic: abdelaziz abdulaziz abdul-aziz; abdelkader abdulqadir abdul-qadir abdelqader
Arabic: nasser nasir naser nacer; qasim kassem qassem kasim kacem
Arabic: mustafa mostafa moustafa mustapha
Arabic: mahmoud mahmud; othman uthman osman; saleh salih; haddad hadad; khoury khouri khuri
Arabic: al-sayed el-sayed elsayed alsayed; al-masri el-masry elmasry almasri; bakr bakir
Arabic: aisha aicha ayesha; fatima fatma fatimah fatema; khadija khadidja khadijah; zaynab zeinab
Bengali: rahman rahaman rehman; hossain hossein hosain husain; chowdhury choudhury chaudhuri
Bengali: mukherjee mukherji mukhopadhyay mookerjee; banerjee banerji bandyopadhyay bandopadhyay
Bengali: chatterjee chatterji chattopadhyay; ganguly ganguli gangopadhyay
Bengali: bhattacharya bhattacharjee
Bengali: chakraborty chakrabarty chakravarty chakrabarti; begum begam; khatun khatoon
Bengali: uddin ud-din
Bengali: islam eslam; akhter akter akhtar; sarkar sarker sircar
Bengali: majumdar mazumder mazumdar majumder
Chinese: wang wong ong heng 王; li lee lei 李; zhang chang cheung teo chong cheong 張 张
Chinese: liu lau low liew 劉 刘; chen chan tan chin 陳 陈; yang yeung yeo yong 楊 杨
Chinese: huang wong ng ooi oei 黃 黄; zhao chao chiu 趙 赵; wu ng goh 吳 吴
Chinese: zhou chow chou chew 周
Chinese: xu hsu tsui chee 徐; sun suen sng 孫 孙; ma mah beh 馬 马; zhu chu choo 朱; hu wu oh 胡
Chinese: guo kuo kwok kwek quek 郭; he ho hor 何; gao kao ko koh 高; lin lam lim 林
Chinese: luo lo law loh 羅 罗
Chinese: zheng cheng tay teh 鄭 郑; xie hsieh tse chia 謝 谢; liang leung neo nio 梁; tang tong 唐
Chinese: xu hsu hui koh khoo 許 许; deng teng tang 鄧 邓; feng fung foong pang 馮 冯
Chinese: han hon 韓 韩
Chinese: cai tsai choi chua chye 蔡; ye yeh yip yap ip 葉 叶; su so soh 蘇 苏; pan poon phua 潘
Chinese: xiao hsiao siu seow 蕭 萧; zeng tseng tsang chan 曾; lü lu lui loo 呂 吕
Chinese: jiang chiang kong kang 江
Chinese: zhong chung cheong 鍾 钟; lu lo loh 盧 卢; cui tsui chui 崔; qiu chiu yau khoo 邱
Chinese: tan tam tham 譚 谭
Chinese: ouyang au-yeung auyeung ou-yang 歐陽 欧阳; situ szeto soo-hoo 司徒
Chinese: zhuge chu-ko 諸葛 诸葛
Hebrew: cohen kohen cohn kahan; levi levy lewi; mizrahi mizrachi; peretz perez perets
Hebrew: biton bitton
Hebrew: yitzhak yitzchak itzhak izhak; chaim haim hayim; moshe moshé mosheh; yaakov yaacov ya'akov
Hebrew: katz kats; shapira shapiro schapira; friedman fridman; schwartz shwartz
Hebrew: ben-david bendavid; ben-ami benami; rosenberg rozenberg; avraham avrohom
Korean: kim gim 김; lee yi rhee ri rhie 이; park bak pak bahk 박; choi choe choy 최
Korean: jung jeong chung chong joung 정; kang gang 강; cho jo 조; yoon yun youn 윤; jang chang 장
Korean: lim im rim yim 임; shin sin 신; seo suh 서; kwon gwon 권; hwang whang 황; ahn an 안
Korean: song 송
Korean: ryu yoo yu ryoo 류; hong 홍; jeon chun jun chon 전; ko go koh goh 고; moon mun 문
Korean: yang ryang 양
Korean: son sohn 손; bae pae bai 배; baek paek paik baik 백; heo huh hur 허; noh roh 노; nam 남
Korean: woo wu 우; koo gu ku 구; joo ju chu 주; cha 차; sung seong 성; kwak gwak 곽; min 민
Korean: eom um 엄
Persian: mohammad mohamad muhammad; hossein hosein husain hussein
Persian: hosseini hoseini husseini hossayni
Persian: rezaei rezai rezaee rezaie; mousavi moosavi musavi; sadeghi sadeqi
Persian: ghasemi qasemi ghassemi
Persian: ghorbani qorbani; jafari jaafari djafari; taghavi taqavi; yousefi yusefi usefi
Persian: moradi muradi
Persian: ebrahimi ibrahimi; soltani sultani; heydari heidari haydari; mehdi mahdi; fatemeh fateme
Persian: karimi kareemi; amiri ameeri; norouzi nowruzi noroozi; mahmoudi mahmudi; gholami qolami
Tamil: subramaniam subramanian subramanyam subrahmanyam; krishnan kirushnan; swamy sami samy swami
Tamil: ramasamy ramaswamy ramaswami ramasami; lakshmi laxmi letchumi; murugan muruhan
Tamil: pillai pillay
Tamil: chandran santhiran chandiran; rajendran rajenthiran; sivakumar shivakumar
Tamil: natarajan nadarajan
Tamil: arumugam arumukam aarumugam; selvam chelvam; sundaram suntharam; gounder goundar kounder
Tamil: veerappan virappan; thevar devar; periyasamy periasamy periyasami; muthusamy muthuswamy
"""
"""Common romanisations of one name, by standard, dialect or passport office."""

Row = tuple[str, ...]


def facts() -> Iterator[Row]:
    """Yield the rows of the table above."""
    for line in FACTS.strip().splitlines():
        label, rows = line.split(": ")
        for row in rows.split("; "):
            yield (label, *row.split())


def borne(label: str, data: Path) -> set[str]:
    """Return the names of a label in data/world, in lower case."""
    files = [data / "world" / kind / f"{label}.txt" for kind in ("surnames", "given")]
    found = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    return {line.split("\t")[0].lower() for line in "".join(found).splitlines()}


def is_latin(form: str) -> bool:
    """Whether a form begins with a Latin letter."""
    return unicodedata.name(form[0]).startswith("LATIN")


def packaged(cache: Path, data: Path) -> Iterator[Row]:
    """Yield the rows of the package, without Latin forms that are not names of the label."""
    for label, modules in MODULES.items():
        usual = borne(label, data) - set(ELSEWHERE.get(label, "").split())
        for module in modules:
            for node in ast.parse(text(cache, "variants", f"{module}.py")).body:
                if not isinstance(node, ast.AnnAssign) or not isinstance(node.value, ast.Dict):
                    continue
                for native, cluster in ast.literal_eval(node.value).items():
                    forms = [native, *cluster["forms"]]
                    yield (label, *(f for f in forms if f in usual or not is_latin(f)))


def compile_rows(cache: Path, data: Path) -> str:
    """Return the content of data/world/given/variants.csv."""
    rows = {tuple(dict.fromkeys(row)) for row in [*facts(), *packaged(cache, data)]}
    useful = [row for row in rows if len(row) > 2 and any(form.isascii() for form in row[1:])]
    return "".join(f"{','.join(row)}\n" for row in sorted(useful))


def main(arguments: Sequence[str] | None = None, data: Path = FOLDER) -> int:
    """Write the file or compare it; return 1 if it differs, 2 if the package is missing."""
    parser = argparse.ArgumentParser(description="Compile data/world/given/variants.csv.")
    parser.add_argument("--check", action="store_true", help="write nothing, print what differs")
    parser.add_argument("--cache", type=Path, default=data / "cache", help="folder of the package")
    options = parser.parse_args(arguments)
    path = data / "world/given/variants.csv"
    try:
        content = compile_rows(options.cache, data).encode()
        found = path.read_bytes() if options.check else b""
    except (OSError, ValueError) as problem:
        print(f"compile_variants.py: {problem}", file=sys.stderr)
        return 2
    if options.check:
        print("up to date" if found == content else f"{path.name} differs: compile it again")
        return int(found != content)
    path.write_bytes(content)
    print(f"wrote {len(content.splitlines())} names")
    return 0


if __name__ == "__main__":
    sys.exit(main())
