"""What a kernel runs before anything else.

Output waits for a client that is busy, where Jupyter would throw it away, and so it would a message
with half an emoji. Long output comes in pieces that hold nobody up. IPython formats each frame of a
traceback, twice: of a recursion without an end it gets the first and the last. A plot says what it
shows, for those who cannot see it. A module in the working folder can be imported, but takes no
other one's place: a file called random.py breaks nothing, and runs only where it is asked for.
"""

STARTUP = """
def _encode_all(session):
    import json, re
    from jupyter_client.session import json_clean, json_default
    pack = session.pack
    def packed(message):
        try:
            return pack(message)
        except UnicodeError:
            text = json.dumps(json_clean(message), default=json_default, ensure_ascii=False)
            return re.sub("[\\ud800-\\udfff]", "\\ufffd", text).encode()
    session.pack = packed

def _keep_output():
    import zmq
    thread = get_ipython().kernel.iopub_thread
    thread.schedule(lambda: thread.socket.setsockopt(zmq.XPUB_NODROP, 1))

def _send_in_pieces(session, most=250_000):
    send = session.send
    def sent(socket, message, *rest, **more):
        is_stream = isinstance(message, dict) and message.get("msg_type") == "stream"
        text = message["content"].get("text") if is_stream else None
        if not isinstance(text, str) or len(text) <= most:
            return send(socket, message, *rest, **more)
        for at in range(0, len(text), most):
            piece = {**message["content"], "text": text[at : at + most]}
            send(socket, {**message, "content": piece}, *rest, **more)
        return message
    session.send = sent

def _show_deep_recursion(shell, kind, error, traceback, tb_offset=None):
    import types
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    if len(entries) > 60:
        entries = entries[:20] + entries[-20:]
    short = None
    for entry in reversed(entries):
        short = types.TracebackType(short, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    shell.showtraceback((kind, error.with_traceback(short), short), tb_offset=tb_offset)

def _plot(figure, printer, cycle):
    width, height = (figure.get_size_inches() * figure.dpi).astype(int)
    said = [figure.get_suptitle()] if hasattr(figure, "get_suptitle") else []
    for axes in figure.axes:
        labels = (("", axes.get_title()), ("x: ", axes.get_xlabel()), ("y: ", axes.get_ylabel()))
        said += [name + text for name, text in labels if text]
    printer.text(f"<Figure {width}x{height}>" + "".join(f" {text};" for text in said if text)[:-1])

def _install(formatter):
    formatter.for_type_by_name("matplotlib.figure", "Figure", _plot)
    # The inline backend takes all printers of figures away when it is loaded, this one too.
    take = formatter.pop
    formatter.pop = lambda kind, default=None: (
        default if getattr(kind, "__name__", "") == "Figure" else take(kind, default)
    )

def _find_own_modules():
    import sys
    if "" not in sys.path:
        sys.path.append("")

_find_own_modules()
_keep_output()
_encode_all(get_ipython().kernel.session)
_send_in_pieces(get_ipython().kernel.session)
get_ipython().set_custom_exc((RecursionError,), _show_deep_recursion)
_install(get_ipython().display_formatter.formatters["text/plain"])
del _encode_all, _find_own_modules, _keep_output, _send_in_pieces, _show_deep_recursion, _plot
del _install
"""
