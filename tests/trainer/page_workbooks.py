"""Workbooks and archives for the tests of the page."""

import io
import zipfile

import openpyxl
from openpyxl.chart import BarChart, Reference


def workbook() -> bytes:
    """Return a workbook like those of Excel: shared strings, numbers, gaps, a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "People"
    for row in [
        [],
        ["id", "given name", "surname", "is member"],
        [1, "Anna", "Nowak & Co <3", True],
        [2.5, None, "Κώστας\nPapadopoulos", False],
        [],
        [None, "Li", "Wei"],
    ]:
        sheet.append(row)
    book.create_sheet("Others").append(["name"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def formatted_workbook() -> bytes:
    """Return a workbook with formats of empty cells, a boolean and a formula that failed."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row, values in enumerate([[], ["id", "name"], [1, "Nowak"], [2, "#N/A"], [3, True]], 1):
        sheet.append(values)
        sheet.cell(row, 4).font = openpyxl.styles.Font(bold=True)
    sheet.cell(9, 1).font = openpyxl.styles.Font(bold=True)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def formula_workbook() -> bytes:
    """Return a workbook with a formula that was not computed."""
    book = openpyxl.Workbook()
    for row in [["name"], ["Nowak"], ['=A2&"a"']]:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def wide_workbook() -> bytes:
    """Return a workbook whose names are in the column AB, with nothing before them."""
    book = openpyxl.Workbook()
    for row, text in enumerate(["name", "Nowak"], 1):
        book.active.cell(row, 28).value = text
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def chart_workbook() -> bytes:
    """Return a workbook whose first sheet is a chart."""
    book = openpyxl.Workbook()
    for row in [["name", "n"], ["Nowak", 1]]:
        book.active.append(row)
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=2, min_row=2))
    book.create_chartsheet("Chart", 0).add_chart(chart)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def japanese_workbook(rows: int = 1) -> bytes:
    """Return a workbook, not compressed, whose texts stand in cells or are read aloud."""
    members = {
        "xl/workbook.xml": '<x:workbook xmlns:x="m" xmlns:r="r"><x:sheets><x:sheet name="S" '
        'r:id="q"/></x:sheets></x:workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="p"><Relationship Id="q" '
        'Target="worksheets/first.xml"/></Relationships>',
        "xl/sharedStrings.xml": '<sst xmlns="m"><si><r><t>山</t></r><r><t>田_x005F_</t></r><rPh>'
        "<t>ヤマダ</t></rPh></si></sst>",
        "xl/worksheets/first.xml": '<worksheet xmlns="m"><sheetData><row><c t="inlineStr"><is>'
        "<t>氏名</t></is></c></row>"
        + rows * '<row><c t="s"><v>0</v></c></row>'
        + "</sheetData></worksheet>",
    }
    file = io.BytesIO()
    kind = zipfile.ZIP_STORED if rows == 1 else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def archive_of_a_text() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("names.txt", "Nowak")
    return file.getvalue()


def damaged_workbook(at: int) -> bytes:
    """Return a workbook with another byte at a place, counted from its end if negative."""
    content = bytearray(workbook())
    content[at] ^= 0x5A
    return bytes(content)
