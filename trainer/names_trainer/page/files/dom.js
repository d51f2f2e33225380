// Elements of the page.

export const at = (id) => document.getElementById(id);

export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Bars are [text, fraction of the whole, value].
export function showBars(list, bars) {
  list.replaceChildren(
    ...bars.map(([text, fraction, value]) => {
      const row = element("li");
      const bar = element("span", "", "bar");
      bar.style.setProperty("--fraction", fraction);
      bar.ariaHidden = "true";
      row.append(element("span", text, "label"), bar, element("span", value, "value"));
      return row;
    }),
  );
}
