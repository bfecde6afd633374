"""``POST /webhooks/{channel}``: verify, store, answer. Nothing slow stands before the answer."""

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from clair_bot.bootstrap import Application
from clair_bot.errors import StorageError
from clair_bot.messages import InboundKind, InboundMessage, WebhookRequest
from clair_bot.ports import ChannelAdapter
from clair_bot.web.bodies import BodyRefused, read_body
from clair_bot.web.metrics import Metrics
from clair_bot.web.recorders import Recorder

_SPOKEN = frozenset({InboundKind.TEXT, InboundKind.ACTION})


class Webhooks:
    """The platforms' door."""

    def __init__(self, application: Application, metrics: Metrics) -> None:
        """Serve the application's channels."""
        self._application = application
        self._metrics = metrics
        self._recorder = Recorder(application.intake, application.inbox_waker)
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def receive(self, request: Request) -> Response:
        """Answer one request of a platform."""
        channel = request.path_params["channel"]
        adapter = self._application.adapters.get(channel)
        if adapter is None:
            return Response(status_code=404)
        response = await self._answer(adapter, request)
        self._metrics.webhook(channel, response.status_code)
        return response

    async def _answer(self, adapter: ChannelAdapter, request: Request) -> Response:
        try:
            body = await read_body(request)
        except BodyRefused as refused:
            return Response(status_code=refused.status, headers={"connection": "close"})
        headers = {name.lower(): value for name, value in request.headers.items()}
        result = await adapter.receive(WebhookRequest(headers=headers, body=body, received_at=self._application.clock.now()))
        try:
            await self._recorder.record(result.messages)
        except StorageError:
            return Response(status_code=503, headers={"retry-after": "5"})
        self._acknowledge(adapter, result.messages)
        return Response(result.body, status_code=result.status, media_type=result.content_type)

    def _acknowledge(self, adapter: ChannelAdapter, messages: Sequence[InboundMessage]) -> None:
        """Show the people that they have been heard, beside the answer: the platform's next request must not wait for it."""
        for message in messages:
            if message.addressed and message.kind in _SPOKEN:
                task = asyncio.create_task(adapter.acknowledge(message))
                self._acknowledging.add(task)
                task.add_done_callback(self._acknowledging.discard)
