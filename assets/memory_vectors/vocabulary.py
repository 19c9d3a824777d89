"""Chooses what gets a vector: pieces by script, then what frequent words are made of.

Of the word lists (wordfreq) only the order counts: which pieces and words are worth a row. Neither
lists nor frequencies go into the file that is shipped.
"""

from collections import Counter
from collections.abc import Iterable

import wordfreq
from pieces import pieces, script
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

BY_SCRIPT = {
    "LATIN": 34_000,
    "CYRILLIC": 9_000,
    "CJK": 13_000,
    "ARABIC": 4_500,
    "HANGUL": 3_800,
    "THAI": 3_000,
    "HIRAGANA": 1_842,
    "KATAKANA": 719,
    "DEVANAGARI": 1_500,
    "GREEK": 1_200,
    "HEBREW": 1_200,
    "NONE": 300,
}
"""Most pieces of a script, the most probable first."""
FIRST = 42_000
WORDS = {
    "en": 40_000,
    "de": 30_000,
    "es": 20_000,
    "fr": 20_000,
    "pt": 15_000,
    "it": 15_000,
    "ru": 25_000,
    "uk": 8_000,
    "pl": 12_000,
    "nl": 10_000,
    "cs": 6_000,
    "sv": 5_000,
    "tr": 10_000,
    "id": 8_000,
    "vi": 8_000,
    "ar": 25_000,
    "fa": 8_000,
    "he": 6_000,
    "hi": 6_000,
    "ko": 15_000,
    "ja": 25_000,
    "zh": 30_000,
    "el": 5_000,
    "hu": 5_000,
    "ro": 6_000,
    "fi": 5_000,
}
"""How many of a language's words are looked at."""
WHOLE = {
    "en": 1.0,
    "de": 1.0,
    "es": 1.0,
    "ru": 1.0,
    "ar": 1.0,
    "fr": 0.8,
    "pt": 0.7,
    "it": 0.6,
    "pl": 0.5,
    "tr": 0.5,
    "nl": 0.4,
    "uk": 0.4,
    "vi": 0.4,
    "id": 0.4,
}
"""Languages whose words may stand as a whole, and how much they count against others."""
UNSPACED = ("zh", "ja", "ko")


def chosen(number: int) -> list[str]:
    """The texts of so many pieces, the most useful first; `▁` stands for the start of a word."""
    first = list(_by_script())[:FIRST]
    known = {piece.casefold() for piece in first}
    more = list(_by_use(known))
    return [*first, *more][:number]


def _by_script() -> Iterable[str]:
    left = dict(BY_SCRIPT)
    for piece in pieces()[0][4:]:  # in order of their scores
        if left.get(script(piece), 0) > 0 and "\ufffd" not in piece:
            left[script(piece)] -= 1
            yield piece


def _by_use(known: set[str]) -> Iterable[str]:
    names, scores = pieces()
    listed = [("<unknown>", -20.0), *zip(names[4:], scores[4:].tolist(), strict=True)]
    tokenizer = Tokenizer(models.Unigram(listed, unk_id=0))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    use = Counter[str]()
    for language, number in WORDS.items():
        often = wordfreq.get_frequency_dict(language)
        for word in sorted(often, key=lambda w: -often[w])[:number]:
            if any(character.isdigit() for character in word):
                continue
            for form, share in ((word, 1.0), (word.capitalize(), 0.2)):
                parts = [p for p in tokenizer.encode(form).tokens if p != "▁"]
                for part in parts:
                    use[part] += 3 * often[word] * share
                whole = len(parts) > 1 and len(word) > 3 and form == word
                if whole and language in WHOLE and language not in UNSPACED:
                    use[f"▁{word}"] += often[word] * WHOLE[language]
    for piece, _count in use.most_common():
        if piece.casefold() not in known:
            known.add(piece.casefold())
            yield piece
