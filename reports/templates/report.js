"use strict";
(() => {
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const findings = [...document.querySelectorAll(".finding")];
  if (findings.length === 0) return;

  const texts = new Map();
  const textOf = (finding) => {
    if (!texts.has(finding)) {
      const head = finding.closest(".group").querySelector(".head");
      texts.set(finding, `${head.textContent} ${finding.textContent}`.toLowerCase());
    }
    return texts.get(finding);
  };

  const groups = [...document.querySelectorAll(".group")].map((element, position) => {
    const members = [...element.querySelectorAll(".finding")];
    const count = element.querySelector(".count");
    return { element, position, members, count, words: count.textContent, rule: members[0].dataset.rule };
  });
  const orders = {
    rule: (a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0),
    number: (a, b) => b.members.length - a.members.length,
  };
  let order = "";

  const read = () => {
    const data = new FormData(form);
    return {
      severity: data.getAll("severity"),
      status: data.get("status"),
      rule: data.get("rule"),
      text: data.get("text").trim().toLowerCase(),
      sort: data.get("sort"),
    };
  };

  const matches = (finding, wanted) => {
    const of = finding.dataset;
    return (
      (wanted.severity.length === 0 || wanted.severity.includes(of.severity)) &&
      (!wanted.status || wanted.status === of.status) &&
      (!wanted.rule || wanted.rule === `rule:${of.rule}` || wanted.rule === `family:${of.family}`) &&
      (!wanted.text || textOf(finding).includes(wanted.text))
    );
  };

  const sort = (by) => {
    if (by === order) return;
    order = by;
    const compare = Object.hasOwn(orders, by) ? orders[by] : () => 0;
    const sorted = [...groups].sort((a, b) => compare(a, b) || a.position - b.position);
    for (const group of sorted) group.element.parentElement.append(group.element);
  };

  const apply = () => {
    const wanted = read();
    const narrowed = wanted.severity.length > 0 || wanted.status || wanted.rule || wanted.text;
    let count = 0;
    for (const finding of findings) {
      finding.hidden = !matches(finding, wanted);
      if (!finding.hidden) count += 1;
    }
    if (narrowed) for (const more of document.querySelectorAll(".more")) more.open = true;
    for (const group of groups) {
      const left = group.members.filter((finding) => !finding.hidden).length;
      group.element.hidden = left === 0;
      group.count.textContent = left === group.members.length ? group.words : `${left} of ${group.words}`;
    }
    for (const cause of document.querySelectorAll(".cause")) {
      cause.hidden = !cause.querySelector(".finding:not([hidden])");
    }
    sort(wanted.sort);
    shown.textContent =
      count === findings.length ? `All ${count} are shown.` : `${count} of ${findings.length} match.`;
  };

  const save = () => {
    const wanted = read();
    const state = new URLSearchParams();
    for (const name of ["severity", "status", "rule", "text", "sort"]) {
      const value = String(wanted[name]);
      if (value) state.set(name, value);
    }
    const hash = state.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  };

  const choose = (name, value) => {
    const field = form.elements[name];
    field.value = value;
    if (field.selectedIndex === -1) field.value = "";
  };

  const restore = () => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("f-")) {
      reveal(document.getElementById(hash));
      return;
    }
    if (hash && !hash.includes("=")) return;
    const state = new URLSearchParams(hash);
    const severities = (state.get("severity") || "").split(",");
    for (const box of form.querySelectorAll("[name=severity]")) box.checked = severities.includes(box.value);
    for (const name of ["status", "rule", "sort"]) choose(name, state.get(name) || "");
    form.elements.text.value = state.get("text") || "";
    apply();
  };

  const reveal = (finding) => {
    if (!finding) return;
    if (finding.hidden) {
      form.reset();
      apply();
    }
    const more = finding.closest(".more");
    if (more) more.open = true;
    for (const details of finding.querySelectorAll("details")) details.open = true;
    finding.scrollIntoView();
  };

  const copy = async (code, button) => {
    try {
      await navigator.clipboard.writeText(code.textContent.trimEnd());
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  };

  // Buttons come when a finding is opened: thousands of them at once would slow the page down.
  const addButtons = (details) => {
    for (const code of details.querySelectorAll("pre > code:only-child")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", () => copy(code, button));
      code.before(button);
    }
  };

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });

  const update = () => {
    apply();
    save();
  };
  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("toggle", (event) => addButtons(event.target), true);
  addEventListener("hashchange", restore);

  form.hidden = false;
  apply();
  restore();
})();
