"""Texts that look like a secret, which nobody should keep without having been asked.

Three ways, as the well-kept detectors do it: shapes that only a secret has (a vendor's prefix, a
private key, an address with a password in it), checked numbers (cards, accounts), and a word that
names a secret with a value behind it, in the languages that people write here.
"""

import math
import re
from collections import Counter

from qchat_memory.language.invisible import without_invisible
from qchat_memory.language.later import later

_PREFIXED = later(
    r"\b(?:"
    r"(?:sk|pk|rk|whsec|tvly|pplx|nvapi|gsk|fw|r8|hf|npm|pypi|rubygems|dckr_pat|shp(?:at|ca|pa|ss)"
    r"|gh[oprsu]|github_pat|gl(?:pat|dt|rt|ptt|agent|soat|cbt|sa)|xox[abceoprs]|xapp|xkeysib"
    r"|xsmtpsib|d[op][opr]_v1|sq0(?:atp|csp)|lin_api|ntn|figd|tskey|sntrys|pul|phc|pk_live|sk_live"
    r"|rk_live|dapi|dp\.(?:pt|st|ct)|atlasv1|CFPAT|key|age-secret-key|EAACEdEose0cBA|ATATT3|ATCTT3)"
    r"[-_.][\w-]{16,}[\w.-]*"
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ABIA|ACCA)[A-Z0-9]{16}\b"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|hv[sb]\.[\w-]{20,}|(?:AC|SK)[0-9a-f]{32}\b|key-[0-9a-f]{32}\b"
    r"|[MNO][A-Za-z\d_-]{23,28}\.[\w-]{6}\.[\w-]{27,}|\d{8,10}:[A-Za-z0-9_-]{35}\b"
    r"|EAA[A-Za-z0-9]{40,}|xprv[1-9A-HJ-NP-Za-km-z]{50,}|[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b"
    r"|0x[0-9a-fA-F]{64}\b)",
    re.IGNORECASE,
)
_HOOK = later(r"hooks\.slack\.com/services/T\w+|discord(?:app)?\.com/api/webhooks/\d+/")
_PRIVATE = later(
    r"BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY|PuTTY-User-Key-File|AGE-SECRET-KEY-1", re.IGNORECASE
)
_TOKEN = later(
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\b(?:Bearer|Basic)\s+[\w.~+/=-]{16,}"
    r"|\bAccountKey=[\w+/=]{20,}|\bSharedAccessSignature\b"
)
_IN_ADDRESS = later(r"\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@]{0,200}:[^/\s@]{1,200}@", re.IGNORECASE)
_SEED = later(
    r"(?:\b(?:seed|recovery|mnemonic|backup|secret)[ -]?(?:phrase|words?)\b|助记词|助記詞"
    r"|シードフレーズ"
    r"|\bfrase (?:semilla|de recuperación)\b|\bphrase de récupération\b|сид-?фраз\w*)"
    r"\W{0,4}(?:(?:is|are|ist|es|est)\W+)?(?:\w+[ ,;\n]+){7,}\w+",
    re.IGNORECASE,
)

# A word that names a secret. What makes another thing of it (a password manager) is left out.
_PASSWORD = (
    r"(?:(?:\bpass(?:word|wort|phrase|code|wd)|\bkennwort|\bwachtwoord|\bcontraseña|\bclave secreta"
    r"|\bmot de passe|\bmdp|\bsenha|\bpalavra-passe|\bparola d'ordine|\bhas[łl]o|\bheslo"
    r"|\blösenord|\bpassord|\badgangskode|\bsalasana|\bjelszó|\bşifre\w*|\bparola\w*|\bmật khẩu"
    r"|\bkata sandi|\bпарол[ьяюе]\w*|κωδικ\w+|סיסמ\w+|كلمة (?:المرور|السر|مرور)\w*|पासवर्ड"
    r"|รหัสผ่าน|비밀번호|암호|패스워드|密码|密碼|口令|パスワード|暗証番号)s?"
    r"(?![ -]?(?:manager|policy|reset|rules?|book|generator|hint|safe|less)\b"
    r"|管理|マネ|관리|-?менеджер))"
)
_SHORT = r"\b(?:pw|pwd|psw|passwd|pass|pswd|kw)\b"
_LINK = (
    r"(?:\b(?:is|are|was|be|ist|lautet|heißt|war|es|era|est|è|é|jest|to|on|är|er|olan|là"
    r"|adalah|эт[оа]|это)\b|是|为|為|は|が|는|은|이|هي|هو|है|คือ|[:：=→—–]|=>|->|['’]s\b)"
)
_VALUE = r"\s*[\"'“„«「]?(?P<value>[^\s\"'”“«»」。，,]{2,})"
_STRONG = r"(?=\S*[\d])(?P<strong>[^\s,;]{4,})"
_PASSWORDS = (
    later(rf"{_PASSWORD}[^.!?。\n]{{0,40}}?{_LINK}{_VALUE}", re.IGNORECASE),
    later(rf"{_PASSWORD}\W{{0,3}}{_STRONG}", re.IGNORECASE),
    later(rf"{_SHORT}[^.!?\n]{{0,12}}?{_LINK}{_VALUE}", re.IGNORECASE),
    later(rf"{_SHORT}\W{{0,3}}{_STRONG}", re.IGNORECASE),
    later(
        r"\b(?:log-?in|user(?:name)?|account|credentials?|zugang|anmeldung|usuario|логин)\b"
        rf"[^.!?\n]{{1,40}}?(?:/|\||\bpass\w*|\bpw\b)\W{{0,3}}{_STRONG}",
        re.IGNORECASE,
    ),
)
_DIGITS = r"\W{0,3}#?(?=[\w-]*\d)\d[\d -]{1,}\d#?"
_NO_SECRET_CODE = (
    r"(?<!zip )(?<!post )(?<!area )(?<!postal )(?<!country )(?<!dialling )(?<!dialing )(?<!error )"
    r"(?<!exit )(?<!status )(?<!source )(?<!product )(?<!airport )(?<!course )(?<!promo )(?<!bar )"
    r"(?<!swift )(?<!qr )(?<!colour )(?<!color )(?<!discount )(?<!dress )(?<!building )"
)
_CODES = (
    later(
        rf"\b(?:pin|puk|cvv|cvc|cvv2|tan|otp|mtan|2fa)\b(?:[ -]?(?:code|number|nummer|key))?"
        rf"[^.!?\n]{{0,30}}?{_LINK}{_DIGITS}|\b(?:PIN|PUK|CVV|CVC|OTP)\b(?:[ -]?[Cc]ode)?"
        r"[ :#]{1,3}\d{3,8}\b",
        re.IGNORECASE,
    ),
    later(rf"{_NO_SECRET_CODE}\bcode\b[^.!?\n]{{0,30}}?{_LINK}\W{{0,3}}\d[\d -]{{2,}}", re.I),
    later(
        r"\b(?:door|gate|alarm|entry|safe|garage|locker|bike|lock|phone|unlock|voicemail|screen"
        r"|tür|haustür|tor|safe|alarm|schloss)[ -]?(?:code|pin|combination|kombination)\b"
        r"[^.!?\n]{0,20}?\d[\d -]{2,}",
        re.IGNORECASE,
    ),
    later(
        r"\b(?:backup|recovery|2fa|two-factor|one-time|security|verification|scratch|unlock)"
        r"[ -](?:codes?|keys?)\b[^.!?\n]{0,20}?(?=[a-z-]*\d[\w-]*\d)[\w-]{4,}",
        re.IGNORECASE,
    ),
    later(
        r"(?:пин-?код|код (?:от|к|для)|código de (?:la |mi )?(?:caja|puerta|tarjeta)"
        r"|code (?:de|du|pour) (?:la |le |ma |mon )?(?:carte|porte|coffre)|暗証番号|验证码|驗證碼"
        r"|门禁密码|인증번호|رمز)[^.!?。\n]{0,25}?\d{3,}",
        re.IGNORECASE,
    ),
)
_KEY = later(
    r"(?:\b(?:api|access|secret|private|account|auth|client|signing|encryption|license)[ _-]?"
    r"(?:key|secret|token)|\b(?:secret|token|credentials?)\b|(?:SECRET|TOKEN|PASSWORD"
    r"|PASSWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)[A-Z0-9_]{0,40}|密钥|秘钥|APIキー|ключ\w*"
    r"|clave (?:de )?api|clé (?:d')?api)[^.!?\n]{0,20}?[\s:=]\s*"
    r"[\"']?(?P<value>[A-Za-z0-9+/_=.~-]{12,})",
    re.IGNORECASE,
)
_IDENTITY = (
    later(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}\b"),
    later(
        r"\b(?:passport|reisepass|pasaporte|passeport|driver'?s? licen[cs]e|führerschein"
        r"|personalausweis|national id|identity card|tax id|steuer-?id|social security"
        r"|sozialversicherung\w*|\bssn|insurance number|nino|dni|nie|cpf|aadhaar|pesel|паспорт\w*"
        r"|снилс|инн)\b[^.!?\n]{0,25}?\b(?-i:(?=(?:[A-Z -]*\d){3})[A-Z0-9][A-Z0-9 -]{5,})",
        re.IGNORECASE,
    ),
    later(
        r"(?:身份证|护照|身分證|護照|マイナンバー|パスポート|주민등록번호|여권)"
        r"\D{0,10}[A-Z]?\d[\dXx -]{5,}"
    ),
)
_ANSWER = later(
    r"\bmaiden name\b[^.!?\n]{0,15}?\b(?:is|was|:)|\bsecurity (?:question|answer)\b[^\n]{0,80}?"
    r"(?:\bis\b|[:=])|\bmädchenname\b[^.!?\n]{0,15}?\b(?:ist|war|lautet|:)|\bnom de jeune fille\b",
    re.IGNORECASE,
)
_CARD = later(r"(?<!\d)(?<!\d\.)(?:\d[ -]?){12,18}\d(?!\d|\.\d)")
_IBAN = later(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_WORD = later(r"(?<![/\\.\w])[A-Za-z0-9+/_=-]{28,}")
_RUN = later(r"[A-Z]?[a-z]{3,}")
MAX_LOOKED_AT = 8_000
"""In characters: no memory is longer, and what is longer is refused for that."""
MIN_ENTROPY = 3.0
"""Bits a character, as secrets that stand behind a name have at least."""

_NAMES = later(
    rf"{_PASSWORD}|{_SHORT}|\b(?:pin|puk|cvv|otp|2fa|ssn|iban)\b|\b(?:code|token|secret|api[ -]?key"
    r"|credentials?|log-?in|passport|card number|account number|seed phrase|maiden name)\b"
    r"|验证码|身份证|护照|卡号|账号|コード|番号|код|ключ|código|clave|رمز|كلمة",
    re.IGNORECASE,
)


def secret_in(text: str) -> str:
    """What kind of secret a text seems to hold ("a card number"); empty for none."""
    text = without_invisible(text[:MAX_LOOKED_AT])
    if _PRIVATE.search(text):
        return "a private key"
    if _SEED.search(text):
        return "a seed phrase"
    if _IN_ADDRESS.search(text):
        return "an address with a password"
    if _TOKEN.search(text):
        return "a token"
    if _PREFIXED.search(text) or _HOOK.search(text):
        return "an access key"
    if any(_is_card(re.sub(r"\D", "", found.group())) for found in _CARD.finditer(text)):
        return "a card number"
    if any(_is_iban(found.group().replace(" ", "")) for found in _IBAN.finditer(text)):
        return "an account number"
    if any(shape.search(text) for shape in _CODES):
        return "a secret code"
    if any(shape.search(text) for shape in _PASSWORDS):
        return "a password"
    if any(_is_key(found["value"]) for found in _KEY.finditer(text)):
        return "an access key"
    if any(shape.search(text) for shape in _IDENTITY):
        return "a number of an identity document"
    if _ANSWER.search(text):
        return "an answer to a security question"
    if any(_is_random(found.group()) for found in _WORD.finditer(text)):
        return "an access key"
    return ""


def asks_for_secret(query: str) -> bool:
    """Whether a question names a secret: then one that is kept is asked for."""
    return _NAMES.search(query) is not None


def _is_card(digits: str) -> bool:
    """Luhn's sum, which card numbers end in (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return len(digits) >= 13 and total % 10 == 0 and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    """The check of ISO 13616: all as one number leaves 1 when divided by 97."""
    moved = text[4:] + text[:4]
    return 15 <= len(text) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _is_key(word: str) -> bool:
    """What stands behind the name of a key, and is neither a word nor a path."""
    path = "/" in word.strip("/=") and _has_words(word)
    return any(c.isdigit() for c in word) and _entropy(word) >= MIN_ENTROPY and not path


def _is_random(word: str) -> bool:
    """Long, of small and large letters and figures, all mixed: no word, and no path either."""
    kinds = (str.islower, str.isupper, str.isdigit)
    return all(any(kind(c) for c in word) for kind in kinds) and not _has_words(word)


def _has_words(word: str) -> bool:
    """Whether most of it is words, as in names and paths."""
    return 2 * sum(map(len, _RUN.findall(word))) > len(word)


def _entropy(word: str) -> float:
    """Shannon's, in bits a character."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())
