"""The shapes that secrets have: what `secret` judges by.

Those that only a secret has (a vendor's prefix, a private key, an address with a password in it),
and words that name a secret with a value behind it, in the languages that people write here.
"""

import re

from qchat_memory.language.lazy_patterns import later

PREFIXED = later(
    r"\b(?:"
    r"(?:sk|pk|rk|whsec|tvly|pplx|nvapi|gsk|fw|r8|hf|npm|pypi|rubygems|dckr_pat|shp(?:at|ca|pa|ss)"
    r"|gh[oprsu]|github_pat|gl(?:pat|dt|rt|ptt|agent|soat|cbt|sa)|xox[abceoprs]|xapp|xkeysib"
    r"|xsmtpsib|d[op][opr]_v1|sq0(?:atp|csp)|lin_api|ntn|figd|xai|tskey|sntrys|pul|phc|pk_live"
    r"|sk_live"
    r"|rk_live|dapi|dp\.(?:pt|st|ct)|atlasv1|CFPAT|key|age-secret-key|EAACEdEose0cBA|ATATT3|ATCTT3)"
    r"[-_.][\w-]{16,}[\w.-]*"
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ABIA|ACCA)[A-Z0-9]{16}\b"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|hv[sb]\.[\w-]{20,}|(?:AC|SK)[0-9a-f]{32}\b|key-[0-9a-f]{32}\b"
    r"|[MNO][A-Za-z\d_-]{23,28}\.[\w-]{6}\.[\w-]{27,}|(?:bot)?\d{8,10}:[A-Za-z0-9_-]{33,35}\b"
    r"|EAA[A-Za-z0-9]{40,}|xprv[1-9A-HJ-NP-Za-km-z]{50,}|[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b"
    r"|0x[0-9a-fA-F]{64}\b|nsec1[0-9a-z]{50,}|AT[AC]TT3[\w=-]{20,}|(?:LTAI|AKID)[A-Za-z0-9]{12,}"
    # Any short name and a long run of letters and figures: how vendors make their own.
    r"|(?!(?:sha|md|uuid|git|rev|commit|hash|blake|img|image|file|id)\d*[-_])[a-z]{2,8}\d?[-_]"
    r"(?=[a-z0-9]{0,80}\d)[a-z0-9]{24,})",
    re.IGNORECASE,
)
HOOK = later(
    r"hooks\.slack\.com/services/T\w+|discord(?:app)?\.com/api/webhooks/\d+/"
    r"|\b[\w.-]+/(?:webhook|IncomingWebhook)/[\w@/-]{20,}"
    r"|[?&](?:sig|signature|x-amz-signature|(?:access_|auth_|refresh_)?token|apikey|api_key|key"
    r"|password|pass|secret)=[\w%+/.=-]{12,}",
    re.IGNORECASE,
)
PRIVATE = later(
    r"BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY|PuTTY-User-Key-File|AGE-SECRET-KEY-1", re.IGNORECASE
)
TOKEN = later(
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bBearer\s+[\w.~+/=-]{16,}"
    r"|\bBasic\s+(?=[a-z]*[A-Z0-9])(?=\w*[0-9+/=])[A-Za-z0-9+/]{16,}={0,2}(?![\w-])"
    r"|\b(?i:cookie):\s*[\w.-]+=[\w.%+/=-]{12,}|\b(?i:\w{0,12}sess(?:ion)?_?(?:id)?)=[\w.%+/-]{16,}"
    r"|\bAccountKey=[\w+/=]{20,}|\bSharedAccessSignature\b"
)
IN_COMMAND = later(
    r"\bcurl\b[^\n]{0,80}?\s(?:-u|--user)[ =]?[^\s:]{1,60}:\S{2,}"
    r"|\b(?:docker login|mysql\w*|mariadb\w*|sshpass|mongo\w*|redis-cli|smbclient|htpasswd|7z"
    r"|unrar)\b"
    r"[^\n]{0,80}?\s-(?:p|a)\s?(?!\d{1,5}\b)[^\s-]\S{2,}|\s--?(?:password|passwd|token"
    r"|secret)[ =]\S{4,}"
    r"|\bWIFI:(?:[^;\n]{0,80};){0,4}P:[^;\n]{2,}"
)
IN_ADDRESS = later(r"\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@]{0,200}:[^/\s@]{1,200}@", re.IGNORECASE)
SEED = later(
    r"(?:\b(?:seed|recovery|mnemonic|backup|secret)[ -]?(?:phrase|words?)\b|助记词|助記詞"
    r"|シードフレーズ"
    r"|\bfrase (?:semilla|de recuperación)\b|\bphrase de récupération\b|сид-?фраз\w*)"
    r"\W{0,4}(?:(?:is|are|ist|es|est)\W+)?(?:\w+[ ,;\n]+){7,}\w+"
    r"|\b(?:seed|mnemonic|wallet|wörter|words)\b[^:\n]{0,30}:\s*"
    r"(?:(?!(?:a|an|the|of|to|in|is|and|for|with|it)\b)[a-z]{3,8}[ ,\n]+){11,23}[a-z]{3,8}\b"
    r"|\[(?:\d{1,3}, ?){31,63}\d{1,3}\]",
    re.IGNORECASE,
)

# A word that names a secret. What makes another thing of it (a password manager) is left out.
PASSWORD = (
    r"(?:(?:\b\w{0,20}pass(?:word|wort|phrase|code|wd)|\b\w{0,20}kennwort|\bwachtwoord"
    r"|\bcontraseña|\bclave secreta"
    r"|\bmot de passe|\bmdp|\bsenha|\bpalavra-passe|\bparola d'ordine|\bhas[łl]o|\bheslo"
    r"|\blösenord|\bpassord|\badgangskode|\bsalasana|\bjelszó|\bşifre\w*|\bparola\w*|\bmật khẩu"
    r"|\bkata sandi|\bпарол[ьяюе]\w*|κωδικ\w+|סיסמ\w+|كلمة (?:ال)?(?:مرور|سر)\w*|पासवर्ड"
    r"|รหัสผ่าน|비밀번호|암호|패스워드|密码|密碼|口令|パスワード|パスコード|暗証番号)s?"
    r"(?![ -]?(?:manager|policy|reset|rules?|book|generator|hint|safe|less)\b"
    r"|管理|マネ|관리|-?менеджер))"
)
SHORT = r"\b(?:pw|pwd|psw|passwd|pass|pswd|kw)\b"
LINK = (
    r"(?:\b(?:is|are|was|be|ist|lautet|heißt|war|es|era|est|è|é|jest|to|on|är|er|olan|là"
    r"|adalah|эт[оа]|это)\b|是|为|為|は|が|는|은|이|هي|هو|है|คือ|[:：=→—–]|=>|->|['’]s\b)"
)
VALUE = r"\s*[\"'“„«「]?(?P<value>[^\s\"'”“«»」。，,]{2,})"
STRONG = r"(?=\S*[\d])(?P<strong>[^\s,;]{4,})"
MIXED = r"(?=\S*\d)(?=\S*[^\W\d])(?P<strong>[^\s,;]{5,})"
PASSWORDS = (
    later(
        rf"{PASSWORD}(?:\W+(?:of|for|to|für|fürs|zum|vom|von|de|del?|du|da|do|di|от|для|к)\W+\w+"
        rf"|\W+[\u0621-\u064a]+){{1,3}}\W+{MIXED}",
        re.IGNORECASE,
    ),
    later(
        r"\b(?:wpa|wep|wpa2|wlan|wi-?fi|network|netzwerk)[ -]?(?:key|schlüssel|clave)\b"
        rf"\W{{1,3}}(?:{LINK}\W{{0,3}})?{STRONG}",
        re.IGNORECASE,
    ),
    later(
        r"[\w.+-]{1,64}@[\w.-]{1,80}\.[a-z]{2,12}(?:\s*[/|:]\s*|\s+)(?![\w.+-]{1,64}@)"
        r"(?=\S*\d)(?=\S*[a-z])(?P<strong>[^\s,;@/.]{5,})(?=[\s,;!]|$)",
        re.IGNORECASE,
    ),
    later(rf"{PASSWORD}[^.!?。\n]{{0,40}}?{LINK}{VALUE}", re.IGNORECASE),
    later(rf"{PASSWORD}\W{{0,3}}{STRONG}", re.IGNORECASE),
    later(rf"{SHORT}[^.!?\n]{{0,12}}?{LINK}{VALUE}", re.IGNORECASE),
    later(rf"{SHORT}\W{{0,3}}{STRONG}", re.IGNORECASE),
    later(
        r"\b(?:log-?in|user(?:name)?|account|credentials?|zugang\w*|anmelde?\w*|usuario|логин)\b"
        rf"[^.!?\n]{{1,40}}?(?:/|\||\bpass\w*|\bpw\b)\W{{0,3}}{STRONG}",
        re.IGNORECASE,
    ),
)
_TOLD = (
    "in on at the a an too not no stored saved kept checked changed set written hidden managed used"
    " wrong weak strong long short safe secure old new expired required different only all very"
    " always never correct invalid unknown empty same there here hard easy lost forgotten known"
    " good bad compromised leaked reset hashed encrypted that what which one my our his her their"
    " im in auf der das die ein eine zu nicht sehr falsch sicher gespeichert geändert lang kurz alt"
    " neu abgelaufen überall immer nie weg bei am was wie so viel"
    " en el la los una un muy no demasiado larga corta segura guardada cambiada qué difícil"
    " dans le trop très pas sur long court changé perdu quoi"
    " nel nella troppo molto non sul lunga corta na no muito não longa"
    " в на слишком очень не у за под что какой где"
    " في على جدا طويلة قصيرة ليست ما صحيحة"
)
TOLD_OF_PASSWORDS = frozenset(_TOLD.split())
"""What stands behind "is" where a password is spoken of, not told."""
UNSPACED = later(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af？！、。]+")
LATER_IN_SENTENCE = later(rf"[^.!?。\n]{{0,80}}?[\s:=\"'(]{MIXED}")
PUBLIC = later(
    r"\bAAAA[BCE][23]Nza\S+|\bsk-ssh-\S+|(?i:\b(?:bitcoin|btc|ethereum"
    r"|wallet)? ?address:? )[13]\w{25,34}\b"
    r"|\b[\w./-]+\.(?:jpe?g|png|gif|pdf|mp4|mov|zip|gguf|safetensors|docx?|xlsx?|csv|json)\b"
)
"""What looks as random and is made to be known: public keys, addresses that are paid to, files."""
DIGITS = r"\W{0,3}#?(?=[\w-]*\d)\d[\d -]{1,}\d#?"
NO_SECRET_CODE = (
    r"(?<!zip )(?<!post )(?<!area )(?<!postal )(?<!country )(?<!dialling )(?<!dialing )(?<!error )"
    r"(?<!exit )(?<!status )(?<!source )(?<!product )(?<!airport )(?<!course )(?<!promo )(?<!bar )"
    r"(?<!swift )(?<!qr )(?<!colour )(?<!color )(?<!discount )(?<!dress )(?<!building )"
)
LOCK = (
    r"\b(?:door|gate|alarm|safe|garage|locker|lock|padlock|suitcase|briefcase|intercom|keypad"
    r"|\w{0,12}tür|tor|\w{0,10}tresor|\w{0,12}schloss|koffer|\w{0,10}garage|alarmanlage"
    r"|puerta|caja fuerte|alarma|candado|maleta|garaje|portal|porte|portail|coffre|alarme|cadenas"
    r"|immeuble|porta|portone|cassaforte|allarme|lucchetto|cancello|cofre|portão|cadeado"
    r"|двер\w+|домофон\w*|сейф\w*|ворот\w*|замк\w+|замок|сигнализаци\w+|подъезд\w*|гараж\w*)\b"
)
CODE = (
    r"\b(?:code|pin|combination|kombination|tresorkombination|zahlenkombination|nummer|código"
    r"|clave|combinación|combinaison|digicode|codice|combinazione|combinação|код|комбинаци\w+|шифр)"
    r"\b"
)
CODES = (
    later(
        rf"\b(?:pin|puk\d?|cvv|cvc|cvv2|tan|otp|mtan|2fa)\b(?:[ -]?(?:code|number|nummer|key))?"
        rf"[^.!?\n]{{0,30}}?{LINK}{DIGITS}|\b(?:PIN|PUK\d?|CVV|CVC|OTP|TAN)\b(?:[ -]?[Cc]ode)?"
        r"[ :#]{1,3}\d{3,8}\b",
        re.IGNORECASE,
    ),
    later(
        rf"{NO_SECRET_CODE}\bcode\b(?! (?:postal|source|barre|civil|pénal|d'erreur|erreur|promo))"
        rf"[^.!?\n]{{0,30}}?{LINK}\W{{0,3}}\d[\d -]{{2,}}(?![\d ]*(?:lines?|bugs?|[km]s|[kmg]?b"
        r"|files?|characters|bytes|years?|zeilen|líneas|lignes|linhas|righe|строк\w*)\b)",
        re.IGNORECASE,
    ),
    later(
        rf"(?:{LOCK}.{{0,30}}?{CODE}|{CODE}.{{0,30}}?{LOCK})[^.!?。\n]{{0,12}}?[^\w#*]"
        r"(?P<number>(?=\w*\d\w*\d)[\w#*-]{3,12})",
        re.IGNORECASE,
    ),
    later(
        r"(?:\bsecurity code(?! [^\W\d])|\bsecurity code (?:is|on)\b|\bcard verification\w*"
        r"|\bprüfziffer|\bkartenprüfnummer"
        r"|\bcódigo de segur(?:idad|ança)|\bcryptogramme|\bcodice di sicurezza|安全码"
        r"|セキュリティコード"
        r"|الرقم السري|الرمز السري)[^.!?\n]{0,25}?\d{3,}",
        re.IGNORECASE,
    ),
    later(
        r"(?:金庫|ロッカー|玄関|自転車)の(?:番号|ダイヤル)[^。\n]{0,8}?\d{3,}"
        r"|(?:保险[箱柜]|门禁?|车库|大门)[^。\n]{0,4}?(?:密码|代码|码)[^。\n]{0,4}?\d{3,}"
        r"|\b(?i:(?:un)?lock(?: screen)? pattern)\b\D{0,12}\d(?:\W{0,3}\d){3,}"
        r"|\b(?i:entsperrmuster)\b\D{0,12}\d(?:\W{0,3}\d){3,}"
    ),
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
        r"(?:\bпин(?:-?код)?\b|\bgeheim(?:zahl|nummer)|\bclave\b(?! api)|\bcódigo secreto"
        r"|код (?:от|к|для)\b|código de (?:la |mi )?(?:caja|puerta|tarjeta)"
        r"|code (?:de|du|pour) (?:la |le |ma |mon )?(?:carte|porte|coffre)|暗証番号|验证码|驗證碼"
        r"|门禁密码|인증번호|رمز(?!\s+(?:ال)?بريد))[^.!?。\n]{0,25}?\d{3,}"
        r"|\b(?:digicode|tresorkombination"
        r"|zahlenkombination)\b[^.!?\n]{0,20}?[^\w](?=\w*\d\w*\d)[\w-]{3,}",
        re.IGNORECASE,
    ),
)
GROUPS = later(
    r"(?i:\b(?:key|schlüssel|clave|clé|ключ\w*|serial|license|licence|lizenz\w*)\b|密钥|恢复密钥)"
    r"[^.!?\n]{0,20}?\b(?:[A-Z0-9]{2,7}-){3,8}[A-Z0-9]{4,7}\b"
)
KEY = later(
    r"(?:\b(?:api|access|secret|private|account|auth|client|signing|encryption|license)[ _-]?"
    r"(?:key|secret|token)|\b(?:secret|token|credentials?)\b|(?:SECRET|TOKEN|PASSWORD"
    r"|PASSWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)[A-Z0-9_]{0,40}|密钥|秘钥|APIキー|ключ\w*"
    r"|clave (?:de )?api|clé (?:d')?api)[^.!?\n]{0,20}?[\s:=]\s*"
    r"[\"']?(?P<value>[A-Za-z0-9+/_=.~-]{12,})",
    re.IGNORECASE,
)
IDENTITY = (
    later(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}\b"),
    later(
        r"\b(?:passport|itin|medicare (?:no|number)|nhs (?:no|number)|reisepass|pasaporte"
        r"|passeport|driv(?:er'?s?|ing) licen[cs]e|führerschein"
        r"|personalausweis|national id|identity card|tax id|steuer-?id|social security"
        r"|sozialversicherung\w*|\bssn|insurance number|nino|dni|nie|nif|cpf|bsn|svnr|sv-nummer"
        r"|ahv\w*|aadhaar|pesel|codice fiscale|паспорт\w*"
        r"|снилс|инн)\b(?:\W(?:no|nr|num)\b\.?)?[^.!?\n]{0,25}?\b(?!(?:19|20)\d\d\b)"
        r"(?-i:(?=(?:[A-Z .-]*\d){3})[A-Z0-9][A-Z0-9 .-]{5,})(?<!\d-\d\d-\d\d)",
        re.IGNORECASE,
    ),
    later(
        r"(?:身份证|护照|身[份分]證|護照|社保|社会保险|マイナンバー|パスポート|주민(?:등록)?번호"
        r"|여권"
        r"|رقم (?:ال)?(?:هوية|جواز|إقامة|بطاقة|ضمان)[\w ]{0,12}?)"
        r"\D{0,10}[A-Z]?\d[\dXx -]{5,}"
    ),
)
ACCOUNT = (
    later(
        r"(?:\b(?:bank )?account (?:number|no\.?)|\brouting number|\bsort code|\bkontonummer"
        r"|\bkto\.?(?:-nr)?|\bifsc|\bclabe|\bnúmero de (?:la )?cuenta|\bnuméro de compte"
        r"|\bnumero di conto|\bnúmero da conta|\bномер\w* (?:банковского )?счёта|\bномер\w* счета"
        r"|(?:银行)?[账帐]号|(?:銀行)?[賬帳]號|口座番号|계좌\s?번호|رقم (?:ال)?حساب\w*)"
        r"[^.!?。\n]{0,20}?(?=(?:[A-Z0-9 -]{0,6}\d){5})[A-Z0-9][A-Z0-9 -]{5,}",
        re.IGNORECASE,
    ),
)
FORMATTED = later(
    r"\b756\.\d{4}\.\d{4}\.\d\d\b|\b\d{3}\.\d{3}\.\d{3}-\d\d\b"
    r"|\b[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]\b|\b[A-Z]{3}[PCHFATBLJG][A-Z]\d{4}[A-Z]\b"
)
"""Numbers of people that are known by their form: AHV, CPF, codice fiscale, PAN."""
ANSWER = later(
    r"\bmaiden name\b[^.!?\n]{0,15}?\b(?:is|was|:)|(?:\bsecurity (?:question|answer)\b"
    r"|\bsicherheitsfrage|\bpregunta de seguridad"
    r"|\bquestion (?:secrète|de sécurité)|контрольн\w+ вопрос|安全问题|密保|秘密の質問)[^\n]{0,80}?"
    r"(?:\b(?:is|was|ist|war|es|est)\b|[:=：]|是|は)|\bmädchenname\b[^.!?\n]{0,15}?\b(?:ist|war"
    r"|lautet|:)|\bnom de jeune fille\b",
    re.IGNORECASE,
)
CARD = later(r"(?<!\d)(?<!\d\.)(?:\d[ -]?){12,18}\d(?!\d|\.\d)")
IBAN = later(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")

NAMES = later(
    rf"{PASSWORD}|{SHORT}|\b(?:pin|puk|cvv|cvc|otp|2fa|ssn|iban|wpa|nif|dni|cpf|bsn|pesel|clabe)\b"
    r"|\b(?:code|token|secret|api[ -]?key|credentials?|log-?in|passport|card number|seed phrase"
    r"|(?:bank )?account number|security (?:question|answer)|maiden name|combination|\w*kombination"
    r"|konto(?:nummer|verbindung)?|\w*ausweis\w*|reisepass|pasaporte|passeport|combinación|clabe"
    r"|número de (?:la )?cuenta|combinaison|digicode|codice|combinazione|combinação)\b"
    r"|验证码|身份证|护照|卡号|账号|账户|密钥|密保|安全码|コード|番号|口座|код|ключ|паспорт|сч[её]т"
    r"|código|clave|رمز|كلمة|الرقم السري|رقم (?:ال)?(?:حساب|هوية|جواز|بطاقة)|계좌|안전코드|비번",
    re.IGNORECASE,
)
