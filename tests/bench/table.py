"""The benchmark's table and progress lines."""

import dataclasses


def say(text):
    print(text, flush=True)


@dataclasses.dataclass
class Row:
    what: str
    measured: str
    yardstick: str
    ratio: float
    sense: str  # "at least" or "at most"
    bound: float
    note: str = ""

    @property
    def holds(self):
        return self.ratio >= self.bound if self.sense == "at least" else self.ratio <= self.bound


def print_table(notes, rows):
    cells = [("what", "measured", "yardstick", "ratio", "target", "", "")]
    for row in rows:
        ratio = f"{row.ratio:.2f}" if row.ratio < 20 else f"{row.ratio:,.0f}"
        cells.append((row.what, row.measured, row.yardstick, ratio, f"{row.sense} {row.bound:g}",
                      "ok" if row.holds else "SHORT", row.note))
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
