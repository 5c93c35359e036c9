"""The documents of a baseline: by their meaning, and each meaning once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

from scanner.iam.normal_form import normalise
from scanner.iam.repeated_names import Repeating, decoded
from scanner.inventory import Document, Undetermined

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
"""By what an entry names a document."""

Form = Literal["policy", "json", "text"]


class ShelvedDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document, as entries name it.

    Attributes:
        digest: 128 bits over form and document.
        form: ``policy`` for the normal form of an IAM policy, ``json`` for other JSON with what has no order sorted,
            ``text`` for what is neither: it is kept as it was written, and equals nothing but itself.
    """

    digest: Digest
    form: Form
    document: msgspec.Raw


class Shelf:
    """Takes documents, and gives their digests.

    Attributes:
        documents: what was taken, by digest.
        named: the digests by which stored forms named what had been taken before.
    """

    def __init__(self) -> None:
        self.documents: dict[str, ShelvedDocument] = {}
        self.named: set[str] = set()
        # Thousands of roles have the same few texts.
        self._taken: dict[tuple[str, bytes], str] = {}

    def policy(self, document: Document) -> str:
        """Take a policy of IAM's grammar; one that IAM would refuse is kept as it is written."""
        return self._digest("policy", document, _policy)

    def policy_or_json(self, document: Document) -> str:
        """Take a policy of an organization, of which some kinds have another grammar."""
        return self._digest("policy_or_json", document, _policy_or_json)

    def filter(self, document: Document) -> str:
        """Take a filter, whose lists are alternatives."""
        return self._digest("filter", document, _filter)

    def json(self, document: Document) -> str:
        """Take other JSON, whose lists may have an order."""
        return self._digest("json", document, _json)

    def _digest(self, way: str, document: Document, read: Callable[[Document], tuple[Form, bytes]]) -> str:
        text = bytes(document)
        known = self._taken.get((way, text))
        if known is None:
            form, normal = read(document)
            known = self._taken[way, text] = digest_of(form, normal)
            self.documents[known] = ShelvedDocument(digest=known, form=form, document=msgspec.Raw(normal))
        return known


def digest_of(form: Form, normal: bytes) -> str:
    """The digest of a document in normal form."""
    return hashlib.sha256(form.encode() + b"\n" + normal).hexdigest()[:32]


def normal_filter(text: str) -> str:
    """A pattern of events as text, the same for every order and layout of it; what is no JSON stays as it is."""
    form, normal = _filter(Document(text.encode("utf-8", "surrogatepass")))
    return normal.decode() if form == "json" else text


def compact(shelved: ShelvedDocument) -> ShelvedDocument:
    """A document of a file without the layout of the file."""
    plain = msgspec.json.encode(msgspec.json.decode(bytes(shelved.document)))
    return msgspec.structs.replace(shelved, document=msgspec.Raw(plain))


def as_written(shelved: ShelvedDocument) -> Document:
    """The document for an account, where it stands as AWS would give it."""
    if shelved.form != "text":
        return shelved.document
    return Document(msgspec.json.decode(bytes(shelved.document), type=str).encode())


def _policy(document: Document) -> tuple[Form, bytes]:
    try:
        return "policy", bytes(normalise(document))
    except Undetermined:
        return _text(bytes(document))


def _policy_or_json(document: Document) -> tuple[Form, bytes]:
    form, normal = _policy(document)
    return _json(document) if form == "text" else (form, normal)


def _json(document: Document) -> tuple[Form, bytes]:
    return _ordered(document, _plain)


def _filter(document: Document) -> tuple[Form, bytes]:
    return _ordered(document, _alternatives)


def _ordered(document: Document, order: Callable[[Any], object]) -> tuple[Form, bytes]:
    text = bytes(document)
    try:
        return "json", msgspec.json.encode(order(decoded(text)), order="sorted")
    except (ValueError, RecursionError):
        return _text(text)


def _text(text: bytes) -> tuple[Form, bytes]:
    return "text", msgspec.json.encode(text.decode("utf-8", "backslashreplace"))


def _plain(value: Any) -> object:
    """The value, if no name in it is said twice, of which the order of objects would decide."""
    if isinstance(value, Repeating):
        raise ValueError("a name occurs twice")  # noqa: TRY004  (a fault of the text)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _alternatives(value: Any, name: str = "") -> object:
    if isinstance(value, Repeating):
        raise ValueError("a name occurs twice")  # noqa: TRY004  (a fault of the text)
    if isinstance(value, dict):
        return {key: _alternatives(item, key) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    found = [_alternatives(item) for item in value]
    # Comparisons are pairs of an operator and a number.
    if name == "numeric":
        return found
    texts = {msgspec.json.encode(item, order="sorted") for item in found}
    return [msgspec.json.decode(text) for text in sorted(texts)]
