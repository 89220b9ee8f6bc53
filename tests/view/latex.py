"""What LaTeX would stumble over, found without LaTeX."""

import re
from collections import Counter


def assert_is_sound_latex(text: str) -> None:
    """Environments and braces close, and every row has as many cells as the table has columns."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    plain = re.sub(r"\\[\\{}&%$#_,]", "", code.replace("\\\\", ""))
    depth = 0
    for mark in plain:
        depth += (mark == "{") - (mark == "}")
        assert depth >= 0
    assert depth == 0
    assert plain.count("$") % 2 == 0
    assert not set("#^~") & set(plain.replace("[1]{#1}", ""))
    begun, ended = (Counter(re.findall(rf"\\{word}{{(\w+)}}", code)) for word in ("begin", "end"))
    assert begun == ended
    for columns, body in re.findall(r"\\begin{tabular}{(\w+)}(.*?)\\end{tabular}", code, re.S):
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert rows
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1
