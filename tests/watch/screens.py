"""A terminal small enough to trust: what its screen shows after the bytes written to it."""

import re

_TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Screen:
    def __init__(self, height: int) -> None:
        self.height = height
        self.lines = [""]  # those that scrolled out at the top among them
        self.row = self.column = 0
        self.cursor_shown = True

    def feed(self, text: str) -> "Screen":
        position = 0
        while position < len(text):
            token = _TOKEN.match(text, position)
            assert token, f"unknown control at {text[position : position + 10]!r}"
            position = token.end()
            arguments, command, line_end, printed = token.groups()
            if printed is not None:
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[: self.column] + printed + line[self.column + len(printed) :]
                self.column += len(printed)
            elif line_end == "\r":
                self.column = 0
            elif line_end == "\n":
                self.row, self.column = self.row + 1, 0
                if self.row == len(self.lines):
                    self.lines.append("")
            elif command == "A":
                # What has scrolled out is out of the cursor's reach.
                self.row = max(self.row - int(arguments or 1), len(self.lines) - self.height, 0)
            elif command == "K":
                assert arguments == "2"
                self.lines[self.row] = ""
            elif command in "hl":
                assert arguments == "?25"
                self.cursor_shown = command == "h"
            else:
                assert command == "m", f"unknown command {command}"
        return self

    def text(self) -> list[str]:
        lines = [line.rstrip() for line in self.lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines
