"""Files on the server: pictures, animations, voices and stickers, by file id, with the paths that getFile gives out."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image

from .parameters import Upload
from .refusal import Refusal, bad_request

FileKind = Literal["Photo", "Animation", "VoiceNote", "Sticker", "Document"]  # as TDLib names them
Json = dict[str, Any]

LARGEST_PHOTO = 10 << 20  # bytes: Bot API, «Sending files»
LARGEST_FILE = 50 << 20
LARGEST_DOWNLOAD = 20 << 20  # bytes: Bot API, getFile
MOST_SIDES, MOST_RATIO = 10_000, 20  # width plus height, and long side by short one: Bot API, sendPhoto
THUMB = 90  # pixels of the longer side of Telegram's smallest picture size
FOLDERS = {
    "Photo": ("photos", "jpg"),
    "Animation": ("animations", "mp4"),
    "VoiceNote": ("voice", "oga"),
    "Sticker": ("stickers", "webp"),
    "Document": ("documents", "bin"),
}
SMALL_VOICE = b"OggS\x00\x02" + bytes(22) + b"OpusHead"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file; `id` is what the bot may send again."""

    id: str
    unique_id: str
    kind: FileKind
    data: bytes
    path: str
    width: int = 0
    height: int = 0

    def json(self) -> Json:
        """The fields that every kind of file has."""
        return {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": len(self.data)}


class Files:
    """Every file that was sent by somebody, and the ones that may be downloaded."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._paths: dict[str, bytes] = {}

    def add(self, kind: FileKind, data: bytes, width: int = 0, height: int = 0) -> StoredFile:
        """Keeps a file; the same bytes get another id, as with Telegram."""
        number = len(self._files)
        mark = hashlib.sha384(f"{kind} {number} {width}".encode() + data[:4096]).digest()
        unique = base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:11]).decode().rstrip("=")
        folder, ending = FOLDERS[kind]
        path = f"{folder}/file_{number}.{ending}"
        stored = StoredFile(base64.urlsafe_b64encode(mark).decode(), unique, kind, data, path, width, height)
        self._files[stored.id] = stored
        return stored

    def take(self, kind: FileKind, given: str | Upload) -> Json:
        """The media part of a message that the bot sends: an upload, or the id of a file that is already here."""
        if isinstance(given, Upload):
            if kind == "Photo":
                return self._picture(given.data)
            return media_json(self._plain(kind, given.data), name=given.name)
        if given.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")  # there is no internet behind this server
        stored = self._files.get(given)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if stored.kind != kind:
            raise bad_request(f"can't use file of type {stored.kind} as {kind}")
        return media_json(stored)

    def path(self, file_id: str) -> Json:
        """The result of getFile; from then on the path can be downloaded."""
        stored = self._files.get(file_id)
        if stored is None:
            raise bad_request("invalid file_id")
        if len(stored.data) > LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        self._paths[stored.path] = stored.data
        return {**stored.json(), "file_path": stored.path}

    def download(self, path: str) -> bytes | None:
        """What lies at a path that getFile gave out."""
        return self._paths.get(path)

    def person_photo(self, data: bytes | None) -> Json:
        """A person's picture; a small grey one where there is no data."""
        if data is None:
            made = io.BytesIO()
            Image.new("RGB", (320, 240), "grey").save(made, "JPEG")
            data = made.getvalue()
        return self._picture(data)

    def person_voice(self, data: bytes | None, seconds: int) -> Json:
        """A person's voice message."""
        return media_json(self.add("VoiceNote", data or SMALL_VOICE), seconds)

    def person_sticker(self) -> Json:
        """A person's sticker."""
        return media_json(self.add("Sticker", b"RIFF\x00\x00\x00\x00WEBP", 512, 512))

    def _plain(self, kind: FileKind, data: bytes) -> StoredFile:
        if not data:
            raise bad_request("file must be non-empty")
        if len(data) > LARGEST_FILE:
            raise Refusal(413, "Request Entity Too Large")
        return self.add(kind, data)

    def _picture(self, data: bytes) -> Json:
        if not data:
            raise bad_request("file must be non-empty")
        if len(data) > LARGEST_PHOTO:
            raise bad_request("file is too big")
        try:
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
        except (OSError, ValueError, Image.DecompressionBombError):
            raise bad_request("IMAGE_PROCESS_FAILED") from None
        if width + height > MOST_SIDES or max(width, height) > MOST_RATIO * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return media_json(self.add("Photo", data, width, height))


def media_json(stored: StoredFile, seconds: int = 3, name: str = "") -> Json:
    """The part of a message that holds the file, as the Bot API writes it."""
    body = stored.json()
    match stored.kind:
        case "Photo":
            scale = min(1.0, THUMB / max(stored.width, stored.height))
            small = {"width": max(1, int(stored.width * scale)), "height": max(1, int(stored.height * scale))}
            return {"photo": [{**body, **small}, {**body, "width": stored.width, "height": stored.height}]}
        case "Animation":
            animation = {**body, "width": 320, "height": 240, "duration": seconds, "mime_type": "video/mp4"}
            return {"animation": animation, "document": {**body, "mime_type": "video/mp4"}}
        case "Document":
            return {"document": {**body, "file_name": name}}
        case "VoiceNote":
            return {"voice": {**body, "duration": seconds, "mime_type": "audio/ogg"}}
        case "Sticker":
            look = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
            return {"sticker": {**body, **look, "emoji": "🙂"}}
