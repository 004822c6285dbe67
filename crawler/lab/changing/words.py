"""Words, sentences and paragraphs for pages, from a seed. No number is among them."""

from random import Random

_ADJECTIVES = (
    "amber ashen broad calm cedar chalk clear copper distant early fern frost grey hollow ivory late"
)
_NOUNS = "bay bridge brook field ford garden gate harbour hill lake meadow mill moor ridge shore valley"
_TEXT = """
a about above across after again against along among an and any around as at away back bank barn
beach before below bench bend beside better between boat both bottle bread build but by call candle
carry chair cheese church climb close cloud coast cold come common corner cross cup dark day deep
door down draw dry east edge evening every fall far farm fence few fire fish flat floor flower
follow forest found from fruit glass go gold good grass green ground grow half hand hear heavy hedge
here high hold home horse house island keep kitchen lamp land lane large last leaf leave letter
light line little long low many market middle morning most mountain move narrow near never new night
north often old once open orchard other over paint paper part pass path people picture place plain
plant plough pond poor quiet rain read red rest rich river road rock roof room rope round row sail
salt sand sea second seed shade sharp sheep ship short side silver simple slow small smoke snow soft
some song south spring stand star stay steep stone story straw street strong summer sun sweet table
tall then there thick thin through tide time together top tower town track tree turn under until up
wait walk wall warm water wave way west wheel white whole wide wild wind window winter wire without
wood wool word work year yellow young
"""
_WORDS = _TEXT.split()


def names(chance: Random) -> list[str]:
    """All the names that a page may have, each once: ``copper-bridge``."""
    found = [f"{first}-{second}" for first in _ADJECTIVES.split() for second in _NOUNS.split()]
    chance.shuffle(found)
    return found


def title_of(path: str) -> str:
    """What a page is called at first: the words of its path."""
    return path.strip("/").rpartition("/")[2].replace("-", " ").capitalize() or "The valley"


def word(chance: Random) -> str:
    """Any one."""
    return chance.choice(_WORDS)


def sentence(words: int, chance: Random) -> str:
    """Of so many words."""
    return " ".join(word(chance) for _ in range(words)).capitalize() + "."


def paragraph(words: int, chance: Random) -> tuple[str, ...]:
    """Sentences that have so many words in all."""
    found = []
    while words > 0:
        size = words if words < 15 else chance.randint(6, 14)
        found.append(sentence(size, chance))
        words -= size
    return tuple(found)
