"""Whether a model, a mode or a change helps: sets of questions, graders, statistics, a report.

Its modes are those of `qchat.depth`; every answer is a turn of a session that opens in qchat.
"""
