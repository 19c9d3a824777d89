"""How numbers of things are said to a person."""


def counted(number: int, thing: str) -> str:
    """`1 call`, `1,200 calls`, `2 replies`: a number with what it counts, in English."""
    if number == 1:
        return f"1 {thing}"
    plural = f"{thing[:-1]}ies" if thing.endswith("y") and thing[-2] not in "aeiou" else f"{thing}s"
    return f"{number:,} {plural}"
