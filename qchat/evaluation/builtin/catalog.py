"""The built-in evaluations by their names."""

from collections.abc import Mapping

from qchat.evaluation.builtin.case import BuiltIn
from qchat.evaluation.builtin.injection import INJECTION
from qchat.evaluation.builtin.longrun import LONGRUN
from qchat.evaluation.builtin.needle import NEEDLE
from qchat.evaluation.builtin.recall import RECALL
from qchat.evaluation.builtin.thinkfollow import THINKFOLLOW
from qchat.evaluation.builtin.tooluse import TOOLUSE

BUILT_IN: Mapping[str, BuiltIn] = {
    one.name: one for one in (THINKFOLLOW, TOOLUSE, NEEDLE, RECALL, INJECTION, LONGRUN)
}
