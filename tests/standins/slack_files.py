"""The files of a workspace: given in two steps, shown in channels, handed out to whom they are open."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.standins import slack_events
from tests.standins.slack_requests import SlackRequests

_KINDS = {
    b"%PDF": "application/pdf",
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"PK": "application/zip",
}


@dataclass
class _Stored:
    """A file that Slack holds."""

    id: str
    name: str
    length: int
    user: str
    content: bytes = b""
    title: str = ""
    uploaded: bool = field(default=False)
    completed: bool = field(default=False)

    @property
    def media_type(self) -> str:
        """Slack looks into the bytes."""
        return next((kind for start, kind in _KINDS.items() if self.content.startswith(start)), "text/plain")


class SlackFiles(SlackRequests):
    """What is uploaded, shared and downloaded."""

    def __init__(self) -> None:
        super().__init__()
        self.violations: list[str] = []
        self.scopes = ""
        self.login: str = ""
        """``elsewhere``, ``here`` or ``page``: the browser's way in, instead of a file."""
        self.chunked = False
        """Files come without their length."""
        self._files: dict[str, _Stored] = {}

    # --- what people do -------------------------------------------------------------------------------------------------

    def attach(self, name: str, content: bytes, **more: Any) -> dict[str, Any]:
        """Let a person upload a file; return it as an event's ``files`` member."""
        stored = self._new(name, len(content), slack_events.PERSON)
        stored.content, stored.title, stored.uploaded, stored.completed = content, name, True, True
        return {**self._shown(stored), **more}

    def discard(self, file_id: str) -> None:
        """Let a person delete a file."""
        del self._files[file_id]

    def content(self, file_id: str) -> bytes:
        """Return what people get when they open a file that stands in a channel."""
        assert self._files[file_id].completed, "never shared"
        return self._files[file_id].content

    # --- what the app does ----------------------------------------------------------------------------------------------

    def upload_place(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if "files:write" not in self.scopes.split(","):
            return {"ok": False, "error": "missing_scope", "needed": "files:write", "provided": self.scopes}
        if not arguments.get("filename") or not str(arguments.get("length", "")).isdigit():
            return {"ok": False, "error": "invalid_arguments"}
        stored = self._new(arguments["filename"], int(arguments["length"]), slack_events.BOT_USER)
        return {"ok": True, "upload_url": f"{self.origin}/upload/v1/{stored.id}", "file_id": stored.id}

    def take(self, request: web.Request, content: bytes) -> web.Response:
        stored = self._files.get(request.match_info["key"])
        if "Authorization" in request.headers:
            self.violations.append("an upload address needs no token")
        if stored is None or stored.uploaded:
            return web.Response(status=404)
        if len(content) != stored.length:
            self.violations.append(f"{len(content)} bytes came, {stored.length} were announced")
            return web.Response(status=400, text="length mismatch")
        stored.content, stored.uploaded = content, True
        return web.Response(text=f"OK - {len(content)}")

    def completed(self, files: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        """Return the files as they stand in a message; None when one was not uploaded, or is shared already."""
        found = [self._files.get(file["id"]) for file in files]
        if any(stored is None or not stored.uploaded or stored.completed for stored in found):
            return None
        for stored, file in zip(found, files, strict=True):
            assert stored is not None
            stored.completed, stored.title = True, file.get("title") or stored.name
        return [self._shown(stored) for stored in found if stored is not None]

    def give(self, request: web.Request, authorization: str) -> web.StreamResponse:
        stored = self._files.get(request.match_info["key"])
        if request.headers.get("Authorization") != authorization or "files:read" not in self.scopes.split(","):
            return self._login_page(self.login or "elsewhere", request)
        if self.login:
            return self._login_page(self.login, request)
        if stored is None:
            return web.Response(status=404)
        answer = web.Response(body=stored.content, content_type=stored.media_type)
        if self.chunked:
            answer.enable_chunked_encoding()
        return answer

    async def give_half(self, request: web.Request) -> web.StreamResponse:
        """Break off in the middle of a file."""
        stored = self._files[request.match_info["key"]]
        answer = web.StreamResponse(headers={"Content-Length": str(stored.length), "Content-Type": stored.media_type})
        await answer.prepare(request)
        await answer.write(stored.content[: stored.length // 2])
        await asyncio.sleep(0.01)
        assert request.transport is not None
        request.transport.abort()
        return answer

    def _login_page(self, where: str, request: web.Request) -> web.Response:
        if where == "page" or "redir" in request.query:
            return web.Response(text="<!DOCTYPE html><html><title>Slack</title></html>", content_type="text/html")
        host = "https://town.slack.invalid" if where == "elsewhere" else ""
        return web.Response(status=302, headers={"Location": f"{host}{request.path}?redir=1"})

    # --- records --------------------------------------------------------------------------------------------------------

    def _new(self, name: str, length: int, user: str) -> _Stored:
        self._count += 1
        stored = _Stored(id=f"F{self._count:010}", name=name, length=length, user=user)
        self._files[stored.id] = stored
        return stored

    def _shown(self, stored: _Stored) -> dict[str, Any]:
        url = f"{self.origin}/files-pri/{stored.id}"
        return {
            "id": stored.id,
            "name": stored.name,
            "title": stored.title,
            "mimetype": stored.media_type,
            "user": stored.user,
            "size": len(stored.content),
            "mode": "hosted",
            "is_external": False,
            "file_access": "visible",
            "url_private": f"{url}/{stored.name}",
            "url_private_download": f"{url}/{stored.name}?download=1",
        }
