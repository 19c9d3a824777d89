"""What the manual says besides the arguments: environment, exit status, files."""

ENVIRONMENT = (
    ("QCHAT_HOME", "one folder for settings, conversations, memories and models"),
    ("QCHAT_SHARED_CONFIG", "settings of an administrator for all users, below each user's own"),
    ("DASHSCOPE_API_KEY", "key of Alibaba Cloud Model Studio, for the backend cloud"),
    ("BRAVE_API_KEY, TAVILY_API_KEY", "keys of search services, where web.search names one"),
    ("CHROMA_TOKEN", "token of a Chroma server, where memory.chroma_url names one"),
    ("HF_TOKEN, HF_ENDPOINT", "for `qchat models pull` from Hugging Face, or a mirror of it"),
    ("HF_HOME, HF_HUB_CACHE, MODELSCOPE_CACHE, LLAMA_CACHE, OLLAMA_MODELS",
     "where other programs keep models, which qchat can use"),
    ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "proxies; none is used for this machine itself"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "certificates to trust besides the usual ones"),
    ("NO_COLOR", "draw without colours"),
)  # fmt: skip
"""Name and meaning; a backend's `api_key_env` may name any other."""

EXIT_STATUS = (
    (0, "done"),
    (1, "the turn or the command failed; one line on standard error says why"),
    (2, "wrong usage, or settings that cannot be used"),
    (3, "`qchat ask`: the answer was cut off or is missing"),
    (130, "cancelled with Ctrl+C"),
    (141, "whoever read standard output closed it"),
)

FILES = (
    ("config.toml", "the settings; `qchat config path` prints where"),
    ("users/NAME.toml", "beside it: settings of --user NAME, over those"),
    ("keys.json", "keys of backends where the system has no keyring; readable by its owner only"),
    ("sessions.db", "conversations"),
    ("memory/", "memories"),
    ("models/", "models that `qchat models pull` fetched"),
    ("files/, work/", "pictures and files of conversations, and the folders where code runs"),
)
