// The first sheet of an Excel workbook (.xlsx), which is a zip archive of XML.

const END = 0x06054b50; // what the end record of an archive begins with
const END_SIZE = 22;
const DEFLATED = 8;

const MOST_ROWS = 1 << 20;
const MOST_COLUMNS = 1 << 14;

// Cells that hold no name: a formula that failed, a boolean (and a text that looks like one).
export const FAILURES = new Set(
  "#N/A #REF! #NAME? #VALUE! #DIV/0! #NULL! #NUM! #SPILL! #CALC! TRUE FALSE".split(" "),
);

export const isZip = (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3;

// The records of the first sheet of cells, each a list of texts. Dates stay the numbers that Excel keeps.
export async function recordsOfWorkbook(fileName, buffer) {
  const archive = entriesOf(buffer);
  if (!archive) throw new Error(`${fileName} is a zip archive that is damaged or cut off.`);
  if (!archive.has("xl/workbook.xml")) {
    throw new Error(`${fileName} is a zip archive without a workbook: unpack it first.`);
  }
  const xml = async (path) => {
    if (!archive.has(path)) return null;
    return new DOMParser().parseFromString(await textOf(buffer, archive.get(path)), "text/xml");
  };
  const links = all(await xml("xl/_rels/workbook.xml.rels"), "Relationship");
  const texts = links.find((link) => /\/sharedStrings$/.test(link.getAttribute("Type")));
  const shared = all(await xml(texts ? pathOf(texts) : "xl/sharedStrings.xml"), "si").map(plainText);
  const sheet = await xml(await firstSheet(xml, links));
  if (!sheet) throw new Error(`${fileName} has no sheet of cells.`);
  if (all(sheet, "f").some(hasNoValue)) {
    throw new Error(
      `${fileName} has formulas without a stored value: open it in Excel and save it once.`,
    );
  }
  const records = [];
  for (const row of all(sheet, "row")) {
    // Rows without a cell may be left out of the file.
    const number = Number(row.getAttribute("r") || records.length + 1);
    const cells = cellsOf(row, shared);
    if (number > MOST_ROWS || !cells) {
      throw new Error(`${fileName} has more rows or columns than Excel allows: save it again.`);
    }
    while (records.length < number - 1) records.push([]);
    records.push(cells);
  }
  while (records.length && !records[0].length) records.shift();
  while (records.length && !records.at(-1).length) records.pop();
  const width = records.reduce((widest, { length }) => Math.max(widest, length), 0);
  return records.map((record) => Array.from({ length: width }, (_, i) => record[i] ?? ""));
}

// Names and places of an archive's files, from the list at its end; null for a broken one.
function entriesOf(buffer) {
  const view = new DataView(buffer);
  let end = buffer.byteLength - END_SIZE;
  while (end >= 0 && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0) return null;
  const entries = new Map();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    const [method, size] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const path = new TextDecoder().decode(new Uint8Array(buffer, at + 46, name));
    entries.set(path, { method, size, header: view.getUint32(at + 42, true) });
    at += 46 + name + extra + comment;
  }
  return entries;
}

async function textOf(buffer, { method, size, header }) {
  const view = new DataView(buffer);
  const names = view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  const bytes = new Uint8Array(buffer, header + 30 + names, size);
  if (method !== DEFLATED) return new TextDecoder().decode(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).text();
}

// A sheet can be a chart, which has no cells.
async function firstSheet(xml, links) {
  const linkOf = (sheet) => {
    const id = Array.from(sheet.attributes).find((attribute) => attribute.localName === "id");
    return links.find((link) => link.getAttribute("Id") === id?.value);
  };
  const ofSheets = all(await xml("xl/workbook.xml"), "sheet").map(linkOf);
  const link = ofSheets.find((one) => one && !/\/chartsheet$/.test(one.getAttribute("Type")));
  return link ? pathOf(link) : "xl/worksheets/sheet1.xml";
}

function pathOf(link) {
  const target = link.getAttribute("Target");
  return target.startsWith("/") ? target.slice(1) : `xl/${target}`;
}

// The texts of a row; null for more columns than a sheet has.
function cellsOf(row, shared) {
  const cells = [];
  for (const cell of all(row, "c")) {
    cells[columnOf(cell.getAttribute("r")) ?? cells.length] = valueOf(cell, shared);
  }
  while (cells.length && !cells.at(-1)) cells.pop(); // cells of a format only
  return cells.length > MOST_COLUMNS ? null : Array.from(cells, (text) => text ?? "");
}

// Excel stores an empty text as an empty value of the type "str".
function hasNoValue(formula) {
  const cell = formula.parentNode;
  return !all(cell, "v")[0]?.textContent && cell.getAttribute("t") !== "str";
}

// B7 is in column 1.
function columnOf(place) {
  const letters = /^[A-Z]+/.exec(place ?? "")?.[0];
  if (!letters) return null;
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function valueOf(cell, shared) {
  const type = cell.getAttribute("t");
  if (type === "inlineStr") return plainText(cell);
  const value = all(cell, "v")[0]?.textContent ?? "";
  if (type === "s") return shared[Number(value)] ?? "";
  if (type === "b") return ["FALSE", "TRUE"][Number(value)];
  const isLong = value.length > 16 && /^-?\d+\.\d+(?:E-?\d+)?$/i.test(value);
  return isLong ? String(Number(value)) : value; // Excel stores 0.1 as 0.10000000000000001
}

// A text can be in several pieces; rPh is how Japanese is read aloud, not a part of it. Excel writes
// some characters by their number, as _x000D_.
function plainText(node) {
  return all(node, "t").filter((piece) => piece.parentNode.localName !== "rPh")
    .map((piece) => piece.textContent)
    .join("")
    .replace(/_x([0-9a-f]{4})_/gi, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

function all(node, name) {
  return node ? Array.from(node.getElementsByTagNameNS("*", name)) : [];
}
