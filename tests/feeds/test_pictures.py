"""Pictures are looked at before anybody is sent their address."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from clair_bot.feeds.pictures import Look, look_at


async def _server() -> TestServer:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/there.png":
            return web.Response(body=b"\x89PNG", content_type="image/png")
        if request.path == "/page":
            return web.Response(text="<html>", content_type="text/html")
        raise web.HTTPServiceUnavailable if request.path == "/down" else web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    return server


@pytest.mark.parametrize(
    ("path", "look", "why"),
    [
        ("/there.png", Look.THERE, ""),
        ("/gone.png", Look.GONE, "HTTP 404"),
        ("/page", Look.GONE, "text/html"),
        ("/down", Look.UNSEEN, "HTTP 503"),
    ],
)
async def test_what_a_server_says_of_a_picture(path: str, look: Look, why: str) -> None:
    server = await _server()
    try:
        (seen,) = await look_at([str(server.make_url(path))], allow=[f"{server.host}:{server.port}"])
        assert (seen.look, seen.why) == (look, why)
    finally:
        await server.close()


async def test_a_private_place_is_not_visited() -> None:
    server = await _server()
    try:
        (seen,) = await look_at([str(server.make_url("/there.png"))])
        assert seen.look is Look.UNSEEN
    finally:
        await server.close()
