"""Files and edits in the stand-in of Telegram: the methods that show or change more than a text."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.standins.telegram_files import Upload
from tests.standins.telegram_methods import Methods
from tests.standins.telegram_people import BOT_ID, Chat
from tests.standins.telegram_refusals import Refusal

_SAME = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_CONTENT = ("text", "entities", "caption", "photo", "document", "reply_markup")


class Edits(Methods):
    """What a bot can do beside sending texts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attached: dict[str, Upload] = {}
        """Uploads that a request names as ``attach://…``."""

    def methods(self) -> dict[str, tuple[str, Callable[[dict[str, Any]], Any]]]:
        """Return what is served."""
        more: dict[str, Callable[[dict[str, Any]], Any]] = {
            "sendPhoto": self._send_photo,
            "sendDocument": self._send_document,
            "getFile": lambda parameters: self.files.file(parameters["file_id"]),
            "editMessageText": self._edit_message_text,
            "editMessageMedia": self._edit_message_media,
        }
        return super().methods() | {name.lower(): (name, serve) for name, serve in more.items()}

    def _send_photo(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        chat = self._reachable(parameters)
        self._allows_files(chat, "photos")
        return self.keep(chat, {**self.files.photo(_uploaded(parameters.get("photo"))), **_captioned(parameters)}, parameters)

    def _send_document(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        chat = self._reachable(parameters)
        self._allows_files(chat, "documents")
        return self.keep(chat, {**self.files.document(_uploaded(parameters.get("document"))), **_captioned(parameters)}, parameters)

    def _allows_files(self, chat: Chat, kind: str) -> None:
        if chat.texts_only:
            raise Refusal(400, f"Bad Request: not enough rights to send {kind} to the chat")

    def _edit_message_text(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        message = self._own(parameters)
        reading = self._reading(parameters)
        if "text" not in message:
            raise Refusal(400, "Bad Request: there is no text in the message to edit")
        entities = {"entities": reading.entities[:100]} if reading.entities else {}
        return self._change(message, {"text": reading.text, **entities}, parameters)

    def _edit_message_media(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        message, media = self._own(parameters), parameters["media"]
        self._allows_files(self.chats[message["chat"]["id"]], f"{media['type']}s")
        upload = _uploaded(self.attached.get(media["media"].removeprefix("attach://")))
        content = self.files.photo(upload) if media["type"] == "photo" else self.files.document(upload)
        return self._change(message, {**content, **_captioned(media)}, parameters)

    def _own(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        message = self._reachable(parameters).messages.get(parameters["message_id"])
        if message is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        if message["from"]["id"] != BOT_ID:
            raise Refusal(400, "Bad Request: message can't be edited")
        return message

    def _change(self, message: dict[str, Any], content: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Show the new content in the old place; buttons that are not named again are gone."""
        if "reply_markup" in parameters:
            self._check_keyboard(parameters["reply_markup"])
            content["reply_markup"] = parameters["reply_markup"]
        before = {name: message[name] for name in _CONTENT if name in message}
        if json.dumps(before, sort_keys=True) == json.dumps(content, sort_keys=True):
            raise Refusal(400, _SAME)
        for name in before:
            del message[name]
        message |= {**content, "edit_date": int(self.clock.now())}
        return message


def _uploaded(value: object) -> Upload:
    if not isinstance(value, Upload):
        raise Refusal(400, "Bad Request: there is no file in the request")
    return value


def _captioned(parameters: Mapping[str, Any]) -> dict[str, Any]:
    caption = parameters.get("caption", "")
    if len(caption) > 1024:  # "0-1024 characters after entities parsing"
        raise Refusal(400, "Bad Request: message caption is too long")
    return {"caption": caption} if caption else {}
