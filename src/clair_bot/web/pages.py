"""The public pages of bulletins: one frame, three languages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from clair_bot.bootstrap import Application
from clair_bot.domain.conversations import Language
from clair_bot.services.bulletins.prints import MAIL
from clair_bot.services.phrases.bulletins import BULLETINS
from clair_bot.web.words import WORDS

_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates" / "pages" / "bulletins"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TROUBLES: Final = {
    400: (
        "うまくいきませんでした",
        "入力を読み取れませんでした。ページを開き直して、もう一度お試しください。",
        "Please open the page again.",
    ),
    403: (
        "うまくいきませんでした",
        "ほかのサイトからの送信は受け付けていません。ページを開き直してください。",
        "Please open the page again.",
    ),
    404: (
        "ページが見つかりません",
        "アドレスが途中で切れていないか、お確かめください。メールのリンクからお越しのときは、もう一度リンクを開いてください。",
        "This page was not found. Please check the address, or open the link in your mail again.",
    ),
    408: ("うまくいきませんでした", "送信に時間がかかりすぎました。もう一度お試しください。", "Please try again."),
    413: (
        "うまくいきませんでした",
        "送られた内容が長すぎます。ページを開き直して、もう一度お試しください。",
        "Please open the page again.",
    ),
    429: (
        "しばらくお待ちください",
        "同じところからのお申し込みが続いたため、受け付けを一時止めています。1時間ほどたってから、もう一度お試しください。",
        "Too many requests. Please try again in an hour.",
    ),
    503: (
        "ただいまご利用いただけません",
        "記録先に接続できないため、まだ何も変更していません。少し待って、もう一度お試しください。",
        "Nothing has been changed yet. Please try again in a moment.",
    ),
}
_RETRY: Final = {429: "3600", 503: "5"}


def language_of(request: Request) -> Language:
    """Return the language that the address asks for."""
    wanted = request.query_params.get("lang", "")
    return Language(wanted) if wanted in set(Language) else Language.JA


class Pages:
    """Draws pages."""

    def __init__(self, application: Application) -> None:
        """Draw for this application."""
        self._application = application

    @property
    def mail_works(self) -> bool:
        """Tell whether people can subscribe by mail: there is a way to send it, and an address for its links."""
        return MAIL in self._application.adapters and bool(self._application.bulletins.base_url)

    def page(
        self, template: str, language: Language, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
    ) -> Response:
        """Return a page."""
        usual = {"noindex": True, "switch": {}, "query": "" if language is Language.JA else f"?lang={language.value}"}
        html = _ENVIRONMENT.get_template(template).render(
            usual
            | {"words": WORDS[language], "phrases": BULLETINS[language], "language": language, "can_subscribe": self.mail_works}
            | context
        )
        return Response(html.encode("utf-8", "replace"), status_code=status, headers=headers, media_type="text/html")

    def trouble(self, status: int) -> Response:
        """Return a page with one sentence, and a line of English."""
        heading, sentence, english = _TROUBLES[status]
        headers = {"retry-after": _RETRY[status]} if status in _RETRY else None
        return self.page("trouble.html", Language.JA, status=status, headers=headers, heading=heading, sentence=sentence, english=english)
