"""The benchmark's table and progress lines."""

import dataclasses


def say(text):
    print(text, flush=True)


@dataclasses.dataclass
class Row:
    """One figure: two sides and their ratio, or a value that has a bound of its own."""

    what: str
    measured: str
    yardstick: str
    ratio: float | None
    sense: str  # "at least" or "at most"
    bound: float
    note: str = ""
    value: float | None = None  # what the bound is for; nothing: the ratio

    @property
    def holds(self):
        value = self.ratio if self.value is None else self.value
        return value >= self.bound if self.sense == "at least" else value <= self.bound

    def cells(self):
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.what, self.measured, self.yardstick, ratio, f"{self.sense} {self.bound:,g}",
                "ok" if self.holds else "SHORT", self.note)


def print_table(notes, rows):
    cells = [("what", "measured", "yardstick", "ratio", "target", "", "")]
    cells += [row.cells() for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    print()
    for note in notes:
        print(note)
    print()
    for number, line in enumerate(cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths).rstrip())
    short = sum(not row.holds for row in rows)
    print()
    print(f"{len(rows) - short} of {len(rows)} figures hold")
