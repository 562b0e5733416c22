"""Enough of Alloy's language to hold a file against itself: blocks, attributes, references."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r'\s+|//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|[A-Za-z_][\w.]*|[{}\[\]()=,+]|-?\d+', re.DOTALL
)
_REFERENCE = re.compile(r"(?:discovery|loki|prometheus|local|remote)\.[a-z_.]+")
_PAIRS = {"}": "{", "]": "[", ")": "("}


@dataclass(slots=True)
class Block:
    """`kind "label" { … }`; of its attributes the tokens behind the `=`."""

    kind: str
    label: str = ""
    attributes: dict[str, list[str]] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)

    def of(self, kind: str) -> list["Block"]:
        """Those inside it of that kind."""
        return [block for block in self.blocks if block.kind == kind]

    def text(self, name: str) -> str:
        """An attribute as it stands there, without quotes."""
        return "".join(self.attributes[name]).strip('"')

    def references(self) -> list[str]:
        """What it and its blocks name of other components."""
        own = [token for tokens in self.attributes.values() for token in tokens if _REFERENCE.fullmatch(token)]
        return own + [name for block in self.blocks for name in block.references()]


def read_alloy(text: str) -> Block:
    """The file as one block.  Raises ValueError for what is no Alloy, with the place."""
    tokens = _tokens(text)
    top = _block(tokens, Block("file"))
    if tokens:
        raise ValueError(f"a }} without a block, before {tokens[-1]}")
    return top


def _tokens(text: str) -> list[str]:
    """In reverse order, to be popped; nothing that is open when it ends."""
    found, at, opened = [], 0, [""]
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"not understood: {text[at : at + 20]!r}")
        at, token = match.end(), match[0]
        if token in _PAIRS and opened.pop() != _PAIRS[token]:
            raise ValueError(f"{token} closes nothing at {text[at : at + 20]!r}")
        if token in _PAIRS.values():
            opened.append(token)
        if not token.isspace() and not token.startswith(("//", "/*")):
            found.append(token)
    if opened != [""]:
        raise ValueError(f"{opened[-1]} is never closed")
    return found[::-1]


def _block(tokens: list[str], block: Block) -> Block:
    while tokens and (name := tokens.pop()) != "}":
        if tokens[-1] == "=":
            tokens.pop()
            block.attributes[name] = _value(tokens)
            continue
        label = tokens.pop().strip('"') if tokens[-1].startswith('"') else ""
        if tokens.pop() != "{":
            raise ValueError(f"{name} is neither an attribute nor a block")
        block.blocks.append(_block(tokens, Block(name, label)))
    return block


def _value(tokens: list[str]) -> list[str]:
    """Up to where the next attribute or block begins, or this one ends."""
    value, depth = [tokens.pop()], 0
    depth += value[0] in _PAIRS.values()
    while depth or tokens[-1] in ("+", "(", ","):
        value.append(token := tokens.pop())
        depth += (token in _PAIRS.values()) - (token in _PAIRS)
        if not depth and token in ("+", ","):
            value.append(token := tokens.pop())
            depth += token in _PAIRS.values()
    return value
