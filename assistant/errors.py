"""Every error that the assistant explains to a person. Facts here, in English; the Chinese is in wording."""

from pathlib import Path


class AssistantError(Exception):
    """Something went wrong that a person can mend; `wording.explain` says how."""


class FileMissing(AssistantError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no such file or folder")
        self.path = path


class FileDamaged(AssistantError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class FileRefused(AssistantError):
    """A foreign file that is not taken in; `reason` is a key of wording.keeper.REFUSALS."""

    def __init__(self, name: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{name}: {reason} {detail}".rstrip())
        self.name, self.reason, self.detail = name, reason, detail


class EntryUnknown(AssistantError):
    def __init__(self, entry_id: str) -> None:
        super().__init__(f"no entry {entry_id!r} in corpus/local")
        self.entry_id = entry_id


class PasswordWeak(AssistantError):
    def __init__(self, least: int) -> None:
        super().__init__(f"the keeper's password is shorter than {least} characters")
        self.least = least


class CorpusInvalid(AssistantError):
    """The corpus breaks its own rules; carries every fault found, so that one run shows them all."""

    def __init__(self, faults: list["Fault"]) -> None:  # noqa: F821 (defined in records)
        super().__init__("; ".join(f"{f.path}:{f.line}: {f.field}: {f.problem}" for f in faults))
        self.faults = faults


class CorpusThin(AssistantError):
    """The corpus holds less than it promises: (type or "", what, how many there are, how many are promised)."""

    def __init__(self, shortfalls: list[tuple[str, str, int, int]]) -> None:
        super().__init__(str(shortfalls))
        self.shortfalls = shortfalls


class CorpusEmpty(AssistantError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: holds no document that can be read")
        self.path = path


class EncoderMissing(AssistantError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no sentence-transformers model here")
        self.path = path


class EncoderDamaged(AssistantError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class ReaderMissing(AssistantError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no type and risk reader here")
        self.path = path


class ReaderDamaged(AssistantError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class IndexMissing(AssistantError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no index here")
        self.path = path


class IndexDamaged(AssistantError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class IndexStale(AssistantError):
    """The index was built from another corpus, encoder or format than the ones at hand."""

    def __init__(self, path: Path, part: str) -> None:
        super().__init__(f"{path}: {part} has changed since the index was built")
        self.path, self.part = path, part


class StoreUnreachable(AssistantError):
    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"{uri}: {reason}")
        self.uri, self.reason = uri, reason


class StoreMoved(AssistantError):
    def __init__(self, uri: str) -> None:
        super().__init__(f"{uri}: the collections that were open have been replaced")
        self.uri = uri


class StoreExtraMissing(AssistantError):
    def __init__(self) -> None:
        super().__init__("store: milvus needs the package pymilvus")


class SettingsInvalid(AssistantError):
    def __init__(self, path: Path, key: str, accepted: list[str]) -> None:
        super().__init__(f"{path}: unknown or unusable setting {key!r}; accepted: {accepted}")
        self.path, self.key, self.accepted = path, key, "、".join(accepted)


class BatchLineInvalid(AssistantError):
    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.path, self.line, self.reason = path, line, reason


class PassageUnknown(AssistantError):
    def __init__(self, passage_id: str) -> None:
        super().__init__(f"no passage {passage_id!r} in this index")
        self.passage_id = passage_id


class BasketInvalid(AssistantError):
    """Not a file that the trainer's desk saved."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a saved basket: {reason}")
        self.reason = reason


class LessonEmpty(AssistantError):
    def __init__(self) -> None:
        super().__init__("no excerpt in this lesson")


class FormatUnknown(AssistantError):
    def __init__(self, path: Path, accepted: list[str]) -> None:
        super().__init__(f"{path}: unknown format; accepted: {accepted}")
        self.path, self.accepted = path, "、".join(f".{ending}" for ending in accepted)


class QualityDamaged(AssistantError):
    """What `evaluate --keep` wrote cannot be read any more."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class PortTaken(AssistantError):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is in use")
        self.host, self.port = host, port


class PaperUnwritable(AssistantError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class NothingToPrint(AssistantError):
    """There is no card to put on paper; the reason is the Chinese sentence that the card itself shows."""

    def __init__(self, reason: str) -> None:
        super().__init__("no card")
        self.reason = reason


class TypeUnknown(AssistantError):
    def __init__(self, type_id: str) -> None:
        super().__init__(f"no dispute type {type_id!r}")
        self.type_id = type_id
