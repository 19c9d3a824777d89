"""How numbers of things are said."""

from qchat_memory.localized_text import Said, tr, verbatim


def counted(number: int, thing: str) -> Said:
    """`1 call`, `1,200 calls`, `2 replies`; in the user's language where the catalogue counts it.

    Its key there is `{n:,} call`: the things that are counted are few, and a test finds them.
    """
    key = f"{{n:,}} {thing}"
    found = tr(key)
    return verbatim(in_english(number, thing) if found == key else found.format(n=number))


def in_english(number: int, thing: str) -> str:
    """The same for a model, which is spoken to in English."""
    if number == 1:
        return f"1 {thing}"
    plural = f"{thing[:-1]}ies" if thing.endswith("y") and thing[-2] not in "aeiou" else f"{thing}s"
    return f"{number:,} {plural}"
