// What a dropped file holds: a list, or a table with columns; or nothing that is text.

import { counted } from "./texts.js";
import { FAILURES, isZip, recordsOfWorkbook } from "./workbook.js";

const TABLES = { csv: "", psv: "", tsv: "\t", tab: "\t" };
const DELIMITERS = [",", ";", "\t", "|"];
const SAMPLE = 50; // records by which a delimiter is found
const MOST_CELLS = 5e7; // of a table of JSON
const START = 8192; // bytes by which the type of a file is found

// The columns of a file and its rows, each a list of cells. `hasHeader` says that the columns are its
// first row, `malformed` which rows have another number of cells than there are columns, `notText` in
// which columns a row of JSON has no text, `failures` which cells are no names.
export async function contentsOf(fileName, buffer, settings) {
  const bytes = new Uint8Array(buffer);
  const contents = isZip(bytes)
    ? await contentsOfWorkbook(fileName, buffer, settings)
    : contentsOfText(fileName, bytes, settings);
  if (!contents.columns.length) throw new Error(`${fileName} has no columns: give a file with names.`);
  return contents;
}

async function contentsOfWorkbook(fileName, buffer, settings) {
  const records = await recordsOfWorkbook(fileName, buffer).catch((error) => {
    if (error.constructor === Error) throw error; // an error of workbook.js
    throw new Error(`${fileName} is damaged or cut off: save it again.`);
  });
  return { ...headed(records, new RegExp(settings.header, "iu")), failures: FAILURES };
}

function contentsOfText(fileName, bytes, settings) {
  const header = new RegExp(settings.header, "iu");
  refuseForeign(fileName, bytes, settings);
  const text = textOf(fileName, bytes);
  const ending = fileName.toLowerCase().split(".").at(-1);
  if (Object.hasOwn(TABLES, ending)) return tableOf(fileName, text, TABLES[ending], header);
  if (["json", "jsonl", "ndjson"].includes(ending)) return objectsOf(fileName, text);
  refuseTitle(fileName, text, header);
  const lines = linesOf(text);
  const delimiter = delimiterOfLines(lines, header);
  if (delimiter) return tableOf(fileName, text, delimiter, header);
  return { columns: ["name"], rows: lines.map((line) => [line]), hasHeader: false };
}

// The delimiter of a text without the ending of a table whose first line is a header of one: all of
// its first lines have the same number of delimiters.
function delimiterOfLines(lines, header) {
  const sample = lines.filter((line) => line.trim()).slice(0, SAMPLE);
  return ["\t", ";", "|", ","].find((delimiter) => {
    const widths = new Set(sample.map((line) => line.split(delimiter).length));
    const cells = sample[0]?.split(delimiter) ?? [];
    const isTable = sample.length > 1 && widths.size === 1 && cells.length > 1;
    return isTable && cells.some((cell) => header.test(cell));
  });
}

function refuseForeign(fileName, bytes, { foreign, markup }) {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, START));
  if (new RegExp(`^${markup}`, "i").test(start)) {
    throw new Error(`${fileName} is an HTML page or XML document: save it as CSV.`);
  }
  // A list of names can begin with ORCHARD, but has no control characters.
  const hasControls = bytes.subarray(0, START).some((byte) => byte < 9 || (byte > 13 && byte < 27));
  for (const [offset, magic, what, isWord] of foreign) {
    const isThere = magic.every((byte, i) => bytes[offset + i] === byte);
    if (isThere && (hasControls || !isWord)) {
      throw new Error(`${fileName} is ${what}: save it as CSV.`);
    }
  }
}

// UTF-8, or UTF-16 where a mark says so. Bytes that are neither make their row "undecodable"; if no
// letter beyond ASCII can be read, the whole file has another encoding.
function textOf(fileName, bytes) {
  const [first, second] = bytes;
  const wide = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[(first << 8) | second];
  const start = bytes.subarray(0, START);
  if (!wide && start.filter((byte) => byte === 0).length > start.length / 4) {
    throw new Error(`${fileName} looks like UTF-16: save it as UTF-8, in Excel as “CSV UTF-8”.`);
  }
  const text = new TextDecoder(wide ?? "utf-8").decode(bytes);
  if (!/[^\0-\x7f\ufffd]/.test(text) && !isDecodable(bytes, wide ?? "utf-8")) {
    throw new Error(`${fileName} is not UTF-8: save it as such, in Excel as “CSV UTF-8”.`);
  }
  return text;
}

function isDecodable(bytes, encoding) {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function linesOf(text) {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function tableOf(fileName, text, given, header) {
  const separator = /^"?sep=([^\r\n"])"?(?:\r\n|\r|\n|$)/i.exec(text);
  const rest = separator ? text.slice(separator[0].length) : text;
  if (!separator) refuseTitle(fileName, rest, header);
  const delimiter = separator?.[1] || given || foundDelimiter(rest);
  const records = recordsOf(rest, delimiter);
  if (records.unclosed) {
    throw new Error(
      `${fileName}, row ${counted(records.length)}: quotes that open here never close: ` +
        "close them, and double those within a cell.",
    );
  }
  if (records.misquoted) {
    throw new Error(
      `${fileName}, row ${counted(records.misquoted)}: text after a closing quote: ` +
        "double the quotes within a cell.",
    );
  }
  const isBlank = records[0]?.join("").trim() === "";
  if (isBlank && records.some((record) => record.length > 1)) {
    throw new Error(`${fileName}, row 1: blank, but a header belongs there: remove the line.`);
  }
  return headed(records, header, delimiter);
}

// Whether records with an unknown header are a table: "Nowak, Jan" and "King, Martin Luther, Jr." are
// names, and a first row with another delimiter may divide there.
function isWide([title], records) {
  const hasSpaces = records.some((record) => record.slice(1).some((cell) => cell.startsWith(" ")));
  return records[0].length > 2 && !hasSpaces && !DELIMITERS.some((delimiter) => title.includes(delimiter));
}

// A title above the header makes a list of a table.
function refuseTitle(fileName, text, header) {
  for (const delimiter of DELIMITERS) {
    const records = recordsOf(text, delimiter, SAMPLE);
    const [title, head, ...others] = records.filter((record) => record.join("").trim());
    const isTitle = title?.length === 1 && !header.test(title[0]);
    const isEven = head?.length > 1 && others.length && others.every((record) => record.length === head.length);
    if (isTitle && isEven && (head.some((cell) => header.test(cell)) || isWide(title, [head, ...others]))) {
      throw new Error(`${fileName}, row 1: a title above the header: remove it.`);
    }
  }
}

// A table of records of which the first is the header.
function headed([first = [], ...records], header, delimiter = "") {
  // The first line of a list is a header only if it reads like one.
  if (first.length === 1 && !header.test(first[0])) {
    return { ...fitted(["name"], [first, ...records], delimiter), hasHeader: false };
  }
  return { ...fitted(first, records, delimiter), hasHeader: true };
}

// Of the delimiters, the one that gives most records as many cells as the first has.
function foundDelimiter(text) {
  let best = [-1, 0, ","];
  for (const delimiter of DELIMITERS) {
    const records = recordsOf(text, delimiter, SAMPLE);
    const width = records[0]?.length ?? 0;
    const alike = records.filter((record) => record.length === width).length / records.length;
    const fit = width < 2 ? [-1, 0] : [alike, width];
    if (fit[0] > best[0] || (fit[0] === best[0] && fit[1] > best[1])) best = [...fit, delimiter];
  }
  return best[2];
}

// The cells of every record (RFC 4180); a quoted cell may hold delimiters and line ends.
function recordsOf(text, delimiter, most = Infinity) {
  const records = [];
  let record = [];
  let at = 0;
  while (at < text.length && records.length < most) {
    let cell = "";
    const isQuoted = text[at] === '"';
    if (isQuoted) {
      let end = at + 1;
      while (end < text.length && (text[end] !== '"' || text[end + 1] === '"')) {
        end += text[end] === '"' ? 2 : 1;
      }
      if (end >= text.length) records.unclosed = true;
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    const start = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== "\n" && text[at] !== "\r") at++;
    const rest = text.slice(start, at);
    if (isQuoted && rest) records.misquoted ??= records.length + 1;
    record.push(cell + rest);
    if (text[at] === delimiter) {
      at++;
      if (at < text.length) continue;
      record.push("");
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    at++;
    records.push(record);
    record = [];
  }
  return records;
}

// The columns whose headers read like those of names.
export function columnsOfNames(columns, settings) {
  const header = new RegExp(settings.header, "iu");
  return columns.flatMap((column, i) => (header.test(column) ? [i] : []));
}

// Every row has as many cells as there are columns: empty ones added, surplus ones joined. In a list
// a name can hold the delimiter.
function fitted(columns, records, delimiter) {
  const width = columns.length;
  const malformed = new Set();
  const rows = records.map((record, i) => {
    const isBlank = record.length === 1 && record[0] === "";
    if (record.length !== width && !isBlank && width > 1) malformed.add(i);
    const surplus = record.slice(width - 1).join(delimiter);
    if (record.length > width) return [...record.slice(0, width - 1), surplus];
    return [...record, ...Array(width - record.length).fill("")];
  });
  return { columns, rows, malformed };
}

// The table whose first row is a row like the others.
export function withoutHeader({ columns, rows, malformed, failures }) {
  return {
    columns: columns.map((_, i) => `column ${i + 1}`),
    rows: [columns, ...rows],
    malformed: new Set([...malformed].map((row) => row + 1)),
    failures,
    hasHeader: false,
  };
}

// The fields of an object, with those of objects within it, such as name.last.
function fieldsOf(object, path = "") {
  return Object.entries(object).flatMap(([key, value]) =>
    Object.keys(value ?? "").length && typeof value === "object" && !Array.isArray(value)
      ? fieldsOf(value, `${path}${key}.`)
      : [[path + key, value]],
  );
}

// A number too large for JavaScript, such as a long id, stays the text that the file has, where the
// browser gives it (from 2025 on all do).
const asWritten = (_, value, context) =>
  typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER
    ? (context?.source ?? value)
    : value;

// An array of objects, or an object a line; a text is the object with the one key "name". A number or
// an array is a malformed row.
function objectsOf(fileName, text) {
  let objects;
  try {
    objects = text.trimStart().startsWith("[")
      ? JSON.parse(text, asWritten)
      : linesOf(text).map((line) => (line.trim() ? JSON.parse(line, asWritten) : {}));
  } catch {
    throw new Error(
      `${fileName} is no JSON of rows: give an array of objects, or an object a line.`,
    );
  }
  const isRow = (one) => typeof one === "string" || (typeof one === "object" && !Array.isArray(one));
  const malformed = new Set(objects.flatMap((one, i) => (isRow(one) ? [] : [i])));
  objects = objects.map((one, i) => {
    if (typeof one === "string") return { name: one };
    return Object.fromEntries(malformed.has(i) ? [] : fieldsOf(one ?? {}));
  });
  const columns = [...new Set(objects.flatMap(Object.keys))];
  if (columns.length * objects.length > MOST_CELLS) {
    throw new Error(
      `${fileName} has ${counted(columns.length)} different keys: give all rows the same ones.`,
    );
  }
  const values = objects.map((one) =>
    columns.map((column) => (Object.hasOwn(one, column) ? one[column] : null)),
  );
  const isText = (value) => value === null || typeof value === "string";
  const rows = values.map((row) =>
    row.map((value) => (isText(value) ? (value ?? "") : JSON.stringify(value))),
  );
  const notText = values.map((row) => row.flatMap((value, i) => (isText(value) ? [] : [i])));
  return { columns, rows, malformed, notText, hasHeader: false };
}
