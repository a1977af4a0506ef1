"""Questions to a timetable, made by rule: tagged sentences that cost nothing, for a demo."""

from __future__ import annotations

import random
from collections.abc import Iterator

_HEADS = ("Ar", "Bel", "Cor", "Dun", "El", "Fal", "Gar", "Hol", "Is", "Kar", "Lor", "Mar", "Nor",
          "Ol", "Per", "Ros", "Sel", "Tol", "Ul", "Ver", "Wil", "Yar", "Zel")  # fmt: skip
_MIDDLES = ("a", "e", "i", "o", "an", "en", "in", "or", "il", "ar", "em", "os")
_PLACE_ENDS = ("ford", "ham", "ton", "burg", "stad", "ville", "dorf", "mouth", "field", "bridge")
_PERSON_ENDS = ("a", "o", "ina", "us", "ette", "ik", "ov", "sen", "ez", "mann")
_BEFORE = ("Port", "Saint", "New", "Upper", "Lake")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "today",
         "tomorrow", "tonight")  # fmt: skip

_ASIDES = ("", "", "if possible", "this time", "with the dog", "and that is certain", "you see",
           "as far as i know", "with two large bags and a bicycle")  # fmt: skip

# A word in capitals is a slot; what stands after the bar is its type.
_QUESTIONS = {
    "train": (
        "when does the TIME|time train from PLACE|from to PLACE|to leave",
        "is there a train to PLACE|to on DATE|date",
        "i need to get from PLACE|from to PLACE|to by TIME|time",
        "show me all trains leaving PLACE|from after TIME|time",
        "which train gets me to PLACE|to DATE|date before TIME|time",
        "PLACE|from to PLACE|to DATE|date please",
        "PLACE|to ASIDE is where i have to go DATE|date",
        "PLACE|from ASIDE is where i am now PLACE|to where i live",
        "it is PLACE|to and not PLACE|from ASIDE that i want to get to",
        "it is PLACE|from and not PLACE|to ASIDE that i start in",
        "PERSON|person and i ASIDE must be in PLACE|to at TIME|time",
        "how do i get to PLACE|to if i start in PLACE|from",
    ),
    "fare": (
        "how much is a ticket from PLACE|from to PLACE|to",
        "what does it cost to go to PLACE|to on DATE|date",
        "is the TIME|time train to PLACE|to cheaper than the one at TIME|time",
        "a return ticket PLACE|from PLACE|to for PERSON|person what is the price",
    ),
    "booking": (
        "book a seat to PLACE|to for PERSON|person on DATE|date",
        "reserve two seats from PLACE|from at TIME|time in the name of PERSON|person",
        "i want to travel with PERSON|person to PLACE|to DATE|date",
        "cancel the booking of PERSON|person for DATE|date",
    ),
    "delay": (
        "why is the train from PLACE|from late",
        "will the TIME|time to PLACE|to be on time",
        "PERSON|person is stuck in PLACE|from when does the next train leave",
        "PLACE|to ASIDE is where PERSON|person waits for me is there a delay",
        "PLACE|from ASIDE is where i wait for the TIME|time what happened",
    ),
}


def questions(count: int, seed: int = 0) -> Iterator[tuple[str, list[str], list[str]]]:
    """So many questions: what each is about, its tokens, and their tags in IOB2.

    Places and people have names put together of syllables, a few of which come often and many
    seldom: a name is told by its letters and by the words around it, some of them far away.

    >>> about, tokens, tags = next(questions(1))
    >>> about, tokens[0], tokens[-2:], tags[0], tags[-2:]
    ('train', 'Holinfield', ['May', '13'], 'B-to', ['B-date', 'I-date'])
    """
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        about = chance.choice(sorted(_QUESTIONS))
        tokens: list[str] = []
        tags: list[str] = []
        for word in chance.choice(_QUESTIONS[about]).split():
            slot, _, kind = word.partition("|")
            said = _said(slot, chance) if kind else [slot]
            said = chance.choice(_ASIDES).split() if slot == "ASIDE" else said
            tokens += said
            tags += [f"{'I' if place else 'B'}-{kind}" if kind else "O"
                     for place in range(len(said))]  # fmt: skip
        if chance.random() < 0.4:
            tokens.append("?")
            tags.append("O")
        yield about, tokens, tags


def column_file(count: int, seed: int = 0) -> str:
    """Questions as a column file, with a comment that says what each is about."""
    lines = []
    for about, tokens, tags in questions(count, seed):
        lines.append(f"# intent = {about}")
        lines += [f"{token} {tag}" for token, tag in zip(tokens, tags, strict=True)]
        lines.append("")
    return "\n".join(lines) + "\n"


def _said(slot: str, chance: random.Random) -> list[str]:
    match slot:
        case "TIME":
            hour, minute = chance.randrange(24), chance.randrange(0, 60, 5)
            return chance.choice([[f"{hour}:{minute:02}"], [str(hour % 12 + 1), "o'clock"],
                                  ["half", "past", str(hour % 12 + 1)]])  # fmt: skip
        case "DATE":
            day, month = str(chance.randrange(1, 29)), chance.choice(_MONTHS)
            return chance.choice([[day, month], [month, day], [chance.choice(_DAYS)],
                                  ["next", chance.choice(_DAYS[:7])]])  # fmt: skip
        case "PERSON":
            return [_name(_PERSON_ENDS, chance) for _ in range(chance.choice([1, 2, 2]))]
    name = _name(_PLACE_ENDS, chance)
    return [chance.choice(_BEFORE), name] if chance.random() < 0.25 else [name]


def _name(ends: tuple[str, ...], chance: random.Random) -> str:
    """A name; a few come often and many seldom."""
    inner = random.Random(int(4 * chance.paretovariate(0.5)) * 31 + len(ends[0]))  # noqa: S311
    return inner.choice(_HEADS) + inner.choice(_MIDDLES) + inner.choice(ends)
