"""The methods of the Bot API that the stand-in of Telegram serves, with the server's own sentences where it refuses."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.standins.telegram_markup import MarkupError, Reading, parse, plain, units
from tests.standins.telegram_people import Chat, ShiftedClock, bot_user
from tests.standins.telegram_queue import DEFAULT_UPDATES, Conflict, Updates
from tests.standins.telegram_refusals import Refusal
from tests.standins.telegram_updates import People

CALLBACK_SECONDS = 60
"""How long a press can be answered; the platform's own time is not documented."""


class Methods(People):
    """What a bot can ask for."""

    def __init__(self, clock: ShiftedClock, violations: list[str], *, privacy: bool) -> None:
        super().__init__(clock, violations)
        self.privacy = privacy
        self.updates = Updates(clock)
        self.gone_pages: set[str] = set()

    def methods(self) -> dict[str, tuple[str, Callable[[dict[str, Any]], Any]]]:
        """Return what is served, by name in lower case, with the name as it is written."""
        served: dict[str, Callable[[dict[str, Any]], Any]] = {
            "getMe": self._get_me,
            "sendMessage": self._send_message,
            "sendChatAction": self._send_chat_action,
            "answerCallbackQuery": self._answer_callback_query,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
        }
        return {name.lower(): (name, serve) for name, serve in served.items()}

    def _get_me(self, _: Mapping[str, Any]) -> dict[str, Any]:
        rights = {"can_join_groups": True, "can_read_all_group_messages": not self.privacy, "supports_inline_queries": False}
        return {**bot_user(), **rights}

    def _send_message(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        chat = self._reachable(parameters)
        reading = self._reading(parameters)
        entities = {"entities": reading.entities[:100]} if reading.entities else {}
        return self.keep(chat, {"text": reading.text, **entities}, parameters)

    def keep(self, chat: Chat, content: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Show a message of the bot in its chat."""
        message: dict[str, Any] = {
            "message_id": next(chat.numbers),
            "date": int(self.clock.now()),
            "chat": chat.public(),
            "from": bot_user(),
            **content,
            **self._placed(chat, parameters),
        }
        if "reply_markup" in parameters:
            self._check_keyboard(parameters["reply_markup"])
            message["reply_markup"] = parameters["reply_markup"]
        chat.messages[message["message_id"]] = message
        return message

    def _reachable(self, parameters: Mapping[str, Any]) -> Chat:
        chat = self.chats.get(parameters.get("chat_id", 0))
        if chat is None:
            raise Refusal(400, "Bad Request: chat not found")
        if chat.migrated_to is not None:
            raise Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        if chat.blocked:
            group = "Forbidden: bot was kicked from the supergroup chat"
            raise Refusal(403, "Forbidden: bot was blocked by the user" if chat.type == "private" else group)
        return chat

    def _reading(self, parameters: Mapping[str, Any]) -> Reading:
        try:
            reading = parse(parameters["text"]) if parameters.get("parse_mode") == "HTML" else plain(parameters["text"])
        except MarkupError as error:
            raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
        if parameters.get("link_preview_options", {}).get("url") in self.gone_pages:
            raise Refusal(400, "Bad Request: WEBPAGE_CURL_FAILED")
        if not reading.text:
            raise Refusal(400, "Bad Request: message text is empty")
        if units(reading.text) > 4096:  # "Text of the message to be sent, 1-4096 characters after entities parsing"
            self.violations.append("sendMessage: text of more than 4096 units")
            raise Refusal(400, "Bad Request: message is too long")
        return reading

    def _check_keyboard(self, markup: Mapping[str, Any]) -> None:
        for row in markup.get("inline_keyboard", []):
            for key in row:
                size = len(key.get("callback_data", "").encode())
                if not 1 <= size <= 64:  # "Data to be sent in a callback query to the bot when the button is pressed, 1-64 bytes"
                    self.violations.append(f"sendMessage: callback_data of {size} bytes")
                    raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")

    def _placed(self, chat: Chat, parameters: Mapping[str, Any]) -> dict[str, Any]:
        placed: dict[str, Any] = {}
        thread = parameters.get("message_thread_id")
        if thread is not None:
            if thread not in chat.topics:
                raise Refusal(400, "Bad Request: message thread not found")
            placed |= {"message_thread_id": thread, "is_topic_message": True}
        reply = parameters.get("reply_parameters")
        if reply and reply["message_id"] in chat.messages:
            replied = dict(chat.messages[reply["message_id"]])
            replied.pop("reply_to_message", None)
            placed["reply_to_message"] = replied
        elif reply and not reply.get("allow_sending_without_reply"):
            raise Refusal(400, "Bad Request: message to be replied not found")
        return placed

    def _send_chat_action(self, parameters: Mapping[str, Any]) -> bool:
        self._reachable(parameters)
        return True

    def _answer_callback_query(self, parameters: Mapping[str, Any]) -> bool:
        pressed_at = self.callbacks.get(parameters["callback_query_id"])
        if pressed_at is None or self.clock.now() - pressed_at > CALLBACK_SECONDS:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered.append(parameters["callback_query_id"])
        return True

    async def _get_updates(self, parameters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        self._allow(parameters)
        try:
            return await self.updates.poll(
                offset=parameters.get("offset"), limit=parameters.get("limit", 100), timeout=parameters.get("timeout", 0)
            )
        except Conflict as conflict:
            raise Refusal(409, str(conflict)) from None

    def _set_webhook(self, parameters: Mapping[str, Any]) -> bool:
        self._allow(parameters)
        self.updates.webhook_url = parameters["url"]
        self.updates.webhook_secret = parameters.get("secret_token", "")
        return True

    def _delete_webhook(self, _: Mapping[str, Any]) -> bool:
        self.updates.webhook_url = ""
        return True

    def _get_webhook_info(self, _: Mapping[str, Any]) -> dict[str, Any]:
        waiting, chosen = len(self.updates.waiting), self.updates.allowed
        kinds = {} if chosen == DEFAULT_UPDATES else {"allowed_updates": sorted(chosen)}  # "Defaults to all update types except …"
        return {"url": self.updates.webhook_url, "has_custom_certificate": False, "pending_update_count": waiting, **kinds}

    def _allow(self, parameters: Mapping[str, Any]) -> None:
        if parameters.get("allowed_updates"):
            self.updates.allowed = frozenset(parameters["allowed_updates"])
