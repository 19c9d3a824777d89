"""What is said by qchat/export."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "{path} exists already. Use another name: /export {form} PATH.": (
        "{path} 已存在。请用其他名字：/export {form} 路径。"
    ),
}
