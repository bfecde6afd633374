"""The stand-in of Telegram's file server: ``/file/bot<token>/<path>``, and what may happen on the way."""

import asyncio
from enum import StrEnum

from aiohttp import web
from tests.standins.telegram_files import Upload

_PAGE = "<!doctype html><html><form action=/login></form></html>"


class Mishap(StrEnum):
    """What can be made to happen to a download."""

    RATE_LIMITED = "rate limited"  # 429, without a body that says so
    SERVER_ERROR = "server error"  # 500
    BAD_GATEWAY = "bad gateway"  # 502, a page
    TOKEN_REVOKED = "token revoked"  # 401
    LOGIN = "login"  # 200, a page of something in between
    ELSEWHERE = "elsewhere"  # 302 to another host
    CUT = "cut"  # the connection breaks in the middle
    SILENT = "silent"  # no answer for a while
    ENDLESS = "endless"  # bytes without end, and no word of their number


class FileServer:
    """Gives what lies at a path, unless a mishap comes between."""

    def __init__(self) -> None:
        self.mishaps: list[Mishap] = []
        """For the next downloads, in order."""
        self.elsewhere = ""
        """Where ELSEWHERE points to."""
        self.asked: list[str] = []
        """Every path that was asked for."""
        self.given = 0
        """Bytes that were written to the connection."""

    async def answer(self, request: web.Request, upload: Upload | None) -> web.StreamResponse:
        """Answer one request."""
        self.asked.append(request.match_info["path"])
        mishap = self.mishaps.pop(0) if self.mishaps else None
        refused = self._refused(mishap)
        if refused is not None:
            return refused
        if upload is None:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        if mishap is Mishap.SILENT:
            await asyncio.sleep(5)
        if mishap in {Mishap.CUT, Mishap.ENDLESS}:
            return await self._streamed(request, upload, mishap)
        self.given += len(upload.content)
        return web.Response(body=upload.content, content_type="application/octet-stream")

    def _refused(self, mishap: Mishap | None) -> web.Response | None:
        if mishap is Mishap.RATE_LIMITED:
            return web.Response(status=429, headers={"Retry-After": "35"})
        if mishap is Mishap.TOKEN_REVOKED:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        if mishap is Mishap.ELSEWHERE:
            return web.Response(status=302, headers={"Location": self.elsewhere})
        pages = {Mishap.SERVER_ERROR: 500, Mishap.BAD_GATEWAY: 502, Mishap.LOGIN: 200}
        return web.Response(status=pages[mishap], text=_PAGE, content_type="text/html") if mishap in pages else None

    async def _streamed(self, request: web.Request, upload: Upload, mishap: Mishap) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        if mishap is Mishap.CUT:
            response.content_length = len(upload.content)
            await response.prepare(request)
            await response.write(upload.content[: len(upload.content) // 2])
            assert request.transport
            request.transport.abort()
            return response
        await response.prepare(request)
        try:
            while self.given < 1 << 30:
                await response.write(b"x" * 65_536)
                self.given += 65_536
        except ConnectionError:
            pass
        return response
