// What test_page_files.py runs in the browser; it posts what it found.

const HANGS = 30_000; // turns of 20 ms
const work = await (await fetch("work.json")).json();

async function until(ready) {
  for (let turn = 0; !ready(); turn += 1) {
    if (turn > HANGS) throw new Error(`waited for ${ready}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

// With its byte-order mark, which text() takes off.
async function textOf(address) {
  const bytes = await (await fetch(address)).arrayBuffer();
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function shownBar(row) {
  const [label, bar, value] = row.children;
  return [label.textContent, bar.style.getPropertyValue("--fraction"), value.textContent];
}

async function everything() {
  const frame = document.createElement("iframe");
  frame.src = "index.html";
  document.body.append(frame);
  await new Promise((loaded) => (frame.onload = loaded));
  const { contentDocument: page, contentWindow: window } = frame;
  const at = (id) => page.getElementById(id);
  await until(() => at("loading").hidden && !at("file").disabled);
  const isBusy = () => /^$|^Reading|^Labelling/.test(at("file-status").textContent);
  const isDone = () => at("file-result").querySelector(".done:not([hidden])");
  const found = {};
  window.setTimeout = () => 0; // a hidden page holds timers back
  for (const [name, { content, column, dropped, bare }] of Object.entries(work)) {
    const given = new window.DataTransfer();
    given.items.add(new File([Uint8Array.from(content)], name));
    if (dropped) {
      const two = new window.DataTransfer();
      for (const file of ["a.txt", "b.txt"]) two.items.add(new File(["Nowak"], file));
      at("drop").dispatchEvent(new window.DragEvent("drop", { dataTransfer: two, bubbles: true }));
      found.two = { status: at("file-status").textContent, csv: null };
      const text = new window.DataTransfer();
      text.items.add("Nowak", "text/plain");
      const options = { dataTransfer: text, bubbles: true, cancelable: true };
      found.two.isTextTaken = !at("name").dispatchEvent(new window.DragEvent("drop", options));
    }
    at("file-status").textContent = "";
    if (dropped) {
      const event = new window.DragEvent("drop", { dataTransfer: given, bubbles: true });
      at("drop").dispatchEvent(event);
    } else {
      at("file").files = given.files;
      at("file").dispatchEvent(new Event("change"));
    }
    await until(() => !isBusy());
    const isAsked = !at("columns").hidden;
    const asked = at("file-status").textContent;
    const guessed = isAsked ? at("column").value : null;
    const isHeaderAsked = isAsked && !at("header").parentElement.hidden;
    if (bare) at("header").click();
    if (isAsked && column !== null) {
      at("column").value = column;
      at("column").dispatchEvent(new Event("change"));
      await until(() => !isBusy() && isDone());
    }
    const isLabelled = !at("file-result").hidden && isDone();
    const link = at("file-result").querySelector("a.download");
    const bars = at("file-result").querySelector(".bars:not([hidden])");
    found[name] = {
      asked,
      guessed,
      isHeaderAsked,
      status: at("file-status").textContent,
      columns: isAsked ? Array.from(at("column").options, (option) => option.textContent) : null,
      chosen: isAsked ? at("column").value : null,
      csv: isLabelled ? await textOf(link.href) : null,
      file: isLabelled ? link.download : null,
      bars: isLabelled && bars ? Array.from(bars.children, shownBar) : null,
      isProgressShown: isLabelled && !at("file-result").querySelector("progress").hidden,
      more: isLabelled ? at("file-result").querySelector(".more").textContent : null,
    };
  }
  return found;
}

const found = await everything().catch((error) => ({ error: String(error.stack ?? error) }));
await fetch("result", { method: "POST", body: JSON.stringify(found) });
