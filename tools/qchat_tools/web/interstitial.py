"""Telling a page from what stands in its place: a check for robots, a login, "not found"."""

import re

from qchat_tools.base import ToolError

SHORT = 300
"""A text of fewer characters may be the leftovers of a page that shows itself by a script."""
MEDIUM = 2_500
"""A longer text is an article, whatever words are in it."""

_ROBOT_CHECK = re.compile(
    r"just a moment|are you (?:a )?(?:robot|human)"
    r"|(?:you are|you're) (?:not a robot|human)"
    r"|attention required|security check|unusual traffic|checking your browser|captcha"
    r"|verify(?:ing)? (?:that )?you are|access denied|bot detection|ddos protection|请完成安全验证"
    r"|安全验证|人机验证|确认您是真人|ロボットではない|로봇이 아닙니다"
    r"|vérifi\w+ que vous êtes humain"
    r"|ich bin kein roboter|no soy un robot|подтвердите, что вы не робот",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"anomaly[-_]modal|challenge-(?:form|platform)|cf[-_]chl|g-recaptcha|h-captcha|hcaptcha"
    r"|/sorry/index|unusual activity|automated (?:queries|requests)|select all squares",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"\b404\b|page (?:was |is |could )?not (?:be )?found|page (?:does not|doesn't) exist"
    r"|no longer (?:available|exists)|nothing (?:was )?found here|seite (?:wurde )?nicht gefunden"
    r"|page (?:non trouvée|introuvable)|página no encontrada|pagina non trovata"
    r"|página não encontrada"
    r"|страница не найдена|页面不存在|找不到(?:该|此|您访问的)?(?:页面|网页)|頁面不存在|找不到頁面"
    r"|ページが見つかりません|페이지를 찾을 수 없습니다|صفحة غير موجودة",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"(?:we|our|wir|nous) .{0,40}partner|store and/or access information|accept (?:all )?cookies"
    r"|use of cookies|manage (?:your )?(?:choices|preferences)|before you continue"
    r"|cookie[- ]?(?:einstellungen|consent|policy|richtlinie)|alle akzeptieren|tout accepter"
    r"|aceptar (?:todas las )?cookies|accetta (?:tutti i )?cookie|process personal data",
    re.IGNORECASE,
)
_NEEDS_SCRIPT = re.compile(r"java\s?script|enable js|browser", re.IGNORECASE)
_PAYWALL = re.compile(
    r"subscribe to (?:continue|read)|(?:to|and) continue reading|subscribers only"
    r"|already a subscriber|nur für abonnenten|réservé aux abonnés|solo para suscriptores",
    re.IGNORECASE,
)


def check(body: bytes, text: str, title: str, *, asks_for_password: bool) -> None:
    """Raises ToolError for a page that has no text of its own to speak of, and says what it is."""
    if len(text) >= SHORT:
        return
    if _ROBOT_CHECK.search(f"{title} {text}"):
        raise ToolError("not allowed: the page asks for proof that a person is reading (a captcha)")
    if asks_for_password:
        raise ToolError("the page asks for a login")
    if b"<script" in body.lower() and (not text or _NEEDS_SCRIPT.search(text)):
        raise ToolError("the page has no text of its own: it needs a browser to show itself")
    if not text:
        raise ToolError("no text was found on the page")


def is_robot_check(text: str) -> bool:
    """Whether a page, markup and all, asks whoever reads it to show that they are a person."""
    return _ROBOT_CHECK.search(text) is not None or _CHALLENGE.search(text) is not None


def remark(text: str, title: str) -> str:
    """What a page seems to be if it is not what was asked for; empty for a page.

    The text is given all the same: nothing is lost where this is wrong.
    """
    if len(text) > MEDIUM:
        return ""
    head = f"{title}\n{text[:400]}"
    if _ROBOT_CHECK.search(head) and (_ROBOT_CHECK.search(title) or len(text) < SHORT * 3):
        return "This seems to be a check for robots (a captcha), not the page."
    if _NOT_FOUND.search(title) or (len(text) < SHORT * 2 and _NOT_FOUND.search(head)):
        return 'This seems to be a "page not found" notice (404), not the page.'
    if len(_CONSENT.findall(text[:MEDIUM])) >= 2 and len(text) < SHORT * 6:
        return "This seems to be a notice that asks to accept cookies, not the page."
    if _PAYWALL.search(text):
        return "The page seems to show only its beginning: the rest is for subscribers."
    return ""
