"""XML as a tree whose elements know their line, without entities or references outside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

import defusedxml
import defusedxml.sax

from workbench.graphs.files.disk import GraphFileError

#: Deeper nesting than this is refused.
MOST_DEPTH = 200


@dataclass
class Element:
    """One element: its name without prefix, its attributes, its text before the first child."""

    name: str
    line: int
    attributes: dict[str, str]
    prefix: str = ""
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def get(self, name: str, default: str | None = None) -> str | None:
        """An attribute by its name."""
        return self.attributes.get(name, default)

    def find(self, *names: str) -> Iterator["Element"]:
        """The children of these names."""
        return (child for child in self.children if child.name in names)

    def below(self, *names: str) -> Iterator["Element"]:
        """Elements of these names at any depth below."""
        stack = self.children[::-1]
        while stack:
            element = stack.pop()
            if element.name in names:
                yield element
            stack.extend(element.children[::-1])


def read_xml(path: Path, text: str) -> Element:
    """The root of an XML text.

    Raises:
        GraphFileError: the text is not well-formed, or defines an entity; names the line.
    """
    # the text is decoded already, so its declared encoding no longer holds
    text = re.sub(r"\A\s*<\?xml.*?\?>", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    tree = _Tree(path)
    try:
        defusedxml.sax.parseString(text.encode(errors="replace"), tree)
    except defusedxml.DefusedXmlException as error:
        kinds = {"EntitiesForbidden": "entity", "ExternalReferenceForbidden": "external reference"}
        what = kinds.get(type(error).__name__, "document type")
        problem = f"the file defines or refers to an XML {what}; remove it"
        raise GraphFileError(path, problem, line=tree.line) from None
    except SAXParseException as error:
        raise GraphFileError(
            path, f"no well-formed XML: {error.getMessage()}", line=error.getLineNumber()
        ) from None
    except (SAXException, ValueError) as error:
        if isinstance(error, GraphFileError):
            raise
        raise GraphFileError(path, f"no well-formed XML: {error}", line=tree.line) from None
    return tree.root


class _Tree(ContentHandler):
    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.root = Element("", 0, {})
        self.stack: list[Element] = []
        self.declared: list[set[str]] = [{"", "xml"}]

    @property
    def line(self) -> int:
        return self._locator.getLineNumber()

    def startElement(self, name: str, attrs) -> None:
        attributes = dict(attrs.items())
        new = {key[6:] for key in attributes if key.startswith("xmlns:")}
        self.declared.append(self.declared[-1] | new if new else self.declared[-1])
        prefix, _, local = name.rpartition(":")
        if prefix not in self.declared[-1]:
            problem = f"the prefix {prefix!r} of <{name}> is never declared (xmlns:{prefix}=...)"
            raise GraphFileError(self.path, problem, line=self.line)
        if len(self.stack) >= MOST_DEPTH:
            problem = f"elements nested more than {MOST_DEPTH} deep"
            raise GraphFileError(self.path, problem, line=self.line)
        element = Element(local, self.line, attributes, prefix)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def characters(self, content: str) -> None:
        self.stack[-1].text += content

    def endElement(self, name: str) -> None:
        self.stack.pop()
        self.declared.pop()
