// Elements from plain values. Names come from strangers: they only ever become text.

/** An element with attributes and children; handlers begin with `on`, null is left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element[name] = value;
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Control and format characters, and what breaks lines or looks like nothing; joiners only where
// there is nothing that they could join: emoji and some scripts need them.
const INVISIBLE = new RegExp("[[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\u115f\\u1160\\u2800\\u3164\\uffa0]"
  + "--[\\u200c\\u200d]]|(?<![^\\u0000-\\u007f])[\\u200c\\u200d]", "gv");

/** What cannot be seen, or turns the text around it, spelt out. */
export function visible(text) {
  return String(text).replace(
    INVISIBLE, (character) => `\\u${character.codePointAt(0).toString(16).padStart(4, "0")}`);
}

/** A name that somebody else chose; it keeps its direction to itself. */
export function name(text, attributes = {}) {
  const shown = visible(text);
  return h("bdi", { class: "name", title: shown.length > 24 ? shown : null, ...attributes }, shown);
}

/** Makes `target` hold `children`, touching only what differs: focus and selection stay. */
export function fill(target, ...children) {
  const wanted = document.createElement(target.tagName);
  wanted.append(...children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false));
  mend(target, wanted);
}

function mend(old, wanted) {
  const [before, after] = [[...old.childNodes], [...wanted.childNodes]];
  after.forEach((child, place) => {
    const present = before[place];
    if (!present) old.append(child);
    else if (!isAlike(present, child)) present.replaceWith(child);
    else if (child.nodeType === Node.TEXT_NODE) {
      if (present.data !== child.data) present.data = child.data;
    } else {
      mendAttributes(present, child);
      mend(present, child);
    }
  });
  before.slice(after.length).forEach((child) => child.remove());
}

function isAlike(left, right) {
  return left.nodeType === right.nodeType && left.nodeName === right.nodeName
    && (left.dataset?.key ?? "") === (right.dataset?.key ?? "");
}

// What people have changed since it was drawn.
const THEIRS = new Set(["open"]);

function mendAttributes(old, wanted) {
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name) && !THEIRS.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.style.cssText !== wanted.style.cssText) old.style.cssText = wanted.style.cssText;
  for (const handler of ["onclick", "onchange", "onsubmit"]) old[handler] = wanted[handler];
  if ("value" in wanted && wanted.matches("select, input") && old !== document.activeElement) {
    old.value = wanted.value;
    old.checked = wanted.checked;
  }
}
