"""A worksheet as PDF: A4, black on white, the same tables as the page, the page number and its name on every sheet.

Noto Sans has Latin, Greek and Cyrillic; FiraGO besides Arabic, Hebrew, Thai, Devanagari and Georgian, and
HarfBuzz joins and orders their letters. A character that neither has is written as its code point, [U+4E2D], so that
nothing is lost and nothing looks like what it is not.
"""

from __future__ import annotations

import functools
import logging
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pymupdf_fonts
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from transactions.admin.worksheets.sheet import Section, Sheet

# It tells at length what it leaves out of each font.
logging.getLogger("fontTools").setLevel(logging.ERROR)

_TEXT, _OTHER = "noto", "fira"
_FACES = {(_TEXT, ""): "notos", (_TEXT, "B"): "notosbo", (_OTHER, ""): "figo", (_OTHER, "B"): "figbo"}
_SIZE, _SMALL = 8.5, 7.5
_MARGIN = 14  # millimetres
_LINE = 4.2
_SHEETS = "{nb}"
_STEERS_ITS_OWN = "\u200c\u200d"


class _Paper(FPDF):
    def __init__(self, name: str) -> None:
        super().__init__(format="A4")
        self.name = name
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN + 4)
        for (family, style), font in _FACES.items():
            self.add_font(family, style, _files()[font])
        self.set_fallback_fonts([_OTHER], exact_match=False)
        self.set_text_shaping(True)
        self.alias_nb_pages(_SHEETS)
        self.set_draw_color(150)
        self.set_line_width(0.1)

    def footer(self) -> None:
        self.set_y(-_MARGIN)
        self.set_font(_TEXT, size=_SMALL)
        self.cell(w=self.epw / 2, text=self.name)
        self.cell(w=self.epw / 2, text=f"{self.page_no()} of {_SHEETS}", align="R")


def drawn(sheet: Sheet, standing: str, sections: Sequence[Section]) -> bytes:
    """The PDF of a sheet, with a sentence about its signatures and these tables."""
    name = _safe(f"{sheet.title} {sheet.name}")
    paper = _Paper(name)
    paper.set_title(name)
    paper.set_lang("en")
    paper.add_page()
    paper.set_font(_TEXT, "B", 13)
    _say(paper, name, 7)
    paper.set_font(_TEXT, size=_SIZE)
    facts = "   ".join(f"{label}: {cell.text}" for label, cell in sheet.facts)
    _say(paper, facts)
    if standing:
        paper.set_font(_TEXT, "B", _SIZE)
        _say(paper, standing)
    for one in sections:
        _draw(paper, one)
    return bytes(paper.output())


def _draw(paper: FPDF, one: Section) -> None:
    if paper.will_page_break(12):
        paper.add_page()
    paper.ln(2.5)
    paper.set_font(_TEXT, "B", _SIZE + 1)
    _say(paper, one.title, 5)
    paper.set_font(_TEXT, size=_SIZE)
    if one.lines:
        _tabulate(paper, one)
    if one.note:
        _say(paper, one.note)


def _tabulate(paper: FPDF, one: Section) -> None:
    columns = one.columns
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=_widths(paper, one),
        headings_style=FontFace(emphasis=TextEmphasis.B),
        line_height=_LINE,
        text_align=tuple("RIGHT" if is_figure else "LEFT" for _, is_figure in columns),
        v_align=VAlign.T,
        padding=0.4,
    ) as table:
        table.row([_safe(header) for header, _ in columns])
        for line in one.lines:
            style = FontFace(emphasis=TextEmphasis.B) if line.is_sum else None
            table.row([_safe(cell.text) for cell in line.cells], style=style)


def _widths(paper: FPDF, one: Section) -> tuple[float, ...]:
    """As wide as what stands in each column; what is too wide for the sheet is shared, and breaks into lines."""
    paper.set_font(_TEXT, "B", _SIZE)
    texts = [[header, *(line.cells[place].text for line in one.lines)] for place, header in enumerate(one.headers)]
    needed = [max(paper.get_string_width(_safe(text)) for text in column) + 4 for column in texts]
    paper.set_font(_TEXT, size=_SIZE)
    room = paper.epw
    # Figures and names keep their width; prose takes what is left.
    kept = [min(width, room * 0.3) for width in needed]
    over = room - sum(kept)
    wanting = sum(max(width - has, 0) for width, has in zip(needed, kept, strict=True))
    if wanting and over > 0:
        kept = [has + over * max(width - has, 0) / wanting for width, has in zip(needed, kept, strict=True)]
    elif over > 0:
        kept[0] += over
    return tuple(kept)


def _say(paper: FPDF, text: str, height: float = _LINE) -> None:
    paper.multi_cell(w=0, h=height, text=_safe(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _safe(text: str) -> str:
    """What the fonts have, and the code points of the rest."""
    # In words of others the sign for the number of sheets is no sign: a hair space parts it.
    text = text.replace(_SHEETS, f"{_SHEETS[:-1]}\u200a{_SHEETS[-1]}")
    return "".join(
        one if one == "\n" or _has(one) else f"[U+{ord(one):04X}]" for one in unicodedata.normalize("NFC", text)
    )


def _has(character: str) -> bool:
    # What only steers how others are read could turn a figure round; joiners belong to their script.
    if unicodedata.category(character) in ("Cc", "Cf") and character not in _STEERS_ITS_OWN:
        return False
    return ord(character) in _characters()


@functools.cache
def _characters() -> frozenset[int]:
    """The code points that both weights of a font can draw."""
    faces: dict[str, list[set[int]]] = {}
    for (family, _), font in _FACES.items():
        faces.setdefault(family, []).append(set(TTFont(_files()[font]).getBestCmap()))
    return frozenset(set.intersection(*faces[_TEXT]) | set.intersection(*faces[_OTHER]))


@functools.cache
def _files() -> dict[str, Path]:
    """The fonts as files, which fpdf2 wants and the package has not; they last as long as the process."""
    folder = Path(_folder().name)
    files = {font: folder / f"{font}.ttf" for font in _FACES.values()}
    for font, file in files.items():
        file.write_bytes(pymupdf_fonts.myfont(font))
    return files


@functools.cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="strongroom-fonts-")
